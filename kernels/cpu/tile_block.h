// How many tiles of a Winograd convolution are transformed and multiplied together.
#pragma once

#include <cstdint>

namespace fovea::cpu {

/// Tiles a block where `channels` channels of transformed input and of products are in work for a
/// tile: as many as half of this machine's second-level cache holds, beside the weights that stream
/// by. Each weight is read once a block, so larger blocks read fewer. Never changes a bit of the
/// result.
int64_t tile_block(int64_t channels);

}  // namespace fovea::cpu
