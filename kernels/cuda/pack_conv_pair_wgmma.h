// Weights as conv_pair_wgmma.cuh reads them. Host code.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/cuda/device_map.h"

namespace fovea::cuda {

/// `first` (middle, in, 3, 3) as pack_conv3x3_wgmma has it; behind it `second` (out, middle, 3, 3)
/// as (middle / 8, ConvPairWgmmaShape::column(3 ky + kx, out), 8 channels) in `type`, kF16 or
/// kBf16, rounded to nearest, zeros elsewhere. Empty when there is no kernel for these channels, or
/// the weights are of another size.
std::vector<uint8_t> pack_conv_pair_wgmma(ElementType type, std::span<const float> first,
                                          std::span<const float> second, int64_t in, int64_t middle,
                                          int64_t out);

}  // namespace fovea::cuda
