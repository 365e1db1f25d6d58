#include <map>
#include <set>

#include "engine/passes/passes.h"
#include "engine/passes/rewriter.h"

namespace fovea {
namespace {

// A convolution that grows by the nodes that follow it.
struct Fusion {
  Convolution convolution;
  std::vector<ValueId> inputs;
  const Node* last = nullptr;  // the node it takes the place of
};

// Draws `next`, the only reader of the fusion's value `value`, into the epilogue if it fits there.
bool absorb(Fusion& fusion, const Node& next, ValueId value) {
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
    convolution.residuals.push_back({sum->scales[own], sum->scales[1 - own]});
    fusion.inputs.push_back(next.inputs[1 - own]);
    return true;
  }
  return false;
}

}  // namespace

Result<Graph> fuse_epilogue(const Graph& graph) {
  const auto readers = readers_of_values(graph);
  std::map<const Node*, Fusion> fusions;  // by the node they take the place of
  std::set<const Node*> absorbed;
  for (const Node& node : graph.nodes()) {
    const auto* convolution = std::get_if<Convolution>(&node.op);
    if (convolution == nullptr) continue;
    Fusion fusion{*convolution, node.inputs, &node};
    std::set<const Node*> chain{&node};
    // Two convolutions may feed one addition: the first to come takes it, the other is its
    // residual.
    while (const Node* next = only_reader(graph, readers, fusion.last->output)) {
      if (absorbed.contains(next) || !absorb(fusion, *next, fusion.last->output)) break;
      fusion.last = next;
      chain.insert(next);
    }
    chain.erase(fusion.last);
    absorbed.insert(chain.begin(), chain.end());
    if (fusion.last != &node) absorbed.insert(fusion.last);
    fusions.emplace(fusion.last, std::move(fusion));
  }

  Rewriter rewriter(graph);
  for (const Node& node : graph.nodes()) {
    // The fused node stands where the last of its parts stood, when all its residuals are there.
    if (const auto fusion = fusions.find(&node); fusion != fusions.end()) {
      FOVEA_TRY(
          rewriter.emit(fusion->second.convolution, fusion->second.inputs, node.output, node.name));
    } else if (!absorbed.contains(&node)) {
      FOVEA_TRY(rewriter.copy(node));
    }
  }
  return rewriter.finish();
}

}  // namespace fovea
