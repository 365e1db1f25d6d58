#include "loaders/same_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/passes/passes.h"

namespace fovea {
namespace {

// Attributes that are equal, parameters aside. What has no overload is never taken for the same.
template <class Op>
bool same(const Op&, const Op&) {
  return std::is_empty_v<Op>;  // Multiply, Concat
}

bool same(const Activation& a, const Activation& b) {
  return a.kind == b.kind &&
         (a.kind != ActivationKind::kLeakyRelu || a.negative_slope == b.negative_slope);
}

bool same(const Convolution& a, const Convolution& b) {
  const auto same_residual = [](const ScaledResidual& r, const ScaledResidual& s) {
    return r.scale == s.scale && r.residual_scale == s.residual_scale;
  };
  return a.out_channels == b.out_channels && a.kernel_h == b.kernel_h && a.kernel_w == b.kernel_w &&
         a.groups == b.groups && (a.bias == kNoParameter) == (b.bias == kNoParameter) &&
         same(a.activation, b.activation) &&
         std::equal(a.residuals.begin(), a.residuals.end(), b.residuals.begin(), b.residuals.end(),
                    same_residual);
}

bool same(const ShuffleConvolution& a, const ShuffleConvolution& b) {
  return a.factor == b.factor && a.base == b.base && same(a.convolution, b.convolution);
}

bool same(const Activate& a, const Activate& b) { return same(a.activation, b.activation); }
bool same(const Add& a, const Add& b) { return a.scales == b.scales; }
bool same(const Slice& a, const Slice& b) { return a.begin == b.begin && a.count == b.count; }
bool same(const PixelShuffle& a, const PixelShuffle& b) { return a.factor == b.factor; }
bool same(const PixelUnshuffle& a, const PixelUnshuffle& b) { return a.factor == b.factor; }
bool same(const Clamp& a, const Clamp& b) { return a.low == b.low && a.high == b.high; }
bool same(const GlobalAverage& a, const GlobalAverage& b) { return a.deviation == b.deviation; }
bool same(const Crop& a, const Crop& b) { return a.margin == b.margin && a.factor == b.factor; }

bool same(const Pad& a, const Pad& b) {
  return a.mode == b.mode && a.margin == b.margin && a.multiple == b.multiple;
}

bool same(const Pool& a, const Pool& b) {
  return a.kind == b.kind && a.kernel == b.kernel && a.stride == b.stride && a.margin == b.margin;
}

bool same(const Affine&, const Affine&) { return true; }  // its values are all that it has

bool same(const Resize& a, const Resize& b) {
  const bool shrinks = a.scale.known() && a.scale.value() < 1;  // what alone antialiasing changes
  return a.filter == b.filter && a.scale == b.scale &&
         (a.filter != ResizeFilter::kBicubic || a.cubic_a == b.cubic_a) &&
         (!shrinks || a.antialias == b.antialias);
}

bool same_operators(const Operator& a, const Operator& b) {
  return std::visit(
      [](const auto& x, const auto& y) {
        if constexpr (std::is_same_v<decltype(x), decltype(y)>) {
          return same(x, y);
        } else {
          return false;
        }
      },
      a, b);
}

Result<bool> same_values(const WeightTensor& a, const WeightTensor& b) {
  if (a.shape != b.shape) return false;
  FOVEA_ASSIGN_OR_RETURN(const std::vector<float> left, to_f32(a));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<float> right, to_f32(b));
  return left == right;
}

Result<std::vector<float>> values_or(const Graph& graph, ParameterId id, int64_t channels,
                                     float absent) {
  if (id != kNoParameter) return to_f32(graph.parameter(id));
  return std::vector<float>(static_cast<size_t>(channels), absent);
}

// A weight of ones that is there is one that is not.
Result<bool> same_lines(const Graph& graph, const Node& a, const Graph& other, const Node& b) {
  const auto &x = std::get<Affine>(a.op), &y = std::get<Affine>(b.op);
  const int64_t channels = graph.value(a.output).channels;
  if (other.value(b.output).channels != channels) return false;
  FOVEA_ASSIGN_OR_RETURN(const auto weight, values_or(graph, x.weight, channels, 1.0f));
  FOVEA_ASSIGN_OR_RETURN(const auto other_weight, values_or(other, y.weight, channels, 1.0f));
  FOVEA_ASSIGN_OR_RETURN(const auto bias, values_or(graph, x.bias, channels, 0.0f));
  FOVEA_ASSIGN_OR_RETURN(const auto other_bias, values_or(other, y.bias, channels, 0.0f));
  return weight == other_weight && bias == other_bias;
}

// The node that makes a value; null for the input.
std::vector<const Node*> makers_of(const Graph& graph) {
  std::vector<const Node*> makers(graph.values().size(), nullptr);
  for (const Node& node : graph.nodes()) makers[static_cast<size_t>(node.output)] = &node;
  return makers;
}

using Difference = Result<std::optional<std::string>>;

Difference difference_of_nodes(const Graph& graph, const Node* a, const Graph& other,
                               const Node* b) {
  const auto text = [](const Node* node) {
    return node == nullptr ? std::string("the picture")
                           : fmt::format("{} ({})", node->name, operator_name(node->op));
  };
  const auto differ = [&](const char* what) {
    return std::optional<std::string>(fmt::format("{} and {} differ{}", text(a), text(b), what));
  };
  if (a == nullptr && b == nullptr) {
    const bool equal = graph.value(graph.input()).channels == other.value(other.input()).channels;
    return equal ? std::nullopt : differ(" in channels");
  }
  if (a == nullptr || b == nullptr || a->inputs.size() != b->inputs.size() ||
      !same_operators(a->op, b->op))
    return differ("");
  if (std::holds_alternative<Affine>(a->op)) {
    FOVEA_ASSIGN_OR_RETURN(const bool equal, same_lines(graph, *a, other, *b));
    return equal ? std::nullopt : differ(" in the values of their weights");
  }
  const auto parameters = parameters_of(a->op), others = parameters_of(b->op);
  if (parameters.size() != others.size()) return differ(" in their weights");
  for (size_t i = 0; i < parameters.size(); ++i) {
    FOVEA_ASSIGN_OR_RETURN(const bool equal,
                           same_values(graph.parameter(parameters[i]), other.parameter(others[i])));
    if (!equal) return differ(" in the values of their weights");
  }
  return std::optional<std::string>();
}

}  // namespace

Difference difference(const Graph& graph, const Graph& other) {
  // Nothing that depends on a backend; the exporters' spelling is gone after these.
  Rewrites rewrites;
  rewrites.place_concat = rewrites.fuse_dense_block = rewrites.recompute_first = false;
  rewrites.fold_upsample = false;
  FOVEA_ASSIGN_OR_RETURN(const Graph a, rewrite(graph, rewrites));
  FOVEA_ASSIGN_OR_RETURN(const Graph b, rewrite(other, rewrites));
  const std::vector<const Node*> left = makers_of(a), right = makers_of(b);
  // Which value of b each value of a is; from the output up, each once.
  std::map<ValueId, ValueId> pairs;
  std::vector<std::pair<ValueId, ValueId>> open = {{a.output(), b.output()}};
  while (!open.empty()) {
    const auto [x, y] = open.back();
    open.pop_back();
    const Node *from = left[static_cast<size_t>(x)], *to = right[static_cast<size_t>(y)];
    if (const auto [found, added] = pairs.emplace(x, y); !added) {
      if (found->second != y)
        return std::optional<std::string>(
            fmt::format("{} is read where the other has two values", a.value(x).name));
      continue;
    }
    FOVEA_ASSIGN_OR_RETURN(auto differs, difference_of_nodes(a, from, b, to));
    if (differs) return differs;
    for (size_t i = 0; from != nullptr && i < from->inputs.size(); ++i)
      open.emplace_back(from->inputs[i], to->inputs[i]);
  }
  return std::optional<std::string>();
}

}  // namespace fovea
