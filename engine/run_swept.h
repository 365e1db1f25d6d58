// The swept runner: a plan carried out, band by band, in one arena.
#pragma once

#include <functional>

#include "engine/plan.h"
#include "engine/progress.h"
#include "engine/thread_team.h"

namespace fovea {

/// Writes rows `rows` of the input map. Called with rows in order, each once.
using RowSource = std::function<Status(RowRange rows, TensorView input)>;

/// Takes rows `rows` of the output map, in order, each once; they are gone when it returns.
using RowSink = std::function<Status(RowRange rows, ConstTensorView output)>;

/// Runs `steps` of `graph` by `plan` in `arena` (plan.arena_floats floats, any contents). The
/// output is that of run_whole, bit for bit, whatever the band height. kCancelled when `progress`
/// said so, else what source or sink returned. Where asked, the time each step took is added to
/// `step_ms`, by step.
Status run_swept(const Graph& graph, const Steps& steps, const Plan& plan, float* arena,
                 ThreadTeam& team, const RowSource& source, const RowSink& sink,
                 const Progress& progress = {}, std::vector<double>* step_ms = nullptr);

}  // namespace fovea
