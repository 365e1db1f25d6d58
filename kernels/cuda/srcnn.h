// SRCNN 9-1-5 (Dong et al. 2014, arXiv 1501.00092) in one kernel: its 64 and 32 channels never
// leave the chip.
#pragma once

#include <span>
#include <vector>

#include "kernels/cuda/device_map.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// output = conv5x5(relu(conv1x1(relu(conv9x9(input))))), zero padding "same" at each convolution:
/// 1 to 64 to 32 to 1 channels.
struct SrcnnArgs {
  DeviceMap input;                // one channel, f16 or bf16
  DeviceMap output;               // of its size and type
  const void* weights = nullptr;  // pack_srcnn() in device memory, aligned to 16 bytes
  /// For so many rows are shared out, which changes no bit; 0: as many as the device has.
  int32_t multiprocessors = 0;
  int64_t first_row = 0;
  int64_t last_row = 0;
};

/// The three convolutions' tensors as f32.
struct SrcnnWeights {
  std::span<const float> weight1, bias1;  // (64, 1, 9, 9) (64)
  std::span<const float> weight2, bias2;  // (32, 64, 1, 1) (32)
  std::span<const float> weight3, bias3;  // (1, 32, 5, 5) (1)
};

/// Whether the kernel computes in `type` on devices of `compute_capability`.
constexpr bool srcnn_supports(ElementType type, int compute_capability) {
  return type == ElementType::kF16 ? compute_capability >= 75
                                   : type == ElementType::kBf16 && compute_capability >= 80;
}

/// Weights rounded to `type` (kF16 or kBf16), as the kernel's lanes keep them.
std::vector<uint8_t> pack_srcnn(ElementType type, const SrcnnWeights& weights);

/// Rows [first_row, last_row); reads rows first_row - 6 ... last_row + 5 of the input where they
/// are.
CudaError launch_srcnn(const SrcnnArgs& args, Stream stream);

}  // namespace fovea::cuda
