#include "kernels/cuda/packed_epilogue.h"

#include <algorithm>

#include "kernels/cuda/pointwise.h"

namespace fovea::cuda {

bool PackedEpilogue::knows(ActivationKind kind) {
  return kind == ActivationKind::kNone || kind == ActivationKind::kRelu ||
         kind == ActivationKind::kLeakyRelu || kind == ActivationKind::kPrelu;
}

Result<PackedEpilogue> PackedEpilogue::create(const DeviceContext& context,
                                              const std::vector<float>& bias,
                                              ops::ActivationOp activation,
                                              std::vector<ScaledResidual> residuals,
                                              int64_t out_channels) {
  PackedEpilogue packed;
  FOVEA_ASSIGN_OR_RETURN(packed.bias_, upload_channels(context, bias, out_channels));
  FOVEA_ASSIGN_OR_RETURN(packed.slopes_, upload_channels(context, activation.slopes, out_channels));
  EpilogueArgs& fused = packed.fused_;
  fused.bias = packed.bias_.data<float>();
  fused.slopes = packed.slopes_.data<float>();
  switch (activation.kind) {
    case ActivationKind::kNone:
      break;
    case ActivationKind::kRelu:
      fused.activation = EpilogueActivation::kLeakyRelu;
      break;
    case ActivationKind::kLeakyRelu:
      fused.activation = EpilogueActivation::kLeakyRelu;
      fused.slope = activation.negative_slope;
      break;
    case ActivationKind::kPrelu:
      fused.activation = EpilogueActivation::kPrelu;
      break;
    default:
      break;
  }
  packed.is_activation_fused_ = knows(activation.kind);
  packed.activation_ = std::move(activation);
  packed.residuals_ = std::move(residuals);
  return packed;
}

int32_t PackedEpilogue::fused_residuals() const {
  if (!is_activation_fused_) return 0;
  return std::min(static_cast<int32_t>(residuals_.size()), EpilogueArgs::kMaxResiduals);
}

EpilogueArgs PackedEpilogue::args(std::span<const DeviceMap> residuals) const {
  EpilogueArgs args = fused_;
  args.residual_count = fused_residuals();
  for (int32_t i = 0; i < args.residual_count; ++i) {
    const auto index = static_cast<size_t>(i);
    args.residuals[i] = {residuals[index], residuals_[index].scale,
                         residuals_[index].residual_scale};
  }
  return args;
}

CudaError PackedEpilogue::finish(std::span<const DeviceMap> residuals, const DeviceMap& output,
                                 RowRange rows, Stream stream) const {
  if (!is_activation_fused_) {
    const CudaError error =
        launch_activate({output, output, activation_.kind, activation_.negative_slope,
                         slopes_.data<float>(), rows.begin, rows.end},
                        stream);
    if (error != kSuccess) return error;
  }
  for (auto i = static_cast<size_t>(fused_residuals()); i < residuals_.size(); ++i) {
    AddArgs args;
    args.inputs[0] = output;
    args.inputs[1] = residuals[i];
    args.scales[0] = residuals_[i].scale;
    args.scales[1] = residuals_[i].residual_scale;
    args.input_count = 2;
    args.output = output;
    args.first_row = rows.begin;
    args.last_row = rows.end;
    const CudaError error = launch_add(args, stream);
    if (error != kSuccess) return error;
  }
  return kSuccess;
}

}  // namespace fovea::cuda
