// Named tensors as a safetensors file.
#pragma once

#include <vector>

#include "engine/weights.h"

namespace fovea {

/// The file of `weights`, their metadata with them: the header padded to whole 8 bytes, tensors in
/// their order, byte for byte. kModel for names or metadata that are not UTF-8.
Result<std::vector<std::byte>> write_safetensors(const Weights& weights);

/// `weights` with their floating-point tensors as f16, each value rounded to the nearest. kModel,
/// naming the tensor and the value, where one is beyond 65504.
Result<Weights> as_half(const Weights& weights);

}  // namespace fovea
