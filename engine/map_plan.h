// Plan: where every map of a graph lies for a picture of one size. make_plan (engine/plan.h) makes
// it, an Executor runs by it.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/graph.h"
#include "engine/tensor.h"

namespace fovea {

/// How a device stores the pixels of a map.
struct MapStorage {
  /// Channels that lie side by side: all of a pixel's (0), or this many, in planes of which each
  /// holds all rows.
  int64_t plane_channels = 0;
  int64_t value_bytes = 4;

  bool operator==(const MapStorage&) const = default;
};

/// Where one map lies in the arena. Strides are in units of four bytes, as offsets are.
struct MapPlan {
  int64_t offset = 0;  // floats from the arena's start, a multiple of kMapAlignment
  int64_t ring_rows =
      0;  // rows kept; the map's height when it is whole. 0: not a root, see Value::placement
  int64_t pixel_stride = 0;
  int64_t row_stride = 0;    // a multiple of a cache line
  int64_t plane_stride = 0;  // ring_rows * row_stride
  int64_t floats = 0;        // of all planes
  int64_t born = 0;   // first and last piece of the sweep that writes or reads it: maps whose
  int64_t died = -1;  // lives do not meet may share memory
  ValueId in_place_of = kNoValue;  // the map that this one overwrites as it comes to be

  static constexpr int64_t kMapAlignment = 32;  // 128 bytes: what a bulk copy engine asks for
};

/// How a picture of one size is run.
struct Plan {
  std::vector<Size> sizes;    // by ValueId
  std::vector<MapPlan> maps;  // by ValueId, filled for placement roots
  MapStorage storage;
  int64_t band_height = 0;  // input rows a band
  int64_t bands = 0;
  int64_t scratch_offset = 0;  // floats from the arena's start, behind the maps
  int64_t scratch_floats = 0;  // for one step at a time
  int64_t arena_floats = 0;    // maps and scratch

  int64_t arena_bytes() const { return arena_floats * static_cast<int64_t>(sizeof(float)); }
};

/// The view of a value's map in an arena on the host (plane_channels 0) laid out by `plan`.
TensorView map_view(const Graph& graph, const Plan& plan, float* arena, ValueId value);

}  // namespace fovea
