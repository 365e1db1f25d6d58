// A step that runs on a CUDA device.
#pragma once

#include <span>

#include "engine/backend.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// Enqueues its work and returns.
class CudaStep : public Step {
 public:
  /// Rows `rows` of `output` from the rows of `inputs` that rows_needed() names. `scratch` is
  /// scratch_floats() long, in device memory. The bits of a row do not depend on the rows it is
  /// computed with. Nothing is allocated and nothing waited for.
  virtual CudaError enqueue(std::span<const DeviceMap> inputs, const DeviceMap& output,
                            RowRange rows, void* scratch, Stream stream) const = 0;

 protected:
  using Step::Step;
};

using CudaOperatorStep = OperatorStepOf<CudaStep>;

}  // namespace fovea::cuda
