// GraphBuilder's norms, and what lets a family use an operator that has no method of its own.
#include "loaders/architectures/graph_builder.h"

namespace fovea {

ValueId GraphBuilder::layer_norm(ValueId x, const std::string& name, double epsilon) {
  const int64_t count = channels(x);
  const ChannelNorm norm{true, epsilon, parameter(name + ".weight", {count}),
                         parameter(name + ".bias", {count})};
  return append(norm, {x}, name);
}

ValueId GraphBuilder::group_norm(ValueId x, const std::string& name, int64_t groups,
                                 double epsilon) {
  const int64_t count = channels(x);
  const GroupNormFactors norm{groups, epsilon, parameter(name + ".weight", {count}),
                              parameter(name + ".bias", {count})};
  const ValueId factors = append(norm, {x}, name);
  const ValueId scale = slice(factors, 0, count, name + ".scale");
  const ValueId shift = slice(factors, count, count, name + ".shift");
  return add(multiply(x, scale, name + ".multiply"), 1.0f, shift, 1.0f, name + ".add");
}

ValueId GraphBuilder::apply(Operator op, const std::vector<ValueId>& inputs,
                            const std::string& name) {
  return append(std::move(op), inputs, name);
}

ParameterId GraphBuilder::parameter(const std::string& name, const std::vector<int64_t>& shape) {
  const WeightTensor* tensor = take(name);
  // Where the value it goes with could not be made, its shape is not known either.
  for (const int64_t length : shape) {
    if (length == 0) return kNoParameter;
  }
  if (tensor == nullptr || !check(*tensor, shape)) return kNoParameter;
  return graph_.add_parameter(*tensor);
}

}  // namespace fovea
