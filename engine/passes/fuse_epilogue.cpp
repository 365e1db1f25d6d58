#include "engine/passes/passes.h"
#include "engine/passes/rewriter.h"

namespace fovea {
namespace {

// A convolution that grows by the nodes that follow it.
struct Fusion {
  Convolution convolution;
  std::vector<ValueId> inputs;
};

// Draws `next`, the only reader of the fusion's value `value`, into the epilogue if it fits there.
bool absorb(const Graph& graph, Fusion& fusion, const Node& next, ValueId value) {
  Convolution& convolution = fusion.convolution;
  if (const auto* activate = std::get_if<Activate>(&next.op)) {
    if (convolution.activation.kind != ActivationKind::kNone || !convolution.residuals.empty())
      return false;
    convolution.activation = activate->activation;
    return true;
  }
  if (const auto* sum = std::get_if<Add>(&next.op)) {
    if (sum->scales.size() != 2) return false;
    // a + b == b + a in floating point too, so it does not matter which of the two the convolution
    // is.
    const size_t own = next.inputs[0] == value ? 0 : 1;
    // A pixel that stands for the whole picture is no residual.
    if (graph.value(next.inputs[0]).scale != graph.value(next.inputs[1]).scale) return false;
    convolution.residuals.push_back({sum->scales[own], sum->scales[1 - own]});
    fusion.inputs.push_back(next.inputs[1 - own]);
    return true;
  }
  return false;
}

}  // namespace

Result<Graph> fuse_epilogue(const Graph& graph) {
  const auto readers = readers_of_values(graph);
  Replacements replacements;
  for (const Node& node : graph.nodes()) {
    const auto* convolution = std::get_if<Convolution>(&node.op);
    if (convolution == nullptr) continue;
    Fusion fusion{*convolution, node.inputs};
    const Node* last = &node;
    std::vector<const Node*> inner;
    // Two convolutions may feed one addition: the first to come takes it, the other is its
    // residual.
    while (const Node* next = only_reader(graph, readers, last->output)) {
      if (replacements.cover(*next) || !absorb(graph, fusion, *next, last->output)) break;
      inner.push_back(last);
      last = next;
    }
    if (!inner.empty())
      replacements.add(*last, std::move(fusion.convolution), std::move(fusion.inputs), inner);
  }
  return replacements.apply(graph);
}

}  // namespace fovea
