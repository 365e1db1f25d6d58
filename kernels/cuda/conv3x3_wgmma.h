// The 3x3 convolution of Hopper's tensor cores: conv3x3_wgmma.cuh says how it works. sm_90a only.
#pragma once

#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// Whether launch_conv3x3_wgmma has a kernel for these channels and this type, f16 or bf16; with
/// residuals the output's channels must fill its planes. Sizes and rows are not looked at.
bool conv3x3_wgmma_supports(const ConvolutionArgs& args);

/// Enqueues the convolution; weights of pack_conv3x3_wgmma. The output, a slice of the same buffer
/// as the input or not, must not share memory with the input; it may be a residual.
/// `blocks` is for tests: thread blocks to start, 0 for as many as the device has multiprocessors.
/// No bit of the result depends on it. kInvalidArgument where conv3x3_wgmma_supports says no or the
/// arguments are unsound; the errors of the driver's cuTensorMapEncodeTiled and of the launch.
CudaError launch_conv3x3_wgmma(const ConvolutionArgs& args, Stream stream, int blocks = 0);

}  // namespace fovea::cuda
