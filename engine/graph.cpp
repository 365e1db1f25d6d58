#include "engine/graph.h"

#include <fmt/format.h>

#include <set>

#include "engine/value_inference.h"

namespace fovea {
ValueId Graph::add_input(int64_t channels, std::string name) {
  input_ = static_cast<ValueId>(values_.size());
  values_.push_back({std::move(name), channels, Scale{1, 1}, {input_, 0}});
  output_ = input_;
  return input_;
}

ParameterId Graph::add_parameter(WeightTensor tensor) {
  parameters_.push_back(std::move(tensor));
  return static_cast<ParameterId>(parameters_.size() - 1);
}

Result<ValueId> Graph::add(Operator op, std::vector<ValueId> inputs, std::string name) {
  const auto refuse = [&](const Error& error) {
    return fail(ErrorCode::kModel, "{} {}: {}", operator_name(op), name, error.message);
  };
  for (const ValueId id : inputs) {
    if (id < 0 || static_cast<size_t>(id) >= values_.size())
      return refuse({ErrorCode::kModel, fmt::format("value {} does not exist", id)});
  }
  auto value = infer_value(*this, op, inputs);
  if (!value) return refuse(value.error());

  const auto id = static_cast<ValueId>(values_.size());
  value->name = name;
  value->placement = {id, 0};
  values_.push_back(std::move(*value));
  nodes_.push_back({std::move(name), std::move(op), std::move(inputs), id});
  output_ = id;
  return id;
}

std::vector<ParameterId> parameters_of(const Operator& op) {
  std::vector<ParameterId> ids;
  visit_parameters(op, [&](ParameterId id) { ids.push_back(id); });
  return ids;
}

int64_t parameter_count(const Graph& graph) {
  std::set<ParameterId> read;
  for (const Node& node : graph.nodes()) {
    for (const ParameterId id : parameters_of(node.op)) read.insert(id);
  }
  int64_t count = 0;
  for (const ParameterId id : read) count += graph.parameter(id).element_count();
  return count;
}

}  // namespace fovea
