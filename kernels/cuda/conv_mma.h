// Convolution on the tensor cores of every GPU from sm_75 on: conv_mma.cu says how it works.
#pragma once

#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/pack_conv_mma.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// Whether launch_conv_mma can run a `kernel` x `kernel` convolution: kernel 1, 3, 5 or 9, f16 or,
/// from sm_80 on, bf16.
bool conv_mma_supports(const ConvolutionArgs& args, int kernel, int compute_capability);

/// Enqueues the convolution; weights of pack_conv_mma. kInvalidArgument where conv_mma_supports
/// says no (which capability the device has is the caller's to know).
CudaError launch_conv_mma(const ConvolutionArgs& args, int kernel, Stream stream);

/// The same for an UpsampleConvolution: `output` is twice as high and wide as `input`, rows are the
/// output's, weights of pack_upsample_mma.
bool upsample_mma_supports(const ConvolutionArgs& args, int compute_capability);
CudaError launch_upsample_mma(const ConvolutionArgs& args, Stream stream);

}  // namespace fovea::cuda
