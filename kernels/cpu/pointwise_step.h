// Activations, sums, products, affine maps and clamps over vectors.
#pragma once

#include <memory>

#include "engine/backend.h"
#include "kernels/cpu/kernel_table.h"

namespace fovea::cpu {

/// The step for `node` of `graph`; none (a null pointer) for other operators and for sums of more
/// than PointwiseArgs::kMaxInputs. kModel for parameters that are not floating point.
Result<std::unique_ptr<Step>> make_pointwise_step(const Graph& graph, const Node& node,
                                                  const KernelTable& kernels);

}  // namespace fovea::cpu
