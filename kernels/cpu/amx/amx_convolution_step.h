// Convolutions of a graph as steps over tile registers.
#pragma once

#include <memory>

#include "engine/backend.h"
#include "kernels/cpu/amx/tile_weights.h"

namespace fovea::cpu {

/// The step for `node`, a Convolution of `graph`; none (a null pointer) for shapes that other
/// kernels suit better or that have none here: several groups, fewer than 8 channels on either
/// side, kernels wider than kMaxDirectKernel, more residuals than EpilogueArgs holds.
Result<std::unique_ptr<Step>> make_amx_convolution_step(const Graph& graph, const Node& node,
                                                        const TileKernels& kernels,
                                                        TilePrecision precision);

}  // namespace fovea::cpu
