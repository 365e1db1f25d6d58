#include "kernels/cuda/device/async_copy.cuh"
#include "kernels/cuda/device/bulk_copy.cuh"
#include "kernels/cuda/device/dependent_launch.cuh"
#include "kernels/cuda/device/device.cuh"
#include "kernels/cuda/device/half.cuh"
#include "kernels/cuda/device/mbarrier.cuh"
#include "kernels/cuda/device/mma.cuh"
#include "kernels/cuda/device/wgmma.cuh"
#include "kernels/cuda/launch.h"

namespace fovea::cuda {
namespace {

template <class T, int kN, bool kRegisters>
FOVEA_KERNEL(128, 1)
void wgmma_kernel(const uint16_t* a, const uint16_t* b, float* d) {
  uint8_t* shared = dynamic_shared();
  auto* left = reinterpret_cast<uint16_t*>(shared);
  auto* right = reinterpret_cast<uint16_t*>(shared + 2048);
  const int t = thread_index();
  for (int i = t; i < 1024; i += 128) left[i] = a[i];
  for (int i = t; i < kN * 16; i += 128) right[i] = b[i];
  fence_proxy_async();
  sync_threads();
  float sum[kN / 2];
  FOVEA_UNROLL
  for (int i = 0; i < kN / 2; i++) sum[i] = static_cast<float>(i);
  keep_registers(sum);
  wgmma_fence();
  const uint64_t db = matrix_descriptor(shared_address(right), kN * 16, 128);
  if constexpr (kRegisters) {
    const uint32_t fragment[4] = {1, 2, 3, 4};
    Wgmma<T, kN>::multiply(sum, fragment, db, true);
  } else {
    Wgmma<T, kN>::multiply(sum, matrix_descriptor(shared_address(left), 1024, 128), db, true);
  }
  wgmma_commit();
  wgmma_wait<0>();
  keep_registers(sum);
  FOVEA_UNROLL
  for (int i = 0; i < kN / 2; i++) d[i * 128 + t] = sum[i];
}

}  // namespace

CudaError launch_wgmma(const uint16_t* a, const uint16_t* b, float* d, Stream stream) {
  launch(wgmma_kernel<Half, 256, false>, {1, 1, 1, 128, 2048 + 8192}, stream, a, b, d);
  launch(wgmma_kernel<Bfloat16, 96, true>, {1, 1, 1, 128, 2048 + 8192}, stream, a, b, d);
  return launch(wgmma_kernel<Half, 8, false>, {1, 1, 1, 128, 2048 + 256}, stream, a, b, d);
}

}  // namespace fovea::cuda
