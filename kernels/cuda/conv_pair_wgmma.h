// Two 3x3 convolutions in one, the map between them never stored: the end of RRDBNet, on Hopper's
// tensor cores. conv_pair_wgmma.cuh says how it works. sm_90a only.
#pragma once

#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// Two 3x3 convolutions, one after the other.
struct ConvolutionPairArgs {
  /// The first's input, the second's output, epilogue (no residuals) and rows; both's weights, by
  /// pack_conv_pair_wgmma. Rows [first_row - 2, last_row + 2) of the input are read, those that
  /// the map has.
  ConvolutionArgs convolution;
  int64_t middle_channels = 0;
  EpilogueArgs middle;  // the first's; no residuals
};

/// Whether launch_conv_pair_wgmma has a kernel for these channels and this type, f16 or bf16: 57 to
/// 64 channels in and between, up to 4 out. Sizes and rows are not looked at.
bool conv_pair_wgmma_supports(const ConvolutionPairArgs& args);

/// Enqueues both; what the first gives to the second is rounded to the maps' type and zero outside
/// the picture, as if it were stored. The output must not share memory with the input. `blocks` is
/// for tests, as in launch_conv3x3_wgmma. kInvalidArgument where conv_pair_wgmma_supports says no
/// or the arguments are unsound; the errors of cuTensorMapEncodeTiled and of the launch.
CudaError launch_conv_pair_wgmma(const ConvolutionPairArgs& args, Stream stream, int blocks = 0);

}  // namespace fovea::cuda
