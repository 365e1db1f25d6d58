// The bulk copy engine (TMA): copies from global to shared memory that one thread starts and an
// mbarrier counts. sm_90 and later.
//
// The engine is the "async proxy": what threads wrote to shared memory by plain stores must be
// followed by fence_proxy_async() before the engine or wgmma's descriptors read it. The other way
// needs no fence: who has waited on the mbarrier sees the copy.
#pragma once

#include <cstdint>

#include "kernels/cuda/device/device.cuh"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

#ifdef FOVEA_CUDA_EMULATION

FOVEA_DEVICE void tensor_load_3d(void* shared, const TensorMap* map, uint64_t* barrier, int x,
                                 int y, int z) {
  emulation::tensor_load_3d(shared, map, barrier, x, y, z);
}
FOVEA_DEVICE void bulk_load(void* shared, const void* global, uint32_t bytes, uint64_t* barrier) {
  emulation::bulk_load(shared, global, bytes, barrier);
}
FOVEA_DEVICE void prefetch_tensor_map(const TensorMap* map) { emulation::check_tensor_map(map); }
FOVEA_DEVICE void fence_proxy_async() { emulation::fence_proxy_async(); }

#else

/// The box of `map` whose first element has coordinates x, y, z (innermost first, in elements; they
/// may lie outside, where elements are zero) to `shared`, aligned to 128 bytes. The whole box's
/// bytes are counted on `barrier`, those outside the map too.
FOVEA_DEVICE void tensor_load_3d(void* shared, const TensorMap* map, uint64_t* barrier, int x,
                                 int y, int z) {
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes "
      "[%0], [%1, {%3, %4, %5}], [%2];" ::"r"(shared_address(shared)),
      "l"(map), "r"(shared_address(barrier)), "r"(x), "r"(y), "r"(z)
      : "memory");
}

/// `bytes` bytes; addresses and size are multiples of 16.
FOVEA_DEVICE void bulk_load(void* shared, const void* global, uint32_t bytes, uint64_t* barrier) {
  asm volatile(
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes "
      "[%0], [%1], %2, [%3];" ::"r"(shared_address(shared)),
      "l"(__cvta_generic_to_global(global)), "r"(bytes), "r"(shared_address(barrier))
      : "memory");
}

/// Fetches the descriptor itself ahead of its first use.
FOVEA_DEVICE void prefetch_tensor_map(const TensorMap* map) {
  asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory");
}

/// The calling thread's earlier accesses to shared memory come before what the async proxy does
/// after the next barrier.
FOVEA_DEVICE void fence_proxy_async() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

#endif

}  // namespace fovea::cuda
