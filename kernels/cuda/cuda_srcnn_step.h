// SRCNN 9-1-5 as one step.
#pragma once

#include "kernels/cuda/cuda_chain_step.h"

namespace fovea::cuda {

/// Whether `chain` is what srcnn.h computes, on a device and in a type for which it does.
bool is_srcnn(const DeviceContext& context, const Graph& graph, const NodeChain& chain);

/// Its step. kMemory or kDevice where the weights do not reach the device.
Result<std::unique_ptr<Step>> make_srcnn_step(const DeviceContext& context, const Graph& graph,
                                              const NodeChain& chain);

}  // namespace fovea::cuda
