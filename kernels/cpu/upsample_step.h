// Nearest x2 and a 3x3 convolution in one, over the CPU kernels.
#pragma once

#include <memory>

#include "engine/backend.h"
#include "kernels/cpu/kernel_table.h"

namespace fovea::cpu {

/// The step for `node`, an UpsampleConvolution of `graph`, by Winograd F(7x7, 2x2).
Result<std::unique_ptr<Step>> make_upsample_step(const Graph& graph, const Node& node,
                                                 const KernelTable& kernels);

}  // namespace fovea::cpu
