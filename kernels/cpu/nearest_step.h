// Nearest resizing as copies.
#pragma once

#include <memory>

#include "engine/backend.h"

namespace fovea::cpu {

/// The step for `node`, a Resize of `graph` by the nearest filter: whole pixels copied, with the
/// reference's bits.
std::unique_ptr<Step> make_nearest_step(const Graph& graph, const Node& node);

}  // namespace fovea::cpu
