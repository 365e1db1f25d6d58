// The swept runner: a plan carried out, band by band, in one arena.
#pragma once

#include <vector>

#include "engine/plan.h"
#include "engine/progress.h"

namespace fovea {

/// Runs `steps` of `graph` by `plan` on `executor`. The output is that of run_whole, bit for bit,
/// whatever the band height. kCancelled when `progress` said so, else what source, sink or executor
/// returned. Where asked, the time each step took is added to `step_ms`, by step.
Status run_swept(const Graph& graph, const Steps& steps, const Plan& plan, Executor& executor,
                 const RowSource& source, const RowSink& sink, const Progress& progress = {},
                 std::vector<double>* step_ms = nullptr);

}  // namespace fovea
