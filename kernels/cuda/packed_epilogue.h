// What follows a convolution's sums, with its parameters on the device.
#pragma once

#include <span>

#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/device_context.h"
#include "kernels/ops.h"

namespace fovea::cuda {

/// Bias, activation and residuals of one convolution: in the convolution kernel's epilogue as far
/// as that knows them, the rest in kernels of their own behind it.
class PackedEpilogue {
 public:
  /// Whether kernels have the activation in their epilogue.
  static bool knows(ActivationKind kind);

  static Result<PackedEpilogue> create(const DeviceContext& context, const std::vector<float>& bias,
                                       ops::ActivationOp activation,
                                       std::vector<ScaledResidual> residuals, int64_t out_channels);

  /// For the kernel; `residuals` are the maps of the residuals, in their order.
  EpilogueArgs args(std::span<const DeviceMap> residuals) const;

  /// What the kernel could not do, on rows `rows` of its output.
  CudaError finish(std::span<const DeviceMap> residuals, const DeviceMap& output, RowRange rows,
                   Stream stream) const;

 private:
  // Residuals in the kernel's epilogue: none where the activation in front of them is not.
  int32_t fused_residuals() const;

  ops::ActivationOp activation_;
  bool is_activation_fused_ = true;
  EpilogueArgs fused_;
  std::vector<ScaledResidual> residuals_;
  Buffer bias_;
  Buffer slopes_;
};

}  // namespace fovea::cuda
