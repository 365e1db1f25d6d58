// Every operator but the convolutions as a step over its CUDA kernel.
#pragma once

#include <memory>

#include "kernels/cuda/cuda_step.h"
#include "kernels/ops.h"

namespace fovea::cuda {

/// Whether `node` of `graph` runs on a CUDA device: false for operators that see the whole picture,
/// whose result they broadcast, or that change a map's margins.
bool has_operator_kernel(const Graph& graph, const Node& node);

/// The step for `node` of `graph`, not a convolution of any kind. kModel for parameters that are
/// not floating point, kMemory or kDevice where they do not reach the device; kDevice, naming the
/// operator, where it has no kernel.
Result<std::unique_ptr<Step>> make_operator_step(const DeviceContext& context, const Graph& graph,
                                                 const Node& node);

}  // namespace fovea::cuda
