// cp.async: each thread copies 16 bytes at a time from global to shared memory without waiting, in
// groups. sm_80 and later; on sm_75 the copies are loads and stores, and the groups nothing.
#pragma once

#include <cstdint>

#include "kernels/cuda/device/device.cuh"

namespace fovea::cuda {

#ifdef FOVEA_CUDA_EMULATION

FOVEA_DEVICE void async_copy_16(void* shared, const void* global, bool valid) {
  emulation::async_copy_16(shared, global, valid);
}
FOVEA_DEVICE void async_copy_commit() { emulation::async_copy_commit(); }
template <int kPending>
FOVEA_DEVICE void async_copy_wait() {
  emulation::async_copy_wait(kPending);
}

#else

/// 16 bytes, or zeros when not `valid` (then `global` is not read, whatever it is). Both addresses
/// are multiples of 16.
FOVEA_DEVICE void async_copy_16(void* shared, const void* global, bool valid) {
#if __CUDA_ARCH__ >= 800
  const uint32_t bytes_read = valid ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)),
               "l"(__cvta_generic_to_global(global)), "r"(bytes_read)
               : "memory");
#else
  uint4 value = make_uint4(0, 0, 0, 0);
  if (valid) value = *static_cast<const uint4*>(global);
  *static_cast<uint4*>(shared) = value;
#endif
}

/// The calling thread's copies since the last commit become a group.
FOVEA_DEVICE void async_copy_commit() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/// Until at most the kPending newest groups of the calling thread are under way. Other threads see
/// the data after a barrier.
template <int kPending>
FOVEA_DEVICE void async_copy_wait() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
#endif
}

#endif

}  // namespace fovea::cuda
