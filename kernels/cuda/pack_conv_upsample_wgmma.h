// Weights as conv_upsample_wgmma.cuh reads them. Host code.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/cuda/device_map.h"

namespace fovea::cuda {

/// `weight` (4, out, in, 2, 2) of an UpsampleConvolution, phase 2 s + t of row 2 a + s and column
/// 2 b + t, as (2 halves of the outputs, t, v, 8 planes, u = 0 and 1, s = 1 and 0, 32 outputs,
/// 8 channels) in `type`, kF16 or kBf16, rounded to nearest; zeros where the layer has no channel.
/// Empty when there is no kernel for it, or `weight` is of another size.
std::vector<uint8_t> pack_conv_upsample_wgmma(ElementType type, std::span<const float> weight,
                                              int64_t in_channels, int64_t out_channels);

}  // namespace fovea::cuda
