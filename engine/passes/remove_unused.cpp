#include "engine/passes/passes.h"
#include "engine/passes/rewriter.h"

namespace fovea {

Result<Graph> remove_unused(const Graph& graph) {
  std::vector<bool> used(graph.values().size(), false);
  used[static_cast<size_t>(graph.output())] = true;
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    if (!used[static_cast<size_t>(node->output)]) continue;
    for (const ValueId id : node->inputs) used[static_cast<size_t>(id)] = true;
  }
  Rewriter rewriter(graph);
  for (const Node& node : graph.nodes()) {
    if (used[static_cast<size_t>(node.output)]) FOVEA_TRY(rewriter.copy(node));
  }
  return rewriter.finish();
}

}  // namespace fovea
