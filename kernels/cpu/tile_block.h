// How many tiles of a Winograd convolution are transformed and multiplied together.
#pragma once

#include <cstdint>
#include <functional>

#include "engine/thread_team.h"

namespace fovea::cpu {

/// Tiles a block where `channels` channels of transformed input and of products are in work for a
/// tile: as many as half of this machine's second-level cache holds, beside the weights that stream
/// by. Each weight is read once a block, so larger blocks read fewer. Never changes a bit of the
/// result.
int64_t tile_block(int64_t kernel, int64_t channels);

/// Calls work(begin, end, thread) for tiles [first, last) in items of at most `block` tiles, as
/// many items for one thread of the team as for the other.
void share_tiles(ThreadTeam& team, int64_t first, int64_t last, int64_t block,
                 const std::function<void(int64_t, int64_t, int)>& work);

}  // namespace fovea::cpu
