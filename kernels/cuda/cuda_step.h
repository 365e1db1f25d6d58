// A step that runs on a CUDA device.
#pragma once

#include <memory>
#include <span>

#include "engine/backend.h"
#include "kernels/cuda/device_context.h"

namespace fovea::cuda {

/// What a step keeps on the device for maps of one size.
class StepTables {
 public:
  virtual ~StepTables() = default;
};

/// Where a step works besides its maps.
struct Workspace {
  void* scratch = nullptr;             // scratch_floats() long, in device memory, of any contents
  const StepTables* tables = nullptr;  // of make_tables()
  Stream stream = nullptr;
};

/// Enqueues its work and returns.
class CudaStep : public Step {
 public:
  /// What the step wants to have at hand for inputs and an output of these sizes; nothing, for
  /// most.
  virtual Result<std::unique_ptr<StepTables>> make_tables(const DeviceContext& context, Size input,
                                                          Size output) const {
    (void)context;
    (void)input;
    (void)output;
    return std::unique_ptr<StepTables>();
  }

  /// Rows `rows` of `output` from the rows of `inputs` that rows_needed() names. The bits of a row
  /// do not depend on the rows it is computed with. Nothing is allocated and nothing waited for.
  virtual CudaError enqueue(std::span<const DeviceMap> inputs, const DeviceMap& output,
                            RowRange rows, const Workspace& workspace) const = 0;

 protected:
  using Step::Step;
};

using CudaOperatorStep = OperatorStepOf<CudaStep>;

}  // namespace fovea::cuda
