// GlobalAverage and GroupNormFactors: one pixel from a whole map.
#pragma once

#include "engine/backend.h"

namespace fovea::cpu {

/// The step of `node`; none (a null pointer) for other operators.
Result<std::unique_ptr<Step>> make_statistics_step(const Graph& graph, const Node& node);

}  // namespace fovea::cpu
