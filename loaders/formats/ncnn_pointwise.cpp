// Activations, Clip, and the per-channel Scale and BatchNorm.
#include <array>
#include <cfloat>
#include <cmath>
#include <utility>

#include "loaders/formats/ncnn_layers.h"

namespace fovea {
namespace {

template <ActivationKind kind>
Result<ValueId> build_plain(const NcnnCall& call) {
  FOVEA_TRY(call.attributes.done());
  return call.add(Activate{{kind}}, call.inputs);
}

Result<ValueId> build_relu(const NcnnCall& call) {
  const float slope = call.attributes.number(0, 0.0f, "slope");
  FOVEA_TRY(call.attributes.done());
  if (slope == 0.0f) return call.add(Activate{{ActivationKind::kRelu}}, call.inputs);
  return call.add(Activate{{ActivationKind::kLeakyRelu, slope}}, call.inputs);
}

Result<ValueId> build_prelu(const NcnnCall& call) {
  const int64_t count = call.attributes.whole(0, 0, 1, kMaxNcnnChannels, "number of slopes");
  FOVEA_TRY(call.attributes.done());
  if (count != 1 && count != call.channels())
    return fail(ErrorCode::kModel, "parameter 0 (number of slopes) is {}, expected 1 or {}", count,
                call.channels());
  FOVEA_ASSIGN_OR_RETURN(
      auto slopes, call.build.bin.read_plain(std::string(call.layer.name) + ".slope", {count}));
  Activation activation{ActivationKind::kPrelu};
  activation.slopes = call.build.graph.add_parameter(std::move(slopes));
  return call.add(Activate{activation}, call.inputs);
}

Result<ValueId> build_gelu(const NcnnCall& call) {
  call.attributes.expect(0, 0, 0, "approximation by tanh");
  return build_plain<ActivationKind::kGelu>(call);
}

Result<ValueId> build_hard_swish(const NcnnCall& call) {
  const float alpha = call.attributes.number(0, 0.2f, "alpha");
  const float beta = call.attributes.number(1, 0.5f, "beta");
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const Activation activation, ncnn_hard_swish(alpha, beta));
  return call.add(Activate{activation}, call.inputs);
}

Result<ValueId> build_clip(const NcnnCall& call) {
  const float low = call.attributes.number(0, -FLT_MAX, "lower bound");
  const float high = call.attributes.number(1, FLT_MAX, "upper bound");
  FOVEA_TRY(call.attributes.done());
  return call.add(Clamp{low, high}, call.inputs);
}

Result<ValueId> build_scale(const NcnnCall& call) {
  const int64_t count = call.channels();
  call.attributes.expect(0, 0, count, "number of factors");
  const bool bias = call.attributes.whole(1, 0, 0, 1, "bias") == 1;
  FOVEA_TRY(call.attributes.done());
  const std::string name(call.layer.name);
  Affine op;
  FOVEA_ASSIGN_OR_RETURN(auto factors, call.build.bin.read_plain(name + ".scale", {count}));
  op.weight = call.build.graph.add_parameter(std::move(factors));
  if (bias) {
    FOVEA_ASSIGN_OR_RETURN(auto offsets, call.build.bin.read_plain(name + ".bias", {count}));
    op.bias = call.build.graph.add_parameter(std::move(offsets));
  }
  return call.add(op, call.inputs);
}

// y = slope (x - mean) / sqrt(variance + epsilon) + bias as one factor and one offset a channel.
Result<ValueId> build_batch_norm(const NcnnCall& call) {
  const int64_t count = call.channels();
  call.attributes.expect(0, 0, count, "channels");
  const float epsilon = call.attributes.number(1, 0.0f, "epsilon");
  FOVEA_TRY(call.attributes.done());

  const std::string name(call.layer.name);
  std::array<std::vector<float>, 4> rows;
  constexpr std::array<std::string_view, 4> kRows = {".slope", ".mean", ".variance", ".bias"};
  for (size_t i = 0; i < rows.size(); ++i) {
    FOVEA_ASSIGN_OR_RETURN(const auto tensor,
                           call.build.bin.read_plain(name + std::string(kRows[i]), {count}));
    FOVEA_ASSIGN_OR_RETURN(rows[i], to_f32(tensor));
  }
  const auto& [slope, mean, variance, bias] = rows;
  std::vector<float> factors(slope.size());
  std::vector<float> offsets(slope.size());
  for (size_t i = 0; i < slope.size(); ++i) {
    double deviation = std::sqrt(double{variance[i]} + double{epsilon});
    // As ncnn does: a channel that never varies is divided by a small number instead of by zero.
    if (deviation == 0.0) deviation = 1e-4;
    factors[i] = static_cast<float>(slope[i] / deviation);
    offsets[i] = static_cast<float>(bias[i] - slope[i] * double{mean[i]} / deviation);
  }
  Affine op;
  for (auto [id, suffix, values] :
       {std::tuple{&op.weight, ".factor", &factors}, std::tuple{&op.bias, ".offset", &offsets}}) {
    WeightTensor tensor = make_weight(name + suffix, {count}, *values);
    FOVEA_TRY(check_finite(tensor));
    *id = call.build.graph.add_parameter(std::move(tensor));
  }
  return call.add(op, call.inputs);
}

constexpr std::array<NcnnLayerKind, 11> kLayers{{
    {"ReLU", 1, 1, 1, build_relu},
    {"PReLU", 1, 1, 1, build_prelu},
    {"Sigmoid", 1, 1, 1, build_plain<ActivationKind::kSigmoid>},
    {"Swish", 1, 1, 1, build_plain<ActivationKind::kSilu>},
    {"TanH", 1, 1, 1, build_plain<ActivationKind::kTanh>},
    {"GELU", 1, 1, 1, build_gelu},
    {"Mish", 1, 1, 1, build_plain<ActivationKind::kMish>},
    {"HardSwish", 1, 1, 1, build_hard_swish},
    {"Clip", 1, 1, 1, build_clip},
    {"Scale", 1, 1, 1, build_scale},
    {"BatchNorm", 1, 1, 1, build_batch_norm},
}};

}  // namespace

std::span<const NcnnLayerKind> ncnn_pointwise_layers() { return kLayers; }

Result<Activation> ncnn_hard_swish(float alpha, float beta) {
  // Written with six or seven digits in files.
  constexpr float kTolerance = 1e-6f;
  if (!(std::fabs(alpha - 1.0f / 6.0f) <= kTolerance) || !(std::fabs(beta - 0.5f) <= kTolerance))
    return fail(ErrorCode::kModel,
                "HardSwish with alpha {} and beta {}, only 1/6 and 1/2 are "
                "supported",
                alpha, beta);
  return Activation{ActivationKind::kHardSwish};
}

}  // namespace fovea
