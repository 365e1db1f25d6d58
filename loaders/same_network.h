// Whether two graphs are the same network.
#pragma once

#include <optional>
#include <string>

#include "engine/graph.h"

namespace fovea {

/// Where `other` computes something else than `graph`, or its weights have other values, for people
/// to read; no value where they are the same, node by node, once both are rewritten alike. Graphs
/// that are equal but written otherwise (a sum of the same maps in another order) may differ.
Result<std::optional<std::string>> difference(const Graph& graph, const Graph& other);

}  // namespace fovea
