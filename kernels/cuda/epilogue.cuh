// What a convolution's sums pass through before they are stored, in f32 and in this order: bias,
// activation, residuals.
#pragma once

#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/device/device.cuh"

namespace fovea::cuda {

/// A(sum + bias) of one channel. NaN stays NaN whatever the slope.
FOVEA_DEVICE float biased_and_activated(const EpilogueArgs& epilogue, float sum, int channel) {
  const float value = sum + epilogue.bias[channel];
  if (epilogue.activation == EpilogueActivation::kNone) return value;
  const float slope =
      epilogue.activation == EpilogueActivation::kPrelu ? epilogue.slopes[channel] : epilogue.slope;
  return value < 0.0f ? slope * value : value;
}

/// One residual's step.
FOVEA_DEVICE float with_residual(const ResidualArgs& residual, float value, float other) {
  return residual.scale * value + residual.residual_scale * other;
}

}  // namespace fovea::cuda
