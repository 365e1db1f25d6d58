#include "kernels/cuda/device/bulk_copy.cuh"
#include "kernels/cuda/device/device.cuh"
#include "kernels/cuda/device/mbarrier.cuh"
#include "kernels/cuda/device/mma.cuh"
#include "kernels/cuda/launch.h"
#include "tests/wrappers/wrapper_kernels.h"

namespace fovea::cuda {
namespace {

constexpr int kRowStride = 48;

FOVEA_KERNEL(32, 1)
void store_matrix_kernel(const uint32_t* r, uint32_t* out) {
  uint8_t* shared = dynamic_shared();
  const int lane = lane_index();
  uint32_t four[4];
  FOVEA_UNROLL
  for (int i = 0; i < 4; i++) four[i] = r[4 * lane + i];
  store_matrix_x4(shared_address(shared) + static_cast<uint32_t>(kRowStride * lane), four);
  sync_warp();
  const auto* row = reinterpret_cast<const uint32_t*>(shared + kRowStride * lane);
  for (int i = 0; i < 4; i++) out[4 * lane + i] = row[i];
}

constexpr int kSlots = 2;
constexpr int kReaders = 96;

// Warp 3 fills slots, warps 0 to 2 add them up.
FOVEA_KERNEL(128, 1)
void mbarrier_ring_kernel(int rounds, uint32_t* sums) {
  auto* full = reinterpret_cast<uint64_t*>(dynamic_shared());
  uint64_t* empty = full + kSlots;
  auto* slots = reinterpret_cast<uint32_t*>(empty + kSlots);
  if (thread_index() == 0) {
    for (int i = 0; i < kSlots; i++) {
      mbarrier_init(full + i, 1);
      mbarrier_init(empty + i, kReaders);
    }
    mbarrier_init_fence();
  }
  sync_threads();
  uint32_t parity = 0;
  int slot = 0;
  if (warp_index() == 3) {
    if (lane_index() == 0) {
      for (int round = 0; round < rounds; round++) {
        mbarrier_wait(empty + slot, parity ^ 1);
        slots[slot] = static_cast<uint32_t>(round * round + 1);
        mbarrier_arrive(full + slot);
        if (++slot == kSlots) {
          slot = 0;
          parity ^= 1;
        }
      }
    }
  } else {
    uint32_t sum = 0;
    for (int round = 0; round < rounds; round++) {
      mbarrier_wait(full + slot, parity);
      sum += slots[slot];
      mbarrier_arrive(empty + slot);
      if (++slot == kSlots) {
        slot = 0;
        parity ^= 1;
      }
    }
    sums[thread_index()] = sum;
  }
}

constexpr int kBoxWords = kBoxPixels * kBoxPlanes * 4;

FOVEA_KERNEL(64, 1)
void tensor_load_kernel(const FOVEA_GRID_CONSTANT TensorMap map, int column, int slot, int plane,
                        uint32_t* out) {
  uint8_t* shared = dynamic_shared();
  auto* barrier = reinterpret_cast<uint64_t*>(shared + 4 * kBoxWords);
  if (thread_index() == 0) {
    prefetch_tensor_map(&map);
    mbarrier_init(barrier, 1);
    mbarrier_init_fence();
  }
  sync_threads();
  if (thread_index() == 0) {
    mbarrier_arrive_expect_bytes(barrier, 4 * kBoxWords);
    tensor_load_3d(shared, &map, barrier, 2 * column, slot, plane);
  }
  mbarrier_wait(barrier, 0);
  const auto* words = reinterpret_cast<const uint32_t*>(shared);
  for (int i = thread_index(); i < kBoxWords; i += thread_count()) out[i] = words[i];
}

FOVEA_KERNEL(64, 1)
void bulk_load_kernel(const uint8_t* in, uint8_t* out, uint32_t bytes) {
  auto* barrier = reinterpret_cast<uint64_t*>(dynamic_shared());
  uint8_t* shared = dynamic_shared() + 16;
  if (thread_index() == 0) {
    mbarrier_init(barrier, 2);
    mbarrier_init_fence();
  }
  sync_threads();
  if (thread_index() == 0) {
    const uint32_t half = bytes / 32 * 16;
    mbarrier_arrive_expect_bytes(barrier, half);
    bulk_load(shared, in, half, barrier);
    mbarrier_arrive_expect_bytes(barrier, bytes - half);
    bulk_load(shared + half, in + half, bytes - half, barrier);
  }
  mbarrier_wait(barrier, 0);
  for (uint32_t i = static_cast<uint32_t>(thread_index()); i < bytes; i += 64) out[i] = shared[i];
}

}  // namespace

CudaError launch_store_matrix(const uint32_t* r, uint32_t* out, Stream stream) {
  return launch(store_matrix_kernel, {1, 1, 1, 32, 32 * kRowStride}, stream, r, out);
}

CudaError launch_mbarrier_ring(int rounds, uint32_t* sums, Stream stream) {
  return launch(mbarrier_ring_kernel, {1, 1, 1, 128, kSlots * (8 + 8 + 4)}, stream, rounds, sums);
}

CudaError launch_tensor_load(const TensorMap& map, int column, int slot, int plane, uint32_t* out,
                             Stream stream) {
  return launch(tensor_load_kernel, {1, 1, 1, 64, 4 * kBoxWords + 8}, stream, map, column, slot,
                plane, out);
}

CudaError launch_bulk_load(const void* in, void* out, uint32_t bytes, Stream stream) {
  return launch(bulk_load_kernel, {1, 1, 1, 64, 16 + bytes}, stream,
                static_cast<const uint8_t*>(in), static_cast<uint8_t*>(out), bytes);
}

}  // namespace fovea::cuda
