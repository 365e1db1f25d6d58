// What a convolution kernel is told, whichever kernel it is. Host and device code share this.
#pragma once

#include "kernels/cuda/device_map.h"

namespace fovea::cuda {

/// What a convolution's sums are passed through before they are stored.
enum class EpilogueActivation : int32_t {
  kNone,
  kLeakyRelu,  ///< slope for all channels; ReLU is slope 0
  kPrelu       ///< a slope a channel
};

/// y <- scale y + residual_scale residual, with the residual's pixel of the same place.
struct ResidualArgs {
  DeviceMap map;
  float scale = 1.0f;
  float residual_scale = 1.0f;
};

/// bias, activation, then the residuals in turn, all in f32; then one rounding to the map's type.
struct EpilogueArgs {
  static constexpr int32_t kMaxResiduals = 2;

  const float* bias = nullptr;  // (8 planes) in device memory, zeros where the model has none
  EpilogueActivation activation = EpilogueActivation::kNone;
  float slope = 0.0f;
  const float* slopes = nullptr;  // (8 planes) in device memory, for kPrelu
  int32_t residual_count = 0;
  ResidualArgs residuals[kMaxResiduals];
};

/// A convolution, stride 1, zero padding "same": rows [first_row, last_row) of `output`.
struct ConvolutionArgs {
  DeviceMap input;
  DeviceMap output;
  const void* weights = nullptr;  // in device memory, packed for the kernel
  EpilogueArgs epilogue;
  int64_t first_row = 0;
  int64_t last_row = 0;
};

}  // namespace fovea::cuda
