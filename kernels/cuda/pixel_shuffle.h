// Pixel shuffle (Shi et al. 2016, "ESPCN", section 3.2; channel order as in PyTorch) and its
// inverse, standing alone: a convolution's own epilogue does better where it has it.
#pragma once

#include "kernels/cuda/device_map.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// Rows [first_row, last_row) of the output; maps of one type that do not overlap.
///   shuffle    output (H r, W r, C) from input (H, W, C r^2)
///   unshuffle  output (H, W, C r^2) from input (H r, W r, C)
struct PixelShuffleArgs {
  DeviceMap input;
  DeviceMap output;
  int64_t factor = 1;
  int64_t first_row = 0;
  int64_t last_row = 0;
};

CudaError launch_pixel_shuffle(const PixelShuffleArgs& args, Stream stream);
CudaError launch_pixel_unshuffle(const PixelShuffleArgs& args, Stream stream);

}  // namespace fovea::cuda
