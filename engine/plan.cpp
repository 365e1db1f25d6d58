#include "engine/plan.h"

#include <algorithm>
#include <optional>

#include "engine/rounding.h"
#include "engine/sweep.h"

namespace fovea {
namespace {

constexpr int64_t kLineFloats = 16;  // a cache line of 64 bytes
// Two rows of the largest tiles that kernels work in (6 pixels): lower bands leave threads idle,
// higher ones keep more rows and are no faster.
constexpr int64_t kUsualBand = 12;
constexpr int64_t kMaxArenaFloats = int64_t{1} << 44;  // 64 TiB: keeps sums of sizes in 64 bits

ValueId root_of(const Graph& graph, ValueId value) { return graph.value(value).placement.root; }

std::vector<std::vector<ValueId>> members_of_roots(const Graph& graph) {
  std::vector<std::vector<ValueId>> members(graph.values().size());
  for (size_t v = 0; v < graph.values().size(); ++v) {
    const auto id = static_cast<ValueId>(v);
    members[static_cast<size_t>(root_of(graph, id))].push_back(id);
  }
  return members;
}

// What one walk of the sweep tells about maps: the rows to keep, and when each lives.
std::vector<MapPlan> walk(const Graph& graph, const Steps& steps, const std::vector<Size>& sizes,
                          int64_t band_height) {
  const auto members = members_of_roots(graph);
  std::vector<MapPlan> maps(graph.values().size());
  Sweep sweep(graph, steps, sizes, band_height);
  SweepPiece piece;
  for (int64_t time = 0; sweep.next(piece); ++time) {
    const bool is_input = piece.step == SweepPiece::kInput;
    const ValueId output =
        is_input ? graph.input() : steps[static_cast<size_t>(piece.step)]->output();
    // The rows of the output's map that are alive now: from the first that anything still reads (or
    // that is just being written) to the last that exists, over all values that share the map.
    const ValueId root = root_of(graph, output);
    MapPlan& map = maps[static_cast<size_t>(root)];
    int64_t low = piece.rows.begin;
    int64_t high = piece.rows.end;
    for (const ValueId member : members[static_cast<size_t>(root)]) {
      low = std::min(low, sweep.first_needed(member));
      high = std::max(high, sweep.produced(member));
    }
    map.ring_rows = std::max(map.ring_rows, high - low);
    if (map.died < 0) map.born = time;
    map.died = time;
    if (is_input) continue;
    for (const ValueId input : steps[static_cast<size_t>(piece.step)]->inputs()) {
      maps[static_cast<size_t>(root_of(graph, input))].died = time;
    }
  }
  return maps;
}

// Finds the maps that may come to be in the place of one that nothing reads afterwards (a residual
// dense block's result in its input's): those get no memory of their own, and the other lives as
// long as they do.
void share_places(const Graph& graph, const Steps& steps, const std::vector<Size>& sizes,
                  std::vector<MapPlan>& maps) {
  const auto members = members_of_roots(graph);
  const auto is_whole = [&](ValueId id) {
    const auto v = static_cast<size_t>(id);
    return members[v] == std::vector<ValueId>{id} && maps[v].ring_rows == sizes[v].height;
  };
  std::vector<ValueId> place(maps.size());  // whose memory a map has
  for (size_t v = 0; v < place.size(); ++v) place[v] = static_cast<ValueId>(v);
  for (const auto& step : steps) {
    const ValueId output = step->output();
    const auto out = static_cast<size_t>(output);
    if (step->row_granule() < sizes[out].height || !is_whole(output)) continue;
    for (size_t i = 0; i < step->inputs().size(); ++i) {
      const ValueId input = step->inputs()[i];
      const auto in = static_cast<size_t>(input);
      if (!step->may_overwrite(i) || !is_whole(input) || maps[in].died != maps[out].born ||
          !(sizes[in] == sizes[out]) || graph.value(input).channels != graph.value(output).channels)
        continue;
      place[out] = place[in];
      maps[out].in_place_of = place[in];
      MapPlan& first = maps[static_cast<size_t>(place[in])];
      first.died = std::max(first.died, maps[out].died);
      break;
    }
  }
}

// Strides of a map `width` pixels wide.
void lay_out(const MapStorage& storage, int64_t width, int64_t channels, MapPlan& map) {
  const int64_t together = storage.plane_channels > 0 ? storage.plane_channels : channels;
  map.pixel_stride = together * storage.value_bytes / static_cast<int64_t>(sizeof(float));
  map.row_stride = round_up(width * map.pixel_stride, kLineFloats);
  map.plane_stride = map.row_stride * map.ring_rows;
}

// Places maps in an arena so that two that live at the same time never overlap: largest first,
// each at the lowest gap that holds it. Returns the arena's size.
int64_t place(std::vector<MapPlan*>& maps) {
  std::stable_sort(maps.begin(), maps.end(),
                   [](const MapPlan* a, const MapPlan* b) { return a->floats > b->floats; });
  int64_t end = 0;
  std::vector<const MapPlan*> placed;  // by offset
  for (MapPlan* map : maps) {
    map->offset = 0;
    for (const MapPlan* other : placed) {
      const bool meet = map->born <= other->died && other->born <= map->died;
      if (!meet || other->offset + other->floats <= map->offset) continue;
      if (map->offset + map->floats <= other->offset) break;
      map->offset = other->offset + other->floats;
    }
    end = std::max(end, map->offset + map->floats);
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), map,
                         [](const MapPlan* a, const MapPlan* b) { return a->offset < b->offset; }),
        map);
  }
  return end;
}

Result<Plan> plan_bands(const Graph& graph, const Steps& steps, const std::vector<Size>& sizes,
                        int64_t band_height, int threads, const MapStorage& storage) {
  const Size input = sizes[static_cast<size_t>(graph.input())];
  Plan plan;
  plan.sizes = sizes;
  plan.storage = storage;
  plan.band_height = std::min(band_height, input.height);
  plan.bands = (input.height + plan.band_height - 1) / plan.band_height;

  plan.maps = walk(graph, steps, sizes, plan.band_height);
  share_places(graph, steps, sizes, plan.maps);
  std::vector<MapPlan*> own;
  double total = 0;
  for (size_t v = 0; v < sizes.size(); ++v) {
    MapPlan& map = plan.maps[v];
    if (map.died < 0) continue;
    const int64_t channels = graph.values()[v].channels;
    const int64_t planes =
        storage.plane_channels > 0 ? ceil_divide(channels, storage.plane_channels) : 1;
    lay_out(storage, sizes[v].width, channels, map);
    if (map.in_place_of != kNoValue) continue;
    total += static_cast<double>(map.row_stride) * static_cast<double>(map.ring_rows) *
             static_cast<double>(planes);
    if (!(total <= static_cast<double>(kMaxArenaFloats)))
      return fail(ErrorCode::kMemory, "the maps of a {}x{} picture take more than {} TiB",
                  input.width, input.height, kMaxArenaFloats >> 38);
    map.floats = round_up(map.plane_stride * planes, MapPlan::kMapAlignment);
    own.push_back(&map);
  }
  plan.scratch_offset = place(own);
  for (MapPlan& map : plan.maps) {
    if (map.in_place_of != kNoValue)
      map.offset = plan.maps[static_cast<size_t>(map.in_place_of)].offset;
  }
  for (const auto& step : steps) {
    const Size size = sizes[static_cast<size_t>(step->output())];
    plan.scratch_floats = std::max(plan.scratch_floats, step->scratch_floats(size, threads));
  }
  plan.arena_floats = plan.scratch_offset + plan.scratch_floats;
  return plan;
}

// Heights of bands that an automatic choice is made of, the whole picture first.
std::vector<int64_t> candidates(int64_t height, bool has_cost) {
  std::vector<int64_t> heights{height};
  if (!has_cost) {
    heights.push_back(kUsualBand);
    return heights;
  }
  while (heights.back() > kUsualBand)
    heights.push_back(std::max(ceil_divide(heights.back(), 2), kUsualBand));
  return heights;
}

}  // namespace

Result<Plan> make_plan(const Graph& graph, const Steps& steps, Size input,
                       const PlanOptions& options, const MapStorage& storage,
                       const PlanCost& cost) {
  FOVEA_ASSIGN_OR_RETURN(const std::vector<Size> sizes, infer_sizes(graph, input));
  const auto plan_for = [&](int64_t band_height) {
    return plan_bands(graph, steps, sizes, band_height, options.threads, storage);
  };
  const auto fits = [&](const Plan& plan) {
    return options.memory_ceiling <= 0 || plan.arena_bytes() <= options.memory_ceiling;
  };
  int64_t band_height = options.band_height;
  if (band_height == 0) {
    std::optional<Plan> best;
    double least = 0;
    for (const int64_t candidate : candidates(input.height, static_cast<bool>(cost))) {
      FOVEA_ASSIGN_OR_RETURN(Plan plan, plan_for(candidate));
      const double price = cost ? cost(plan) : static_cast<double>(plan.arena_floats);
      if (!fits(plan) || (best && !(price < least))) continue;
      least = price;
      best = std::move(plan);
    }
    if (best) return std::move(*best);
    band_height = std::min(kUsualBand, input.height);
  }
  // Where the choice is ours, halved until it fits.
  for (;;) {
    FOVEA_ASSIGN_OR_RETURN(Plan plan, plan_for(band_height));
    if (fits(plan)) return plan;
    if (options.band_height > 0 || band_height == 1) {
      return fail(ErrorCode::kMemory,
                  "bands of {} rows of a {}x{} picture take {} MiB (limit {} MiB); {}", band_height,
                  input.width, input.height, plan.arena_bytes() >> 20, options.memory_ceiling >> 20,
                  options.band_height > 1 ? "leave the band height to the program"
                                          : "free memory or make the picture smaller");
    }
    band_height = (band_height + 1) / 2;
  }
}

}  // namespace fovea
