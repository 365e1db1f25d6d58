// The allocations of the emulated device and of page-locked host memory. Internal to the emulation.
#pragma once

#include <cstddef>

namespace fovea::emulation {

/// `bytes` bytes of NaN between guards; null when the host has none.
void* take_memory(size_t bytes, bool host);
/// False if it was not taken. An error if bytes beside it were written.
bool give_back_memory(void* memory, bool host, size_t& bytes);
/// Whether one allocation holds the bytes.
bool in_memory(const void* place, size_t bytes, bool host);

enum class Access { kRead, kWrite };

/// For kernels: an error if the bytes lie beside an allocation of the device instead of in it, or
/// if the thread writes to one, or reads from one that kernels wrote to, before
/// grid_dependency_wait. Memory that was never taken here (stacks, constants, arrays of a test) is
/// nobody's concern.
void check_device_access(const void* place, size_t bytes, Access access, const char* does);

}  // namespace fovea::emulation
