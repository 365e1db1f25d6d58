// What a convolution's sums pass through before they are stored, in f32 and in this order: bias,
// activation, residuals.
#pragma once

#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/device/device.cuh"

namespace fovea::cuda {

/// A channel's bias and the slope of its activation below zero: 1 where there is none.
struct ChannelEpilogue {
  float bias;
  float slope;
};

FOVEA_DEVICE ChannelEpilogue channel_epilogue(const EpilogueArgs& epilogue, int channel) {
  ChannelEpilogue result{epilogue.bias[channel], 1.0f};
  if (epilogue.activation == EpilogueActivation::kLeakyRelu) result.slope = epilogue.slope;
  if (epilogue.activation == EpilogueActivation::kPrelu) result.slope = epilogue.slopes[channel];
  return result;
}

/// A(sum + bias). NaN stays NaN whatever the slope.
FOVEA_DEVICE float biased_and_activated(const ChannelEpilogue& channel, float sum) {
  const float value = sum + channel.bias;
  return value < 0.0f ? channel.slope * value : value;
}

/// One residual's step.
FOVEA_DEVICE float with_residual(const ResidualArgs& residual, float value, float other) {
  return residual.scale * value + residual.residual_scale * other;
}

}  // namespace fovea::cuda
