// Weights as conv_mma.cu reads them, and which tile a convolution gets. Host code.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cuda/device_map.h"

namespace fovea::cuda {

/// How conv_mma.cu cuts a convolution's sum and its outputs.
///
/// A matrix product sums over 16 values: two operand halves of 8 channels of a pixel. With
/// chunk_planes 2 the halves are two planes at the same pixel, with 1 one plane at two neighbouring
/// pixels, so that maps of up to 8 channels waste half as much.
///
/// Packed: (phases, blocks, chunks, column_steps, kernel rows, 2 halves, block_outputs, 8 channels)
/// in f16 or bf16; zeros where the model has no channel, output or column.
struct ConvMmaLayout {
  int32_t kernel = 0;         // rows and columns; 2 for a phase of an upsample convolution
  int32_t chunk_planes = 2;   // planes of the input whose products are summed between two loads
  int32_t column_steps = 0;   // products a chunk needs along a kernel row
  int32_t block_outputs = 0;  // output channels of a thread block
  int32_t chunks = 0;
  int32_t blocks = 0;

  int64_t step_values() const {
    return int64_t{2} * kernel * block_outputs * kPlaneChannels;  // of a chunk's column step
  }
  int64_t block_values() const { return step_values() * column_steps * chunks; }
};

/// The layout for a convolution of `kernel` 1, 3, 5 or 9, or 2 for an upsample convolution.
/// block_outputs is 0 for other kernels.
ConvMmaLayout conv_mma_layout(int kernel, int64_t in_channels, int64_t out_channels);

/// `weight` (out, in, kernel, kernel); `type` kF16 or kBf16.
std::vector<uint8_t> pack_conv_mma(ElementType type, const std::vector<float>& weight, int kernel,
                                   int64_t in_channels, int64_t out_channels);

/// `weight` (4, out, in, 2, 2) of an UpsampleConvolution.
std::vector<uint8_t> pack_upsample_mma(ElementType type, const std::vector<float>& weight,
                                       int64_t in_channels, int64_t out_channels);

}  // namespace fovea::cuda
