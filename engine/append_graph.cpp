#include "engine/append_graph.h"

#include <vector>

namespace fovea {

Result<ValueId> append_graph(Graph& graph, ValueId value, const Graph& next,
                             const std::string& prefix) {
  const int64_t given = graph.value(value).channels;
  const int64_t taken = next.value(next.input()).channels;
  if (given != taken)
    return fail(ErrorCode::kModel, "{} channels where {} are taken", given, taken);
  const auto first = static_cast<ParameterId>(graph.parameters().size());
  for (const WeightTensor& parameter : next.parameters()) graph.add_parameter(parameter);
  std::vector<ValueId> values(next.values().size(), kNoValue);
  values[static_cast<size_t>(next.input())] = value;
  for (const Node& node : next.nodes()) {
    Operator op = node.op;
    visit_parameters(op, [first](ParameterId& id) { id += first; });
    std::vector<ValueId> inputs;
    for (const ValueId id : node.inputs) inputs.push_back(values[static_cast<size_t>(id)]);
    FOVEA_ASSIGN_OR_RETURN(values[static_cast<size_t>(node.output)],
                           graph.add(std::move(op), std::move(inputs), prefix + node.name));
  }
  return values[static_cast<size_t>(next.output())];
}

}  // namespace fovea
