#include "kernels/cpu/tile_block.h"

#include <unistd.h>

#include <algorithm>

#include "engine/rounding.h"
#include "kernels/cpu/kernel_table.h"

namespace fovea::cpu {
namespace {

// The least that a processor with AVX2 has.
constexpr int64_t kSmallCache = 256 << 10;

// Both register blocks (6 and 12 tiles) divide it.
constexpr int64_t kFullRegisters = 12;
constexpr int64_t kMostTiles = 60;

int64_t second_level_cache() {
  const long size = sysconf(_SC_LEVEL2_CACHE_SIZE);
  return size > 0 ? size : kSmallCache;
}

}  // namespace

int64_t tile_block(int64_t kernel, int64_t channels) {
  static const int64_t cache = second_level_cache();
  const int64_t tile_bytes =
      winograd_frequencies(kernel) * channels * static_cast<int64_t>(sizeof(float));
  const int64_t tiles = cache / 2 / tile_bytes;
  return std::clamp(tiles - tiles % kFullRegisters, kFullRegisters, kMostTiles);
}

void share_tiles(ThreadTeam& team, int64_t first, int64_t last, int64_t block,
                 const std::function<void(int64_t, int64_t, int)>& work) {
  const int64_t tiles = last - first;
  const int64_t items = ceil_divide(ceil_divide(tiles, team.size()), block) * team.size();
  team.run(items, [&](int64_t item, int thread) {
    work(first + tiles * item / items, first + tiles * (item + 1) / items, thread);
  });
}

}  // namespace fovea::cpu
