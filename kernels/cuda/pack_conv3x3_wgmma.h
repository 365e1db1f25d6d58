// Weights as conv3x3_wgmma.cuh reads them. Host code.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/cuda/device_map.h"

namespace fovea::cuda {

/// `weight` (out, in, 3, 3) as (groups, kx, in_channels / 8, ky, group, 8 channels) of the layer's
/// kernel (conv3x3_wgmma_shapes.h) in `type`, kF16 or kBf16, rounded to nearest; zeros where the
/// layer has no channel. Empty when there is no kernel for it, or `weight` is of another size.
std::vector<uint8_t> pack_conv3x3_wgmma(ElementType type, std::span<const float> weight,
                                        int64_t in_channels, int64_t out_channels);

}  // namespace fovea::cuda
