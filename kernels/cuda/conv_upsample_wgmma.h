// Nearest x2 upsampling and a 3x3 convolution in one, on Hopper's tensor cores:
// conv_upsample_wgmma.cuh says how it works. sm_90a only.
#pragma once

#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// Whether launch_conv_upsample_wgmma has a kernel for these channels and this type, f16 or bf16;
/// sizes and rows are not looked at. No residuals: the operator has none.
bool conv_upsample_wgmma_supports(const ConvolutionArgs& args);

/// Enqueues the UpsampleConvolution; weights of pack_conv_upsample_wgmma. `output` is twice as high
/// and wide as `input`, rows are the output's; the two maps share no memory. `blocks` is for tests:
/// thread blocks to start, 0 for as many as the device has multiprocessors; no bit of the result
/// depends on it. kInvalidArgument where conv_upsample_wgmma_supports says no or the arguments are
/// unsound; the errors of the driver's cuTensorMapEncodeTiled and of the launch.
CudaError launch_conv_upsample_wgmma(const ConvolutionArgs& args, Stream stream, int blocks = 0);

}  // namespace fovea::cuda
