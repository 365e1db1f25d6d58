// mbarriers as the copy engine sees them. Internal to the emulation.
#pragma once

#include <cstdint>

namespace fovea::emulation {

/// Number of the barrier at `barrier`, or -1 with an error when there is none.
int find_mbarrier(const uint64_t* barrier, const char* what);
/// `bytes` bytes have been written that were announced, or will be, by bulk copy `copy` of those
/// that the barrier counts (RaceWatch's number).
void complete_bytes(int barrier, int64_t bytes, uint32_t copy);
/// An error if a bulk copy may not see the barrier's init yet.
void check_init_fence(int barrier);

}  // namespace fovea::emulation
