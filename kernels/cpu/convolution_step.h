// Convolutions of a graph as steps over the CPU kernels.
#pragma once

#include <memory>

#include "engine/backend.h"
#include "kernels/cpu/kernel_table.h"

namespace fovea::cpu {

/// The step for `node`, a Convolution of `graph`, by the kernel that suits its shape; none (a null
/// pointer) for shapes that only the reference has: several groups, kernels wider than the direct
/// one takes, more residuals than EpilogueArgs holds.
Result<std::unique_ptr<Step>> make_convolution_step(const Graph& graph, const Node& node,
                                                    const KernelTable& kernels);

/// The step for `node`, a ShuffleConvolution, where a kernel convolves and shuffles at once, which
/// Winograd's does; none (a null pointer) for other shapes.
Result<std::unique_ptr<Step>> make_shuffle_convolution_step(const Graph& graph, const Node& node,
                                                            const KernelTable& kernels);

}  // namespace fovea::cpu
