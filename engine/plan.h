// Plan: a graph, a picture's size and a memory ceiling become the height of the bands and a place
// in one arena for every map.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/backend.h"
#include "engine/map_plan.h"
#include "engine/sample_type.h"

namespace fovea {

struct PlanOptions {
  int64_t band_height = 0;     ///< input rows; 0: automatic
  int64_t memory_ceiling = 0;  ///< bytes for the arena; 0: no ceiling
  int threads = 1;
  SampleType row_type = SampleType::kF32;  ///< of rows on their way to and from a device

  bool operator==(const PlanOptions&) const = default;
};

/// What plans are compared by: the least is chosen.
using PlanCost = std::function<double(const Plan&)>;

/// Plans `steps` of `graph` for an input of `input` pixels. Automatic: the whole picture at once or
/// bands of a few rows, whichever keeps less (maps of a shallow network take turns in two buffers,
/// those of a deep one are alive together); with a `cost`, the cheapest of the whole picture, its
/// halves, quarters and so on that is not over the ceiling. Lower bands where all are. Maps share
/// memory by the time they live. kMemory when even one-row bands, or the bands asked for, are over
/// the ceiling.
Result<Plan> make_plan(const Graph& graph, const Steps& steps, Size input,
                       const PlanOptions& options, const MapStorage& storage = {},
                       const PlanCost& cost = {});

}  // namespace fovea
