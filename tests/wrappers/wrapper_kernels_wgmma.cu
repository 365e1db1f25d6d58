#include "kernels/cuda/device/bulk_copy.cuh"
#include "kernels/cuda/device/device.cuh"
#include "kernels/cuda/device/half.cuh"
#include "kernels/cuda/device/mbarrier.cuh"
#include "kernels/cuda/device/wgmma.cuh"
#include "kernels/cuda/launch.h"
#include "tests/wrappers/wrapper_kernels.h"

namespace fovea::cuda {
namespace {

FOVEA_DEVICE void copy_by_threads(uint8_t* shared, const uint8_t* global, uint32_t bytes) {
  for (uint32_t i = static_cast<uint32_t>(thread_index()); i < bytes / 4;
       i += static_cast<uint32_t>(thread_count())) {
    reinterpret_cast<uint32_t*>(shared)[i] = reinterpret_cast<const uint32_t*>(global)[i];
  }
}

template <class T, int kN, bool kRegisters>
FOVEA_KERNEL(kWarpgroupThreads, 1)
void wgmma_kernel(WgmmaRun run, bool bulk, const uint8_t* a, const uint8_t* b, float* d) {
  uint8_t* left = dynamic_shared();
  uint8_t* right = left + (kRegisters ? 0 : run.a_bytes);
  auto* barrier = reinterpret_cast<uint64_t*>(right + run.b_bytes);
  const int t = thread_index();
  if (bulk) {
    if (t == 0) {
      mbarrier_init(barrier, 1);
      mbarrier_init_fence();
      mbarrier_arrive_expect_bytes(barrier, (kRegisters ? 0 : run.a_bytes) + run.b_bytes);
      if (!kRegisters) bulk_load(left, a, run.a_bytes, barrier);
      bulk_load(right, b, run.b_bytes, barrier);
    }
    sync_threads();
    mbarrier_wait(barrier, 0);
  } else {
    if (!kRegisters) copy_by_threads(left, a, run.a_bytes);
    copy_by_threads(right, b, run.b_bytes);
    fence_proxy_async();
    sync_threads();
  }
  float sum[kN / 2];
  FOVEA_UNROLL
  for (int i = 0; i < kN / 2; i++) sum[i] = d[kN / 2 * t + i];
  const uint32_t left_address = shared_address(left) + run.a_first;
  const uint32_t right_address = shared_address(right);
  const int steps = uniform(run.steps);
  FOVEA_NO_UNROLL
  for (int step = 0; step < steps; step++) {
    const auto s = static_cast<uint32_t>(step);
    const bool accumulate = step > 0 || run.accumulate;
    const uint64_t b_operand =
        matrix_descriptor(right_address + s * run.b_step, run.b_leading, run.b_stride);
    keep_registers(sum);
    if constexpr (kRegisters) {
      uint32_t fragment[4];
      FOVEA_UNROLL
      for (int i = 0; i < 4; i++) {
        fragment[i] = reinterpret_cast<const uint32_t*>(a)[4 * (kWarpgroupThreads * step + t) + i];
      }
      wgmma_fence();
      Wgmma<T, kN>::multiply(sum, fragment, b_operand, accumulate);
    } else {
      wgmma_fence();
      Wgmma<T, kN>::multiply(
          sum, matrix_descriptor(left_address + s * run.a_step, run.a_leading, run.a_stride),
          b_operand, accumulate);
    }
    wgmma_commit();
    wgmma_wait<0>();
    keep_registers(sum);
  }
  FOVEA_UNROLL
  for (int i = 0; i < kN / 2; i++) d[kN / 2 * t + i] = sum[i];
}

constexpr int kGroupsN = 32;
constexpr uint32_t kGroupsLeft = 64 * 16 * 2;
constexpr uint32_t kGroupsRight = kGroupsN * 16 * 2;

// Warpgroup 0 gives registers and copies; warpgroup 1 takes them and multiplies.
FOVEA_KERNEL(2 * kWarpgroupThreads, 1)
void wgmma_groups_kernel(const uint8_t* a, const uint8_t* b, float* d) {
  uint8_t* shared = dynamic_shared();
  auto* barrier = reinterpret_cast<uint64_t*>(shared + 2 * kGroupsLeft + kGroupsRight);
  if (thread_index() == 0) {
    mbarrier_init(barrier, 1);
    mbarrier_init_fence();
  }
  sync_threads();
  const int warpgroup = uniform(thread_index() / kWarpgroupThreads);
  if (warpgroup == 0) {
    set_max_registers_decrease<40>();
    if (thread_index() == 0) {
      mbarrier_arrive_expect_bytes(barrier, 2 * kGroupsLeft + kGroupsRight);
      bulk_load(shared, a, 2 * kGroupsLeft, barrier);
      bulk_load(shared + 2 * kGroupsLeft, b, kGroupsRight, barrier);
    }
    return;
  }
  set_max_registers_increase<256 - 16>();
  const int t = thread_index() - kWarpgroupThreads;
  mbarrier_wait(barrier, 0);
  const uint32_t address = shared_address(shared);
  const uint64_t b_operand = matrix_descriptor(address + 2 * kGroupsLeft, kGroupsN * 16, 128);
  float first[kGroupsN / 2];
  float second[kGroupsN / 2];
  FOVEA_UNROLL
  for (int i = 0; i < kGroupsN / 2; i++) first[i] = second[i] = 0.0f;
  keep_registers(first);
  keep_registers(second);
  wgmma_fence();
  Wgmma<Half, kGroupsN>::multiply(first, matrix_descriptor(address, 1024, 128), b_operand, false);
  wgmma_commit();
  Wgmma<Half, kGroupsN>::multiply(second, matrix_descriptor(address + kGroupsLeft, 1024, 128),
                                  b_operand, false);
  wgmma_commit();
  wgmma_wait<1>();
  keep_registers(first);
  wgmma_wait<0>();
  keep_registers(second);
  FOVEA_UNROLL
  for (int i = 0; i < kGroupsN / 2; i++) {
    d[kGroupsN / 2 * t + i] = first[i];
    d[kGroupsN / 2 * (kWarpgroupThreads + t) + i] = second[i];
  }
}

using Kernel = void (*)(WgmmaRun, bool, const uint8_t*, const uint8_t*, float*);

template <int kN>
Kernel kernel_of(const WgmmaRun& run) {
  if (run.type == Type16::kHalf) {
    return run.a_in_registers ? &wgmma_kernel<Half, kN, true> : &wgmma_kernel<Half, kN, false>;
  }
  return run.a_in_registers ? &wgmma_kernel<Bfloat16, kN, true>
                            : &wgmma_kernel<Bfloat16, kN, false>;
}

Kernel kernel_of(const WgmmaRun& run) {
  switch (run.n) {
    case 8:
      return kernel_of<8>(run);
    case 16:
      return kernel_of<16>(run);
    case 24:
      return kernel_of<24>(run);
    case 32:
      return kernel_of<32>(run);
    case 48:
      return kernel_of<48>(run);
    case 64:
      return kernel_of<64>(run);
    case 96:
      return kernel_of<96>(run);
    case 128:
      return kernel_of<128>(run);
    case 144:
      return kernel_of<144>(run);
    case 160:
      return kernel_of<160>(run);
    case 192:
      return kernel_of<192>(run);
    case 256:
      return kernel_of<256>(run);
    default:
      return nullptr;
  }
}

}  // namespace

bool has_wgmma(int n) {
  WgmmaRun run{};
  run.n = n;
  return kernel_of(run) != nullptr;
}

CudaError launch_wgmma(const WgmmaRun& run, bool bulk, const void* a, const void* b, float* d,
                       Stream stream) {
  const Kernel kernel = kernel_of(run);
  if (!kernel) return 1;
  const size_t shared = (run.a_in_registers ? 0 : run.a_bytes) + run.b_bytes + 8;
  return launch(kernel, {1, 1, 1, kWarpgroupThreads, shared}, stream, run, bulk,
                static_cast<const uint8_t*>(a), static_cast<const uint8_t*>(b), d);
}

CudaError launch_wgmma_groups(const void* a, const void* b, float* d, Stream stream) {
  return launch(wgmma_groups_kernel,
                {1, 1, 1, 2 * kWarpgroupThreads, 2 * kGroupsLeft + kGroupsRight + 8}, stream,
                static_cast<const uint8_t*>(a), static_cast<const uint8_t*>(b), d);
}

}  // namespace fovea::cuda
