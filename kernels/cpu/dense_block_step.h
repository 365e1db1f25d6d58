// Dense blocks on the CPU.
#pragma once

#include <memory>

#include "engine/backend.h"
#include "kernels/cpu/kernel_table.h"

namespace fovea::cpu {

/// The step for `node`, a DenseBlock of `graph` (3x3 convolutions of one group, as
/// passes/fuse_dense_block makes them).
Result<std::unique_ptr<Step>> make_dense_block_step(const Graph& graph, const Node& node,
                                                    const KernelTable& kernels);

}  // namespace fovea::cpu
