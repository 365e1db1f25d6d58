// Barriers in shared memory that count arrivals and the bytes of bulk copies. sm_90 and later.
//
// A phase of parity 0 begins with init. It ends when `arrivals` arrivals have come and the bytes
// that were announced have been written; then the next begins, of the other parity. Waiting for
// parity p returns when a phase of parity p has ended: on a new barrier a wait for parity 1 returns
// at once. (PTX ISA, "Parallel Synchronization and Communication Instructions: mbarrier".)
#pragma once

#include <cstdint>

#include "kernels/cuda/device/device.cuh"

namespace fovea::cuda {

#ifdef FOVEA_CUDA_EMULATION

FOVEA_DEVICE void mbarrier_init(uint64_t* barrier, uint32_t arrivals) {
  emulation::mbarrier_init(barrier, arrivals);
}
FOVEA_DEVICE void mbarrier_init_fence() { emulation::mbarrier_init_fence(); }
FOVEA_DEVICE void mbarrier_arrive(uint64_t* barrier) { emulation::mbarrier_arrive(barrier); }
FOVEA_DEVICE void mbarrier_arrive_expect_bytes(uint64_t* barrier, uint32_t bytes) {
  emulation::mbarrier_arrive_expect_bytes(barrier, bytes);
}
FOVEA_DEVICE void mbarrier_wait(uint64_t* barrier, uint32_t parity) {
  emulation::mbarrier_wait(barrier, parity);
}

#else

/// Before any other use, by one thread; `arrivals` >= 1.
FOVEA_DEVICE void mbarrier_init(uint64_t* barrier, uint32_t arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(barrier)),
               "r"(arrivals)
               : "memory");
}

/// After the inits, by the thread that made them and before the block meets: bulk copies see them.
FOVEA_DEVICE void mbarrier_init_fence() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

FOVEA_DEVICE void mbarrier_arrive(uint64_t* barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(barrier))
               : "memory");
}

/// Announces `bytes` of bulk copies for this phase (< 2^20 outstanding at a time) and arrives.
FOVEA_DEVICE void mbarrier_arrive_expect_bytes(uint64_t* barrier, uint32_t bytes) {
  asm volatile(
      "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(barrier)),
      "r"(bytes)
      : "memory");
}

FOVEA_DEVICE void mbarrier_wait(uint64_t* barrier, uint32_t parity) {
  const uint32_t address = shared_address(barrier);
  uint32_t ended;
  do {
    // try_wait sleeps in hardware for a while before it gives up; the loop is its retry.
    asm volatile(
        "{\n"
        ".reg .pred ended;\n"
        "mbarrier.try_wait.parity.shared::cta.b64 ended, [%1], %2;\n"
        "selp.u32 %0, 1, 0, ended;\n"
        "}"
        : "=r"(ended)
        : "r"(address), "r"(parity)
        : "memory");
  } while (ended == 0);
}

#endif

}  // namespace fovea::cuda
