#include "engine/passes/passes.h"
#include "engine/passes/rewriter.h"

namespace fovea {
namespace {

// Nodes between a reader and the last one. A trunk of that many keeps whole maps alive; what is
// computed again costs less than a hundredth of it.
constexpr size_t kLong = 12;

bool is_first_layer(const Graph& graph, const Node& node) {
  const auto* convolution = std::get_if<Convolution>(&node.op);
  return convolution != nullptr && node.inputs == std::vector<ValueId>{graph.input()} &&
         convolution->out_channels > graph.value(graph.input()).channels;
}

}  // namespace

Result<Graph> recompute_first(const Graph& graph) {
  const auto readers = readers_of_values(graph);
  // By node: the layer to compute again just before it.
  std::vector<const Node*> again(graph.nodes().size(), nullptr);
  for (const Node& node : graph.nodes()) {
    const auto& reading = readers[static_cast<size_t>(node.output)];
    if (!is_first_layer(graph, node) || node.output == graph.output() || reading.size() < 2)
      continue;
    const size_t last = reading.back();
    if (last - reading[reading.size() - 2] >= kLong) again[last] = &node;
  }
  Rewriter rewriter(graph);
  for (size_t n = 0; n < graph.nodes().size(); ++n) {
    if (again[n] != nullptr) FOVEA_TRY(rewriter.copy(*again[n]));
    FOVEA_TRY(rewriter.copy(graph.nodes()[n]));
  }
  return rewriter.finish();
}

}  // namespace fovea
