// The rungs of the residual dense block's ladder: README.md. No part of the library; tests and
// benchmarks link them. What the library runs is rung 3.
#pragma once

#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda::ladder {

/// The block of Wang et al. 2018 (ESRGAN), with x_0 = x:
///   x_n = LeakyReLU(conv_n([x_0, ..., x_{n-1}])), n = 1 ... 4;  y = 0.2 conv_5([x_0, ..., x_4]) +
///   x
inline constexpr int kDenseConvolutions = 5;
inline constexpr int64_t kDenseFeatures = 64;  // channels of x and y
inline constexpr int64_t kDenseGrowth = 32;    // of x_1 ... x_4
inline constexpr float kDenseSlope = 0.2f;
inline constexpr float kDenseScale = 0.2f;

/// Channels that convolution n = 1 ... 5 reads, and those that it makes.
FOVEA_CONSTEXPR int64_t dense_inputs(int n) { return kDenseFeatures + (n - 1) * kDenseGrowth; }
FOVEA_CONSTEXPR int64_t dense_outputs(int n) {
  return n < kDenseConvolutions ? kDenseGrowth : kDenseFeatures;
}
inline constexpr int64_t kDenseChannels = dense_inputs(kDenseConvolutions);  // 192

struct DenseBlockArgs {
  /// (H, W, 192) f16, whole: x in channels 0 ... 63. Where the other channels hold x_1 ... x_4, the
  /// rungs say.
  DeviceMap buffer;
  DeviceMap output;                         // (H, W, 64), beside the buffer
  const void* weights[kDenseConvolutions];  // in device memory, packed for `convolution`
  const float* bias[kDenseConvolutions];    // in device memory
  /// Launches one of the library's 3x3 convolutions.
  CudaError (*convolution)(const ConvolutionArgs& args, Stream stream);
};

/// Maps of the right size, type and channels, and nothing missing: what every rung asks for;
/// kInvalidArgument where it is not so.
bool dense_block_is_sound(const DenseBlockArgs& args);

/// Convolution n = 1 ... 5 over all rows, from the buffer's first channels to the next, or to the
/// output, and nothing else but its bias; and with the activation, or y = 0.2 (.) + x, as its
/// epilogue.
ConvolutionArgs plain_dense_convolution(const DenseBlockArgs& args, int n);
ConvolutionArgs fused_dense_convolution(const DenseBlockArgs& args, int n);

/// What follows a plain convolution as a launch of its own: the activation of x_n, in place; y =
/// 0.2 y
/// + x.
CudaError launch_dense_activation(const DenseBlockArgs& args, int n, Stream stream);
CudaError launch_dense_sum(const DenseBlockArgs& args, Stream stream);

/// Rung 1; `joined` (H, W, 192) is what maps are copied together in.
CudaError launch_separate(const DenseBlockArgs& args, const DeviceMap& joined, Stream stream);
/// Rung 2.
CudaError launch_growing_buffer(const DenseBlockArgs& args, Stream stream);
/// Rung 3.
CudaError launch_fused_epilogues(const DenseBlockArgs& args, Stream stream);
/// Rung 4: weights of pack_conv_mma; `convolution` is not called. For a device with 214 KB of
/// shared memory a block.
bool one_kernel_runs_on(int compute_capability);
CudaError launch_one_kernel(const DenseBlockArgs& args, Stream stream);
/// Rung 5, a band of `band_rows` rows after the other.
CudaError launch_depth_first(const DenseBlockArgs& args, int64_t band_rows, Stream stream);

}  // namespace fovea::cuda::ladder
