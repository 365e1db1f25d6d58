// What an operator makes of the channels and scales of its inputs.
#pragma once

#include <vector>

#include "engine/graph.h"

namespace fovea {

/// The value that `op` makes of `inputs`, which are values of `graph`; its name and placement are
/// the caller's to fill. kModel, saying what does not fit its contract.
Result<Value> infer_value(const Graph& graph, const Operator& op,
                          const std::vector<ValueId>& inputs);

}  // namespace fovea
