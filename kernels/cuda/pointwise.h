// Operators that read a pixel of each input to write that pixel: Activate, Add, Multiply, Affine,
// Clamp of kernels/ops.h, on device maps. Arithmetic is f32, rounded once at the store; channels
// that fill up the last plane are stored as zero. Maps of one operator share size, channels and
// element type; the output may lie exactly where an input lies.
//
// Launchers return kInvalidArgument for arguments that are not so and enqueue nothing then.
#pragma once

#include "engine/activation_kind.h"
#include "kernels/cuda/device_map.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// Rows [first_row, last_row) of output = A(input).
struct ActivateArgs {
  DeviceMap input;
  DeviceMap output;
  ActivationKind kind = ActivationKind::kNone;
  float slope = 0.0f;             // LeakyReLU's
  const float* slopes = nullptr;  // PReLU's: (8 planes) in device memory, aligned to 16 bytes
  int64_t first_row = 0;
  int64_t last_row = 0;
};

/// Rows [first_row, last_row) of output = sum of scales[n] * inputs[n], added from the left.
struct AddArgs {
  static constexpr int32_t kMaxInputs = 8;

  DeviceMap inputs[kMaxInputs];
  float scales[kMaxInputs] = {};
  int32_t input_count = 0;  // 1 ... kMaxInputs
  DeviceMap output;
  int64_t first_row = 0;
  int64_t last_row = 0;
};

/// Rows [first_row, last_row) of output = a * b.
struct MultiplyArgs {
  DeviceMap a;
  DeviceMap b;
  DeviceMap output;
  int64_t first_row = 0;
  int64_t last_row = 0;
};

/// Rows [first_row, last_row) of output = weight[c] * input + bias[c].
struct AffineArgs {
  DeviceMap input;
  DeviceMap output;
  const float* weight = nullptr;  // (8 planes) in device memory, aligned to 16 bytes; null: ones
  const float* bias = nullptr;    // the same; null: zeros
  int64_t first_row = 0;
  int64_t last_row = 0;
};

/// Rows [first_row, last_row) of output = min(max(input, low), high), NaN kept.
struct ClampArgs {
  DeviceMap input;
  DeviceMap output;
  float low = 0.0f;
  float high = 1.0f;
  int64_t first_row = 0;
  int64_t last_row = 0;
};

CudaError launch_activate(const ActivateArgs& args, Stream stream);
CudaError launch_add(const AddArgs& args, Stream stream);
CudaError launch_multiply(const MultiplyArgs& args, Stream stream);
CudaError launch_affine(const AffineArgs& args, Stream stream);
CudaError launch_clamp(const ClampArgs& args, Stream stream);

}  // namespace fovea::cuda
