// The plain convolution kernel: conv_direct.cu says how it works.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// Any odd kernel, groups; maps of f16, bf16 or f32, weights f32 of pack_conv_direct.
struct DirectConvolutionArgs {
  ConvolutionArgs convolution;
  int32_t kernel_h = 1;
  int32_t kernel_w = 1;
  int32_t groups = 1;
};

/// Whether launch_conv_direct can run it.
bool conv_direct_supports(const DirectConvolutionArgs& args);

/// Enqueues the convolution. kInvalidArgument where conv_direct_supports says no.
CudaError launch_conv_direct(const DirectConvolutionArgs& args, Stream stream);

/// `weight` (out, in / groups, kernel_h, kernel_w) as (planes of out, kernel_h, kernel_w, in /
/// groups rounded up to planes, 8 outputs), zeros where there is no channel.
std::vector<float> pack_conv_direct(const std::vector<float>& weight, int64_t out_channels,
                                    int64_t group_channels, int64_t kernel_h, int64_t kernel_w);

}  // namespace fovea::cuda
