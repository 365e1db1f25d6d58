// Activations, sums, products, concatenations, repeated pixels.
#include <array>
#include <string_view>
#include <utility>

#include "loaders/formats/text.h"
#include "loaders/formats/tfjs_attributes.h"
#include "loaders/formats/tfjs_network.h"

namespace fovea {
namespace {

constexpr int64_t kMaxFactor = 16;

Result<ActivationKind> activation_kind(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, ActivationKind>, 8> kKinds{{
      {"linear", ActivationKind::kNone},
      {"relu", ActivationKind::kRelu},
      {"sigmoid", ActivationKind::kSigmoid},
      {"tanh", ActivationKind::kTanh},
      {"swish", ActivationKind::kSilu},
      {"silu", ActivationKind::kSilu},
      {"gelu", ActivationKind::kGelu},
      {"mish", ActivationKind::kMish},
  }};
  for (const auto& [known, kind] : kKinds) {
    if (name == known) return kind;
  }
  return fail(ErrorCode::kModel, "the activation {} is not supported", shown(name));
}

}  // namespace

Result<ValueId> TfjsNetwork::activate(const TfjsLayer& layer, const std::string& name,
                                      ValueId value) {
  FOVEA_ASSIGN_OR_RETURN(const ActivationKind kind, activation_kind(name));
  if (kind == ActivationKind::kNone) return value;
  return graph_.add(Activate{{kind}}, {value}, layer.name + ".activation");
}

Result<TfjsNetwork::Piece> TfjsNetwork::activation(const TfjsLayer& layer) {
  FOVEA_TRY(expect_tfjs_keys(layer, {"activation"}));
  FOVEA_ASSIGN_OR_RETURN(const std::string name, text_member(*layer.config, "activation"));
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, only_input(layer));
  FOVEA_ASSIGN_OR_RETURN(const ValueId result, activate(layer, name, value));
  return Piece{{result}};
}

Result<TfjsNetwork::Piece> TfjsNetwork::relu(const TfjsLayer& layer) {
  FOVEA_TRY(expect_tfjs_keys(layer, {"max_value", "negative_slope", "threshold"}));
  FOVEA_TRY(expect_tfjs(layer, "max_value", nullptr));
  FOVEA_TRY(expect_tfjs(layer, "negative_slope", 0));
  FOVEA_TRY(expect_tfjs(layer, "threshold", 0));
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, only_input(layer));
  FOVEA_ASSIGN_OR_RETURN(const ValueId result,
                         graph_.add(Activate{{ActivationKind::kRelu}}, {value}, layer.name));
  return Piece{{result}};
}

Result<TfjsNetwork::Piece> TfjsNetwork::leaky_relu(const TfjsLayer& layer) {
  FOVEA_TRY(expect_tfjs_keys(layer, {"alpha"}));
  FOVEA_ASSIGN_OR_RETURN(const double alpha, finite_member(*layer.config, "alpha"));
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, only_input(layer));
  const Activation activation{ActivationKind::kLeakyRelu, static_cast<float>(alpha)};
  FOVEA_ASSIGN_OR_RETURN(const ValueId result,
                         graph_.add(Activate{activation}, {value}, layer.name));
  return Piece{{result}};
}

Result<TfjsNetwork::Piece> TfjsNetwork::prelu(const TfjsLayer& layer) {
  FOVEA_TRY(expect_tfjs_keys(layer, {"shared_axes"}));
  FOVEA_TRY(expect_tfjs(layer, "shared_axes", Json::array({1, 2})));
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, only_input(layer));
  const int64_t channels = graph_.value(value).channels;
  FOVEA_ASSIGN_OR_RETURN(const std::vector<float> slopes, tensor(layer, "alpha", {1, 1, channels}));
  Activation activation{ActivationKind::kPrelu};
  activation.slopes = graph_.add_parameter(make_weight(layer.name + ".slopes", {channels}, slopes));
  FOVEA_ASSIGN_OR_RETURN(const ValueId result,
                         graph_.add(Activate{activation}, {value}, layer.name));
  return Piece{{result}};
}

Result<TfjsNetwork::Piece> TfjsNetwork::sum(const TfjsLayer& layer) {
  FOVEA_TRY(expect_tfjs_keys(layer, {}));
  FOVEA_TRY(expect_inputs(layer, 2, 16));
  Add op;
  std::vector<ValueId> values;
  for (const std::string& name : layer.inputs) {
    const Piece& piece = pieces_.at(name);
    if (piece.parts.size() == 1) {
      op.scales.push_back(piece.factor);
      values.push_back(piece.parts.front());
      continue;
    }
    op.scales.push_back(1.0f);
    FOVEA_ASSIGN_OR_RETURN(const ValueId value, whole(name));
    values.push_back(value);
  }
  FOVEA_ASSIGN_OR_RETURN(const ValueId result, graph_.add(std::move(op), values, layer.name));
  return Piece{{result}};
}

Result<TfjsNetwork::Piece> TfjsNetwork::product(const TfjsLayer& layer) {
  FOVEA_TRY(expect_tfjs_keys(layer, {}));
  FOVEA_TRY(expect_inputs(layer, 2, 2));
  FOVEA_ASSIGN_OR_RETURN(const ValueId a, whole(layer.inputs[0]));
  FOVEA_ASSIGN_OR_RETURN(const ValueId b, whole(layer.inputs[1]));
  FOVEA_ASSIGN_OR_RETURN(const ValueId result, graph_.add(Multiply{}, {a, b}, layer.name));
  return Piece{{result}};
}

Result<TfjsNetwork::Piece> TfjsNetwork::concatenation(const TfjsLayer& layer) {
  FOVEA_TRY(expect_tfjs_keys(layer, {"axis"}));
  FOVEA_TRY(expect_inputs(layer, 1, 256));
  const Json* axis = find_member(*layer.config, "axis");
  if (axis != nullptr && *axis != Json(3) && *axis != Json(-1))
    return fail(ErrorCode::kModel, "joins another axis than the channels");
  Piece joined;
  for (const std::string& name : layer.inputs) {
    if (pieces_.at(name).factor != 1.0f) FOVEA_TRY(whole(name));
    const Piece& piece = pieces_.at(name);
    joined.parts.insert(joined.parts.end(), piece.parts.begin(), piece.parts.end());
    constexpr size_t kMaxParts = 4096;
    if (joined.parts.size() > kMaxParts)
      return fail(ErrorCode::kModel, "joins more than {} maps", kMaxParts);
  }
  return joined;
}

Result<TfjsNetwork::Piece> TfjsNetwork::upsampling(const TfjsLayer& layer) {
  FOVEA_TRY(expect_tfjs_keys(layer, {"size", "data_format", "interpolation"}));
  FOVEA_TRY(expect_tfjs(layer, "data_format", "channels_last"));
  FOVEA_TRY(expect_tfjs(layer, "interpolation", "nearest"));
  FOVEA_ASSIGN_OR_RETURN(const int64_t factor, tfjs_square(layer, "size", kMaxFactor));
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, only_input(layer));
  const Resize resize{ResizeFilter::kNearest, Scale{factor, 1}, -0.5, true};
  FOVEA_ASSIGN_OR_RETURN(const ValueId result, graph_.add(resize, {value}, layer.name));
  return Piece{{result}};
}

Result<TfjsNetwork::Piece> TfjsNetwork::multiply_beta(const TfjsLayer& layer) {
  FOVEA_TRY(expect_tfjs_keys(layer, {"beta"}));
  FOVEA_ASSIGN_OR_RETURN(const double beta, finite_member(*layer.config, "beta"));
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, only_input(layer));
  return Piece{{value}, static_cast<float>(beta)};
}

// Layers that do something in training alone.
Result<TfjsNetwork::Piece> TfjsNetwork::same(const TfjsLayer& layer) {
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, only_input(layer));
  return Piece{{value}};
}

}  // namespace fovea
