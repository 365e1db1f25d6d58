// The ncnn format: a .param file that lists layers as text, and a .bin file with their weights.
#pragma once

#include "engine/model.h"
#include "engine/status.h"
#include "loaders/formats/file_bytes.h"

namespace fovea {

inline constexpr size_t kMaxNcnnParamBytes = size_t{4} << 20;

/// The network that `param` describes with the weights of `bin`, whose bytes the graph's parameters
/// share. Float32 and float16 weights; the layers listed in loaders/formats/README.md. All weights
/// are finite. kModel, naming line, layer, value and limit, for whatever is broken or not
/// supported.
Result<Model> read_ncnn(const FileBytes& param, const FileBytes& bin);

}  // namespace fovea
