// Dense blocks over tile registers.
#pragma once

#include <memory>

#include "engine/backend.h"
#include "kernels/cpu/amx/tile_weights.h"

namespace fovea::cpu {

/// The step for `node`, a DenseBlock of `graph` (3x3 convolutions of one group, as
/// passes/fuse_dense_block makes them); none (a null pointer) where its last convolution has more
/// residuals than EpilogueArgs holds.
Result<std::unique_ptr<Step>> make_amx_dense_block_step(const Graph& graph, const Node& node,
                                                        const TileKernels& kernels,
                                                        TilePrecision precision);

}  // namespace fovea::cpu
