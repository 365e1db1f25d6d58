#include "engine/plan.h"

#include <algorithm>
#include <limits>

#include "engine/sweep.h"

namespace fovea {
namespace {

constexpr int64_t kLineFloats = 16;                    // a cache line of 64 bytes
constexpr int64_t kMaxArenaFloats = int64_t{1} << 44;  // 64 TiB: keeps sums of sizes in 64 bits
constexpr int64_t kUntil = std::numeric_limits<int64_t>::max();

int64_t round_up(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// What one walk of the sweep tells about a map: the rows to keep and when it lives, in pieces of
// work.
struct Life {
  int64_t ring_rows = 0;
  int64_t born = kUntil;
  int64_t died = -1;
};

ValueId root_of(const Graph& graph, ValueId value) { return graph.value(value).placement.root; }

std::vector<std::vector<ValueId>> members_of_roots(const Graph& graph) {
  std::vector<std::vector<ValueId>> members(graph.values().size());
  for (size_t v = 0; v < graph.values().size(); ++v) {
    const auto id = static_cast<ValueId>(v);
    members[static_cast<size_t>(root_of(graph, id))].push_back(id);
  }
  return members;
}

std::vector<Life> walk(const Graph& graph, const Steps& steps, const std::vector<Size>& sizes,
                       int64_t band_height) {
  const auto members = members_of_roots(graph);
  std::vector<Life> lives(graph.values().size());
  Sweep sweep(graph, steps, sizes, band_height);
  SweepPiece piece;
  for (int64_t time = 0; sweep.next(piece); ++time) {
    const bool is_input = piece.step == SweepPiece::kInput;
    const ValueId output =
        is_input ? graph.input() : steps[static_cast<size_t>(piece.step)]->output();
    // The rows of the output's map that are alive now: from the first that anything still reads (or
    // that is just being written) to the last that exists, over all values that share the map.
    const ValueId root = root_of(graph, output);
    Life& life = lives[static_cast<size_t>(root)];
    int64_t low = piece.rows.begin;
    int64_t high = piece.rows.end;
    for (const ValueId member : members[static_cast<size_t>(root)]) {
      low = std::min(low, sweep.first_needed(member));
      high = std::max(high, sweep.produced(member));
    }
    life.ring_rows = std::max(life.ring_rows, high - low);
    life.born = std::min(life.born, time);
    life.died = std::max(life.died, time);
    if (is_input) continue;
    for (const ValueId input : steps[static_cast<size_t>(piece.step)]->inputs()) {
      Life& read = lives[static_cast<size_t>(root_of(graph, input))];
      read.died = std::max(read.died, time);
    }
  }
  return lives;
}

struct Block {
  ValueId root;
  int64_t floats;
  Life life;
  int64_t offset = 0;
};

// Places blocks in an arena so that two that live at the same time never overlap: largest first,
// each at the lowest gap that holds it. Returns the arena's size.
int64_t place(std::vector<Block>& blocks) {
  std::sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) {
    return a.floats != b.floats ? a.floats > b.floats : a.root < b.root;
  });
  int64_t end = 0;
  std::vector<const Block*> placed;  // by offset
  for (Block& block : blocks) {
    int64_t offset = 0;
    for (const Block* other : placed) {
      const bool meet = block.life.born <= other->life.died && other->life.born <= block.life.died;
      if (!meet || other->offset + other->floats <= offset) continue;
      if (offset + block.floats <= other->offset) break;
      offset = other->offset + other->floats;
    }
    block.offset = offset;
    end = std::max(end, offset + block.floats);
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), &block,
                         [](const Block* a, const Block* b) { return a->offset < b->offset; }),
        &block);
  }
  return end;
}

Result<Plan> plan_bands(const Graph& graph, const Steps& steps, const std::vector<Size>& sizes,
                        int64_t band_height, int threads) {
  const Size input = sizes[static_cast<size_t>(graph.input())];
  Plan plan;
  plan.sizes = sizes;
  plan.maps.resize(sizes.size());
  plan.band_height = std::min(band_height, input.height);
  plan.bands = (input.height + plan.band_height - 1) / plan.band_height;

  const std::vector<Life> lives = walk(graph, steps, sizes, plan.band_height);
  std::vector<Block> blocks;
  double total = 0;
  for (size_t v = 0; v < sizes.size(); ++v) {
    const Life& life = lives[v];
    if (life.died < 0) continue;
    MapPlan& map = plan.maps[v];
    map.pixel_stride = graph.values()[v].channels;
    map.row_stride = round_up(sizes[v].width * map.pixel_stride, kLineFloats);
    map.ring_rows = life.ring_rows;
    total += static_cast<double>(map.row_stride) * static_cast<double>(map.ring_rows);
    if (!(total <= static_cast<double>(kMaxArenaFloats)))
      return fail(ErrorCode::kMemory, "the maps of a {}x{} picture take more than {} TiB",
                  input.width, input.height, kMaxArenaFloats >> 38);
    Block block{static_cast<ValueId>(v), map.row_stride * map.ring_rows, life};
    // With several bands every ring is used in each of them, to the end.
    if (plan.bands > 1) block.life = {life.ring_rows, 0, kUntil};
    blocks.push_back(block);
  }
  plan.scratch_offset = place(blocks);
  for (const Block& block : blocks)
    plan.maps[static_cast<size_t>(block.root)].offset = block.offset;
  for (const auto& step : steps) {
    const Size size = sizes[static_cast<size_t>(step->output())];
    plan.scratch_floats = std::max(plan.scratch_floats, step->scratch_floats(size));
  }
  plan.scratch_floats = round_up(plan.scratch_floats, kLineFloats);
  plan.arena_floats = plan.scratch_offset + plan.scratch_floats * threads;
  return plan;
}

}  // namespace

Result<Plan> make_plan(const Graph& graph, const Steps& steps, Size input,
                       const PlanOptions& options) {
  FOVEA_ASSIGN_OR_RETURN(const std::vector<Size> sizes, infer_sizes(graph, input));
  const auto fits = [&](const Plan& plan) {
    return options.memory_ceiling <= 0 || plan.arena_bytes() <= options.memory_ceiling;
  };
  // Asked for, or whole; then, where the choice is ours, halved until it fits.
  int64_t band_height = options.band_height > 0 ? options.band_height : input.height;
  for (;;) {
    FOVEA_ASSIGN_OR_RETURN(Plan plan,
                           plan_bands(graph, steps, sizes, band_height, options.threads));
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

TensorView map_view(const Graph& graph, const Plan& plan, float* arena, ValueId value) {
  const Value& described = graph.value(value);
  const MapPlan& map = plan.maps[static_cast<size_t>(described.placement.root)];
  const Size size = plan.sizes[static_cast<size_t>(value)];
  return {arena + map.offset + described.placement.channel_offset,
          size.height,
          size.width,
          described.channels,
          map.pixel_stride,
          map.row_stride,
          map.ring_rows};
}

}  // namespace fovea
