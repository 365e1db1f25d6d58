// The CUDA backend.
#pragma once

#include <memory>

#include "engine/backend.h"

namespace fovea::cuda {

/// CUDA devices of this machine, 1 or more. kDevice, saying why, where there is none.
Result<int> count_cuda_devices();

/// The backend for CUDA device `device`, maps in `precision` (kAuto: f16), sums in f32. kDevice
/// when there is no such device or it cannot compute in it.
Result<std::unique_ptr<Backend>> make_cuda_backend(int device, Precision precision);

}  // namespace fovea::cuda
