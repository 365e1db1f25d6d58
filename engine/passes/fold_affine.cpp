#include <set>

#include "engine/passes/passes.h"
#include "engine/passes/rewriter.h"

namespace fovea {
namespace {

Result<std::vector<float>> values_or(const Graph& graph, ParameterId id, int64_t count,
                                     float value) {
  if (id == kNoParameter) return std::vector<float>(static_cast<size_t>(count), value);
  return to_f32(graph.parameter(id));
}

// The convolution of `node` with `affine` applied to its sums.
Result<Convolution> fold(const Graph& graph, const Node& node, const Affine& affine,
                         Rewriter& rewriter) {
  Convolution folded = std::get<Convolution>(node.op);
  const WeightTensor& stored = graph.parameter(folded.weight);
  FOVEA_ASSIGN_OR_RETURN(std::vector<float> weight, to_f32(stored));
  FOVEA_ASSIGN_OR_RETURN(std::vector<float> bias,
                         values_or(graph, folded.bias, folded.out_channels, 0.0f));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<float> scale,
                         values_or(graph, affine.weight, folded.out_channels, 1.0f));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<float> shift,
                         values_or(graph, affine.bias, folded.out_channels, 0.0f));
  const size_t row = weight.size() / bias.size();
  for (size_t k = 0; k < bias.size(); ++k) {
    for (size_t i = 0; i < row; ++i) weight[k * row + i] *= scale[k];
    bias[k] = scale[k] * bias[k] + shift[k];
  }
  folded.weight = rewriter.add_parameter(make_weight(stored.name, stored.shape, weight));
  folded.bias = rewriter.add_parameter(
      make_weight(node.name + ".bias", {static_cast<int64_t>(bias.size())}, bias));
  return folded;
}

}  // namespace

Result<Graph> fold_affine(const Graph& graph) {
  const auto readers = readers_of_values(graph);
  Rewriter rewriter(graph);
  std::set<const Node*> folded;
  for (const Node& node : graph.nodes()) {
    if (folded.contains(&node)) continue;
    const auto* convolution = std::get_if<Convolution>(&node.op);
    const Node* next = only_reader(graph, readers, node.output);
    const Affine* affine = next != nullptr ? std::get_if<Affine>(&next->op) : nullptr;
    const bool bare = convolution != nullptr && convolution->residuals.empty() &&
                      convolution->activation.kind == ActivationKind::kNone;
    if (!bare || affine == nullptr) {
      FOVEA_TRY(rewriter.copy(node));
      continue;
    }
    FOVEA_ASSIGN_OR_RETURN(Convolution op, fold(graph, node, *affine, rewriter));
    FOVEA_TRY(rewriter.emit(std::move(op), node.inputs, next->output, node.name));
    folded.insert(next);
  }
  return rewriter.finish();
}

}  // namespace fovea
