// The rungs of the 3x3 convolution's ladder: README.md. No part of the library; tests and
// benchmarks link them. The last rung is launch_conv3x3_wgmma.
#pragma once

#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda::ladder {

/// A 3x3 convolution of f16 maps, whole or rings, that argument_checks.h finds sound: what every
/// rung asks for; kInvalidArgument where a rung refuses.
bool conv3x3_is_sound(const ConvolutionArgs& args);

/// Rungs 1 and 2: any channels; weights of pack_conv_direct.
CudaError launch_naive(const ConvolutionArgs& args, Stream stream);
CudaError launch_shared_memory(const ConvolutionArgs& args, Stream stream);

/// Rung 3: more than 8 input channels, and outputs that pack_conv_mma packs by 32 or 64.
bool tensor_cores_support(const ConvolutionArgs& args);
CudaError launch_tensor_cores(const ConvolutionArgs& args, Stream stream);

/// Rung 4: 64, 96, 128, 160 or 192 input channels, and outputs that pack_conv3x3_wgmma packs by 32,
/// on a device whose shared memory holds the weights of 32 outputs and two rows.
bool ky_stack_supports(const ConvolutionArgs& args, int compute_capability);
/// `blocks` is for tests: thread blocks a group of 32 outputs, 0 for as many as the device holds.
/// No bit of the result depends on it.
CudaError launch_ky_stack(const ConvolutionArgs& args, Stream stream, int blocks = 0);

}  // namespace fovea::cuda::ladder
