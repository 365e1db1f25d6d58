// Every operator but the convolutions as a step over its CUDA kernel.
#pragma once

#include <memory>

#include "kernels/cuda/cuda_step.h"
#include "kernels/ops.h"

namespace fovea::cuda {

/// The step for `node` of `graph`, not a convolution of any kind. kModel for parameters that are
/// not floating point, kMemory or kDevice where they do not reach the device.
Result<std::unique_ptr<Step>> make_operator_step(const DeviceContext& context, const Graph& graph,
                                                 const Node& node);

}  // namespace fovea::cuda
