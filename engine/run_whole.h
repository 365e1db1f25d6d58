// The plain way to run a network: every value a whole map of its own, one step after the other. No
// plan, no placement, no bands: obviously correct, and what tests hold the swept runner to.
#pragma once

#include <functional>

#include "engine/backend.h"

namespace fovea {

/// The output of `graph` as it is (no passes) for one input map (H, W, C). `on_map` is called with
/// each map when it has been computed, the input too, and may change it.
Result<Tensor> run_whole(const Backend& backend, const Graph& graph, const Tensor& input,
                         const std::function<void(Tensor& map)>& on_map = {});

}  // namespace fovea
