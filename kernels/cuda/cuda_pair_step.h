// Two 3x3 convolutions as one step: the end of RRDBNet.
#pragma once

#include "kernels/cuda/cuda_chain_step.h"

namespace fovea::cuda {

/// Whether the first two of `chain` are what conv_pair_wgmma.h computes, on a device and in a type
/// for which it does.
bool is_pair(const DeviceContext& context, const Graph& graph, const NodeChain& chain);

/// The step of a chain of two. kMemory or kDevice where the weights do not reach the device.
Result<std::unique_ptr<Step>> make_pair_step(const DeviceContext& context, const Graph& graph,
                                             const NodeChain& chain);

}  // namespace fovea::cuda
