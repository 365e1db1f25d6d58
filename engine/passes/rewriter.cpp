#include "engine/passes/rewriter.h"

namespace fovea {

Rewriter::Rewriter(const Graph& from)
    : from_(from),
      values_(from.values().size(), kNoValue),
      parameters_(from.parameters().size(), kNoParameter) {
  const Value& input = from.value(from.input());
  values_[static_cast<size_t>(from.input())] = to_.add_input(input.channels, input.name);
}

Status Rewriter::emit(Operator op, const std::vector<ValueId>& inputs, ValueId output,
                      const std::string& name) {
  visit_parameters(op, [&](ParameterId& id) { id = map_parameter(id); });
  std::vector<ValueId> mapped;
  for (const ValueId id : inputs) mapped.push_back(values_[static_cast<size_t>(id)]);
  FOVEA_ASSIGN_OR_RETURN(values_[static_cast<size_t>(output)],
                         to_.add(std::move(op), std::move(mapped), name));
  return {};
}

ParameterId Rewriter::add_parameter(WeightTensor tensor) {
  parameters_.push_back(to_.add_parameter(std::move(tensor)));
  return static_cast<ParameterId>(parameters_.size() - 1);
}

Graph Rewriter::finish() {
  to_.set_output(values_[static_cast<size_t>(from_.output())]);
  return std::move(to_);
}

ParameterId Rewriter::map_parameter(ParameterId id) {
  ParameterId& mapped = parameters_[static_cast<size_t>(id)];
  if (mapped == kNoParameter) mapped = to_.add_parameter(from_.parameter(id));
  return mapped;
}

void Replacements::add(const Node& last, Operator op, std::vector<ValueId> inputs,
                       const std::vector<const Node*>& inner) {
  by_last_.emplace(&last, Replacement{std::move(op), std::move(inputs)});
  replaced_.insert(&last);
  replaced_.insert(inner.begin(), inner.end());
}

Result<Graph> Replacements::apply(const Graph& graph) const {
  Rewriter rewriter(graph);
  for (const Node& node : graph.nodes()) {
    // The new node stands where the last of the old ones stood, when all its inputs are there.
    if (const auto found = by_last_.find(&node); found != by_last_.end()) {
      FOVEA_TRY(rewriter.emit(found->second.op, found->second.inputs, node.output, node.name));
    } else if (!cover(node)) {
      FOVEA_TRY(rewriter.copy(node));
    }
  }
  return rewriter.finish();
}

std::vector<const Node*> producers_of_values(const Graph& graph) {
  std::vector<const Node*> producers(graph.values().size(), nullptr);
  for (const Node& node : graph.nodes()) producers[static_cast<size_t>(node.output)] = &node;
  return producers;
}

std::vector<std::vector<size_t>> readers_of_values(const Graph& graph) {
  std::vector<std::vector<size_t>> readers(graph.values().size());
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    for (const ValueId id : graph.nodes()[i].inputs) readers[static_cast<size_t>(id)].push_back(i);
  }
  return readers;
}

const Node* only_reader(const Graph& graph, const std::vector<std::vector<size_t>>& readers,
                        ValueId value) {
  const auto& nodes = readers[static_cast<size_t>(value)];
  if (nodes.size() != 1 || value == graph.output()) return nullptr;
  return &graph.nodes()[nodes[0]];
}

}  // namespace fovea
