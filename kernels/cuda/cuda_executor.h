// Runs CudaSteps on a device.
#pragma once

#include <memory>

#include "engine/executor.h"
#include "kernels/cuda/device_context.h"

namespace fovea::cuda {

/// The executor of steps that were lowered with the same context.
std::unique_ptr<Executor> make_cuda_executor(std::shared_ptr<const DeviceContext> context);

}  // namespace fovea::cuda
