// Whether this machine runs AMX.
#pragma once

#include <string>

namespace fovea::cpu {

/// What the processor, the operating system or the kernel's permission lacks for the AMX kernels,
/// for a person ("AMX-TILE and AMX-BF16 in the processor"); empty when they run. Asks Linux for the
/// permission to use tile registers, which this process then has.
std::string missing_for_amx();

}  // namespace fovea::cpu
