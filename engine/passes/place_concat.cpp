#include <algorithm>
#include <vector>

#include "engine/passes/passes.h"
#include "engine/passes/rewriter.h"

namespace fovea {
namespace {

// True when the inputs of `concat` already lie one after the other in one map: then its output is a
// view of them.
bool lies_together(const Graph& graph, const Node& concat) {
  const Placement first = graph.value(concat.inputs[0]).placement;
  int64_t offset = first.channel_offset;
  for (const ValueId id : concat.inputs) {
    const Value& input = graph.value(id);
    if (input.placement.root != first.root || input.placement.channel_offset != offset)
      return false;
    offset += input.channels;
  }
  return true;
}

}  // namespace

Result<Graph> place_concat(const Graph& graph, int64_t granule) {
  Graph placed = graph;
  std::vector<const Node*> concats;
  for (const Node& node : graph.nodes()) {
    if (std::holds_alternative<Concat>(node.op)) concats.push_back(&node);
  }
  // Widest first: in a dense block each concat is a prefix of the next, and all become views of the
  // last.
  std::stable_sort(concats.begin(), concats.end(), [&](const Node* a, const Node* b) {
    return graph.value(a->output).channels > graph.value(b->output).channels;
  });

  // A value may move into another map only while nothing has moved into its own.
  std::vector<bool> holds_others(graph.values().size(), false);
  for (const Node* concat : concats) {
    const Placement own = placed.value(concat->output).placement;
    if (concat->inputs.size() > 1 && own.root == concat->output && lies_together(placed, *concat)) {
      placed.set_placement(concat->output, placed.value(concat->inputs[0]).placement);
      continue;
    }
    int64_t offset = own.channel_offset;
    for (const ValueId id : concat->inputs) {
      const bool at_home = placed.value(id).placement.root == id;
      if (at_home && !holds_others[static_cast<size_t>(id)] && offset % granule == 0) {
        placed.set_placement(id, {own.root, offset});
        holds_others[static_cast<size_t>(own.root)] = true;
      }
      offset += graph.value(id).channels;
    }
  }
  return placed;
}

}  // namespace fovea
