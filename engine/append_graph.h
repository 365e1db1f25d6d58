// One graph behind another.
#pragma once

#include <string>

#include "engine/graph.h"

namespace fovea {

/// Adds the parameters and nodes of `next` to `graph`, `value` in the place of its input; the value
/// that stands for its output. Names of nodes get `prefix`. kModel where `value` has other channels
/// than that input.
Result<ValueId> append_graph(Graph& graph, ValueId value, const Graph& next,
                             const std::string& prefix = {});

}  // namespace fovea
