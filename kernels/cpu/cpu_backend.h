// The CPU backend at a chosen instruction set, for tests and benchmarks that want each; users get
// make_backend's.
#pragma once

#include <memory>

#include "engine/backend.h"
#include "kernels/cpu/isa.h"

namespace fovea::cpu {

/// The level that `precision` takes: for bf16 an AMX, else choose_isa()'s. kDevice when there is
/// none.
Result<Isa> choose_isa(Precision precision);

/// kDevice when this machine does not run `isa`, which Precision::kBf16 wants to be an AMX.
Result<std::unique_ptr<Backend>> make_cpu_backend(Isa isa, Precision precision = Precision::kF32);

}  // namespace fovea::cpu
