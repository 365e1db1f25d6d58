#include "kernels/cpu/step_arguments.h"

#include "kernels/cpu/packed_weights.h"

namespace fovea::cpu {

MapArgs map_args(const ConstTensorView& view) {
  return {view.data,         view.height,     view.width,    view.channels,
          view.pixel_stride, view.row_stride, view.ring_rows};
}

EpilogueActivation activation_of(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::kNone:
      return EpilogueActivation::kNone;
    case ActivationKind::kRelu:
    case ActivationKind::kLeakyRelu:
      return EpilogueActivation::kLeaky;
    case ActivationKind::kPrelu:
      return EpilogueActivation::kPrelu;
    case ActivationKind::kSigmoid:
      return EpilogueActivation::kSigmoid;
    case ActivationKind::kSilu:
      return EpilogueActivation::kSilu;
    case ActivationKind::kMish:
      return EpilogueActivation::kMish;
    case ActivationKind::kHardSwish:
      return EpilogueActivation::kHardSwish;
    case ActivationKind::kTanh:
      return EpilogueActivation::kTanh;
    case ActivationKind::kGelu:
      return EpilogueActivation::kGelu;
  }
  return EpilogueActivation::kNone;
}

float slope_of(const ops::ActivationOp& op) {
  return op.kind == ActivationKind::kRelu ? 0.0f : op.negative_slope;
}

PackedEpilogue::PackedEpilogue(const ops::ConvolutionOp& op)
    : activation_(op.activation),
      residuals_(op.residuals),
      bias_(pad_channels(op.bias, op.out_channels)),
      slopes_(pad_channels(op.activation.slopes, op.out_channels)) {}

EpilogueArgs PackedEpilogue::args(std::span<const ConstTensorView> residuals) const {
  EpilogueArgs args{};
  args.bias = bias_.data();
  args.slopes = slopes_.data();
  args.slope = slope_of(activation_);
  args.activation = activation_of(activation_.kind);
  args.residual_count = static_cast<int32_t>(residuals_.size());
  for (size_t r = 0; r < residuals_.size(); ++r) {
    args.scale[r] = residuals_[r].scale;
    args.residual_scale[r] = residuals_[r].residual_scale;
    args.residual[r] = map_args(residuals[r]);
  }
  return args;
}

void skip_channels(EpilogueArgs& epilogue, int64_t first) {
  epilogue.bias += first;
  epilogue.slopes += first;
  for (int32_t r = 0; r < epilogue.residual_count; ++r) epilogue.residual[r].data += first;
}

Result<StoredWeights> StoredWeights::create(const WeightTensor& weight) {
  switch (weight.dtype) {
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16:
      return StoredWeights(weight);
    default: {
      FOVEA_ASSIGN_OR_RETURN(const std::vector<float> values, to_f32(weight));
      return StoredWeights(make_weight(weight.name, weight.shape, values));
    }
  }
}

WinogradWeightArgs StoredWeights::args(float* u, int64_t first, int64_t count) const {
  const WeightType type = tensor_.dtype == DType::kF16    ? WeightType::kF16
                          : tensor_.dtype == DType::kBF16 ? WeightType::kBF16
                                                          : WeightType::kF32;
  const int64_t kernel = tensor_.shape[2];
  const int64_t bytes = type == WeightType::kF32 ? 4 : 2;
  const std::byte* weights = tensor_.bytes.get() + first * in_channels() * kernel * kernel * bytes;
  return {kernel, weights, type, in_channels(), count, u};
}

int64_t StoredWeights::u_floats() const {
  return winograd_frequencies(tensor_.shape[2]) * padded_channels(out_channels()) * in_channels();
}

int64_t StoredWeights::item_count() const {
  return padded_channels(out_channels()) / kPanel * in_channels();
}

}  // namespace fovea::cpu
