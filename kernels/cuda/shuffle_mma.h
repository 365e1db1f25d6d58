// A convolution, the pixel shuffle of its result and the enlarged base in one: the end of
// SRVGGNetCompact, on the tensor cores. shuffle_mma.cu says how it works.
#pragma once

#include <cstdint>

#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/pack_conv_mma.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// ShuffleConvolution of kernels/ops.h with a 3x3 convolution.
struct ShuffleConvolutionArgs {
  /// `output` is `factor` times as high and wide as `input`, rows are the output's, no residuals;
  /// weights of pack_conv_mma for factor^2 * output.channels outputs, bias and slopes of those.
  ConvolutionArgs convolution;
  int32_t factor = 1;
  /// The map that is added, enlarged by repetition; data is null where there is none.
  DeviceMap base;
};

/// Whether there is a tile for `in_channels` and a convolution of `channels` * `factor`^2 outputs.
bool shuffle_mma_has_tile(int64_t in_channels, int64_t channels, int64_t factor);

/// Whether launch_shuffle_mma can run it: up to 8 channels of the output and 64 outputs of the
/// convolution; f16 or, from sm_80 on, bf16.
bool shuffle_mma_supports(const ShuffleConvolutionArgs& args, int compute_capability);

/// kInvalidArgument where shuffle_mma_supports says no.
CudaError launch_shuffle_mma(const ShuffleConvolutionArgs& args, Stream stream);

}  // namespace fovea::cuda
