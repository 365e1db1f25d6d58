// Convolutions as steps over the CUDA kernels, each by the fastest that has its shape.
#pragma once

#include <memory>

#include "kernels/cuda/cuda_step.h"

namespace fovea::cuda {

/// The step for `node`, a Convolution of `graph`. kModel for weights that are not floating point,
/// kMemory or kDevice where they do not reach the device.
Result<std::unique_ptr<Step>> make_convolution_step(const DeviceContext& context,
                                                    const Graph& graph, const Node& node);

/// Whether there is a kernel for an UpsampleConvolution in maps of the context's type.
bool has_upsample_kernel(const DeviceContext& context, int64_t in_channels, int64_t out_channels);

/// The same for an UpsampleConvolution that there is a kernel for.
Result<std::unique_ptr<Step>> make_upsample_step(const DeviceContext& context, const Graph& graph,
                                                 const Node& node);

}  // namespace fovea::cuda
