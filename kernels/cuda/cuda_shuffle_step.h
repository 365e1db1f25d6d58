// A last convolution, its pixel shuffle and the base added to it, as one step.
#pragma once

#include <memory>

#include "kernels/cuda/cuda_step.h"

namespace fovea::cuda {

/// Whether shuffle_mma.h computes `op` in maps of the context's type.
bool has_shuffle_kernel(const DeviceContext& context, const ShuffleConvolution& op,
                        int64_t in_channels);

/// The step for `node`, a ShuffleConvolution of `graph` with such a kernel. kModel for weights that
/// are not floating point, kMemory or kDevice where they do not reach the device.
Result<std::unique_ptr<Step>> make_shuffle_step(const DeviceContext& context, const Graph& graph,
                                                const Node& node);

}  // namespace fovea::cuda
