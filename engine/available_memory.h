// How much memory this process may still take.
#pragma once

#include <cstdint>

namespace fovea {

/// Bytes that can be used without swapping: MemAvailable of the machine, or what is left of this
/// process's control group where that is less. 0 when neither can be read.
int64_t available_memory();

}  // namespace fovea
