// One operator as a step over its reference kernel, for the reference backend and for what other
// backends leave to it.
#pragma once

#include <memory>

#include "engine/backend.h"

namespace fovea {

Result<std::unique_ptr<Step>> make_reference_step(const Graph& graph, const Node& node,
                                                  ReferenceAccumulator accumulator);

}  // namespace fovea
