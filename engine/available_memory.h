// How much memory this process has taken, and how much it may still take.
#pragma once

#include <cstdint>

namespace fovea {

/// Bytes that can be used without swapping: MemAvailable of the machine, or what is left of this
/// process's control group where that is less. 0 when neither can be read.
int64_t available_memory();

/// Bytes of this process in memory now; 0 where the system does not tell.
int64_t resident_memory();

/// The most that was in memory at any time. Not getrusage's ru_maxrss: that one a process inherits
/// from the one that started it. 0 where the system does not tell.
int64_t peak_memory();

}  // namespace fovea
