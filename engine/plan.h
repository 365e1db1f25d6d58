// Plan: a graph, a picture's size and a memory ceiling become the height of the bands and a place
// in one arena for every map.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/backend.h"

namespace fovea {

/// Where one map lies in the arena.
struct MapPlan {
  int64_t offset = 0;  // floats from the arena's start
  int64_t ring_rows =
      0;  // rows kept; the map's height when it is whole. 0: not a root, see Value::placement
  int64_t pixel_stride = 0;  // floats
  int64_t row_stride = 0;    // floats, a multiple of a cache line
  int64_t born = 0;   // first and last piece of the sweep that writes or reads it: maps whose
  int64_t died = -1;  // lives do not meet may share memory
  ValueId in_place_of = kNoValue;  // the map that this one overwrites as it comes to be
};

/// How a picture of one size is run.
struct Plan {
  std::vector<Size> sizes;    // by ValueId
  std::vector<MapPlan> maps;  // by ValueId, filled for placement roots
  int64_t band_height = 0;    // input rows a band
  int64_t bands = 0;
  int64_t scratch_offset = 0;  // floats from the arena's start, behind the maps
  int64_t scratch_floats = 0;  // for one step at a time
  int64_t arena_floats = 0;    // maps and scratch

  int64_t arena_bytes() const { return arena_floats * static_cast<int64_t>(sizeof(float)); }
};

struct PlanOptions {
  int64_t band_height = 0;     ///< input rows; 0: automatic
  int64_t memory_ceiling = 0;  ///< bytes for the arena; 0: no ceiling
  int threads = 1;

  bool operator==(const PlanOptions&) const = default;
};

/// Plans `steps` of `graph` for an input of `input` pixels. Automatic: the whole picture at once or
/// bands of a few rows, whichever keeps less (maps of a shallow network take turns in two buffers,
/// those of a deep one are alive together), lower bands where that is over the ceiling. Maps share
/// memory by the time they live. kMemory when even one-row bands, or the bands asked for, are over
/// the ceiling.
Result<Plan> make_plan(const Graph& graph, const Steps& steps, Size input,
                       const PlanOptions& options);

/// The view of a value's map in an arena laid out by `plan`.
TensorView map_view(const Graph& graph, const Plan& plan, float* arena, ValueId value);

}  // namespace fovea
