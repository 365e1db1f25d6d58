// Activations, Clip, and normalisation by stored statistics.
#include <algorithm>
#include <array>
#include <cfloat>
#include <cmath>
#include <utility>

#include "loaders/formats/onnx/onnx_operators.h"
#include "loaders/rewriting/batch_norm.h"

namespace fovea {
namespace {

Result<std::vector<OnnxValue>> activated(const OnnxCall& call, Activation activation) {
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const ValueId x, call.value(0));
  return one(call.added(Activate{activation}, {x}));
}

template <ActivationKind kind>
Result<std::vector<OnnxValue>> build_plain(const OnnxCall& call) {
  return activated(call, {kind});
}

Result<std::vector<OnnxValue>> build_leaky_relu(const OnnxCall& call) {
  return activated(call, {ActivationKind::kLeakyRelu, call.attributes.real("alpha", 0.01f)});
}

Result<std::vector<OnnxValue>> build_prelu(const OnnxCall& call) {
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const ValueId x, call.value(0));
  FOVEA_ASSIGN_OR_RETURN(const OnnxConstant* slopes, call.need_constant(1, "slope"));
  const int64_t channels = call.channels(x);
  const std::vector<int64_t>& shape = slopes->shape();
  using Shape = std::vector<int64_t>;
  const bool per_channel = shape == Shape{channels, 1, 1} || shape == Shape{1, channels, 1, 1} ||
                           (call.build.opset < 7 && shape == Shape{channels});
  if (slopes->count() != 1 && !per_channel)
    return fail(ErrorCode::kModel, "slopes of the shape {}, expected one or [{}, 1, 1]",
                shape_string(shape), channels);
  Activation activation{ActivationKind::kPrelu};
  FOVEA_ASSIGN_OR_RETURN(activation.slopes, call.parameter(*slopes, {slopes->count()}));
  return one(call.added(Activate{activation}, {x}));
}

Result<std::vector<OnnxValue>> build_gelu(const OnnxCall& call) {
  if (call.attributes.text("approximate", "none") != "none")
    return fail(ErrorCode::kModel, "approximates by tanh, only the exact function is supported");
  return activated(call, {ActivationKind::kGelu});
}

// What is left unfinished is of the value itself, not of a factor of it.
Result<OnnxValue> unfinished(const OnnxCall& call, Unfinished what) {
  OnnxMap map = *call.map(0);
  map.unfinished = what;
  map.factor = 1.0f;
  map.made_by = call.node.type;
  return OnnxValue(std::move(map));
}

Result<std::vector<OnnxValue>> build_softplus(const OnnxCall& call) {
  FOVEA_TRY(call.attributes.done());
  FOVEA_TRY(call.value(0));
  return one(unfinished(call, Unfinished::kSoftplus));
}

Result<std::vector<OnnxValue>> build_tanh(const OnnxCall& call) {
  const OnnxMap* map = call.map(0);
  if (map == nullptr || map->unfinished != Unfinished::kSoftplus)
    return activated(call, {ActivationKind::kTanh});
  FOVEA_TRY(call.attributes.done());
  return one(unfinished(call, Unfinished::kTanhSoftplus));
}

Result<std::vector<OnnxValue>> build_erf(const OnnxCall& call) {
  FOVEA_TRY(call.attributes.done());
  FOVEA_TRY(call.value_without_factor(0));
  const OnnxMap& map = *call.map(0);
  constexpr float kRootHalf = 0.70710678f;
  // f16 files have it with three digits.
  if (!(std::fabs(map.factor - kRootHalf) <= 5e-4f) || !(map.border == ZeroBorder{}))
    return fail(ErrorCode::kModel, "is supported inside Gelu only, of x / sqrt(2)");
  return one(unfinished(call, Unfinished::kErf));
}

Result<std::vector<OnnxValue>> build_clip(const OnnxCall& call) {
  float low = -FLT_MAX, high = FLT_MAX;
  if (call.build.opset < 11) {
    low = call.attributes.real("min", low);
    high = call.attributes.real("max", high);
  } else {
    FOVEA_ASSIGN_OR_RETURN(low, call.number(1, low, "min"));
    FOVEA_ASSIGN_OR_RETURN(high, call.number(2, high, "max"));
  }
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const ValueId x, call.value(0));
  const auto within = [](float bound) { return std::clamp(bound, -FLT_MAX, FLT_MAX); };
  return one(call.added(Clamp{within(low), within(high)}, {x}));
}

// max(0, min(1, alpha x + beta))
Result<std::vector<OnnxValue>> build_hard_sigmoid(const OnnxCall& call) {
  const float alpha = call.attributes.real("alpha", 0.2f);
  const float beta = call.attributes.real("beta", 0.5f);
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const ValueId x, call.value(0));
  const int64_t channels = call.channels(x);
  FOVEA_TRY(call.build.make_room(2 * channels));
  Affine line;
  for (auto [id, suffix, value] :
       {std::tuple{&line.weight, ".alpha", alpha}, std::tuple{&line.bias, ".beta", beta}}) {
    const std::vector<float> values(static_cast<size_t>(channels), value);
    FOVEA_ASSIGN_OR_RETURN(*id, call.parameter(suffix, {channels}, values));
  }
  FOVEA_ASSIGN_OR_RETURN(const ValueId y, call.add(line, {x}, ".line"));
  return one(call.added(Clamp{0.0f, 1.0f}, {y}));
}

Result<std::vector<OnnxValue>> build_batch_norm(const OnnxCall& call) {
  const float epsilon = call.attributes.real("epsilon", 1e-5f);
  call.attributes.ignore("momentum");  // of training
  call.attributes.expect("training_mode", 0);
  call.attributes.expect("is_test", call.build.opset < 7 ? 1 : 0);
  call.attributes.expect("spatial", 1);
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const ValueId x, call.value(0));
  const int64_t channels = call.channels(x);
  std::array<std::vector<double>, 4> rows;
  constexpr std::array<std::string_view, 4> kRows = {"scale", "bias", "mean", "variance"};
  for (size_t i = 0; i < rows.size(); ++i) {
    FOVEA_ASSIGN_OR_RETURN(const OnnxConstant* row, call.need_constant(i + 1, kRows[i]));
    if (row->shape() != std::vector<int64_t>{channels})
      return fail(ErrorCode::kModel, "input {} ({}) has the shape {}, expected [{}]", i + 1,
                  kRows[i], shape_string(row->shape()), channels);
    FOVEA_ASSIGN_OR_RETURN(rows[i], to_reals(*row));
  }
  FOVEA_ASSIGN_OR_RETURN(const ChannelAffine made,
                         batch_norm(rows[0], rows[1], rows[2], rows[3], epsilon));
  FOVEA_TRY(call.build.make_room(2 * channels));
  Affine op;
  for (auto [id, suffix, values] : {std::tuple{&op.weight, ".scale", &made.scale},
                                    std::tuple{&op.bias, ".shift", &made.shift}}) {
    const std::vector<float> rounded(values->begin(), values->end());
    FOVEA_ASSIGN_OR_RETURN(*id, call.parameter(suffix, {channels}, rounded));
  }
  return one(call.added(op, {x}));
}

// Its second output, the mask, is none that anything here may read.
Result<std::vector<OnnxValue>> build_dropout(const OnnxCall& call) {
  call.attributes.ignore("ratio");
  call.attributes.ignore("seed");
  call.attributes.expect("is_test", call.build.opset < 7 ? 1 : 0);
  FOVEA_TRY(call.attributes.done());
  if (call.has(2)) {
    FOVEA_ASSIGN_OR_RETURN(const auto training, call.integers(2, "training mode"));
    if (training != std::vector<int64_t>{0})
      return fail(ErrorCode::kModel, "is in training mode, which drops samples by chance");
  }
  return std::vector<OnnxValue>{OnnxValue(*call.map(0))};
}

constexpr std::array<OnnxOperator, 14> kOperators{{
    {"Relu", 1, 1, nullptr, build_plain<ActivationKind::kRelu>},
    {"LeakyRelu", 1, 1, nullptr, build_leaky_relu},
    {"PRelu", 2, 2, nullptr, build_prelu},
    {"Sigmoid", 1, 1, nullptr, build_plain<ActivationKind::kSigmoid>},
    {"Tanh", 1, 1, nullptr, build_tanh},
    {"HardSwish", 1, 1, nullptr, build_plain<ActivationKind::kHardSwish>},
    {"Mish", 1, 1, nullptr, build_plain<ActivationKind::kMish>},
    {"Gelu", 1, 1, nullptr, build_gelu},
    {"Softplus", 1, 1, nullptr, build_softplus},
    {"Erf", 1, 1, nullptr, build_erf},
    {"Clip", 1, 3, nullptr, build_clip},
    {"HardSigmoid", 1, 1, nullptr, build_hard_sigmoid},
    {"BatchNormalization", 5, 5, nullptr, build_batch_norm},
    {"Dropout", 1, 3, nullptr, build_dropout},
}};

}  // namespace

std::span<const OnnxOperator> onnx_pointwise_operators() { return kOperators; }

}  // namespace fovea
