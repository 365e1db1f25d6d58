#include "tests/emulation/planted_bugs.h"

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

constexpr int kN = 8;
constexpr uint32_t kRowBytes = 64 * 16 * 2;  // 2 planes of 64 pixels of 8 halves
constexpr uint32_t kRightBytes = kN * 16 * 2;
constexpr int kSlots = 2;
// b, the slots (aligned to 128), room for a destination that is off, the barriers.
constexpr uint32_t kSlotsAt = 256;
constexpr uint32_t kBarriersAt = kSlotsAt + kSlots * kRowBytes + 128;
constexpr uint32_t kPipelineBytes = kBarriersAt + (2 * kSlots + 1) * 8;

FOVEA_KERNEL(2 * kWarpgroupThreads, 1)
void pipeline_kernel(Bug bug, const FOVEA_GRID_CONSTANT TensorMap rows, const uint8_t* b,
                     float* d) {
  uint8_t* shared = dynamic_shared();
  uint8_t* slots = shared + kSlotsAt;
  auto* full = reinterpret_cast<uint64_t*>(shared + kBarriersAt);
  uint64_t* empty = full + kSlots;
  uint64_t* resident = empty + kSlots;
  const int t = thread_index() % kWarpgroupThreads;
  if (thread_index() == 0) {
    for (int i = 0; i < kSlots; i++) {
      mbarrier_init(full + i, 1);
      if (bug != Bug::kNoInit) mbarrier_init(empty + i, kWarpgroupThreads);
    }
    mbarrier_init(resident, 1);
    if (bug != Bug::kNoInitFence) mbarrier_init_fence();
  }
  if (bug != Bug::kNoBarrierAfterInit) sync_threads();
  int slot = 0;
  uint32_t parity = 0;
  const auto advance = [&] {
    if (++slot < kSlots) return;
    slot = 0;
    if (bug != Bug::kNoPhaseFlip) parity ^= 1;
  };
  if (uniform(thread_index() / kWarpgroupThreads) == 0) {
    set_max_registers_decrease<40>();
    if (bug == Bug::kRegisterPool) set_max_registers_decrease<48>();
    if (t != 0) return;
    mbarrier_arrive_expect_bytes(resident, kRightBytes);
    bulk_load(shared, b, kRightBytes, resident);
    for (int row = 0; row < kPipelineRows; row++) {
      if (bug != Bug::kNoEmptyWait) mbarrier_wait(empty + slot, parity ^ 1);
      uint32_t bytes = kRowBytes;
      if (bug == Bug::kTooManyBytes) bytes += 16;
      if (bug == Bug::kTooFewBytes) bytes -= 16;
      mbarrier_arrive_expect_bytes(full + slot, bytes);
      if (bug == Bug::kTwoArrivals && row == 0) mbarrier_arrive(full + slot);
      uint8_t* to = slots + static_cast<uint32_t>(slot) * kRowBytes;
      if (bug == Bug::kDestinationOffBy16) to += 16;
      if (bug == Bug::kDestinationOffBy8) to += 8;
      tensor_load_3d(to, &rows, full + slot, 0, row, 0);
      advance();
    }
    return;
  }
  set_max_registers_increase<232>();
  const uint32_t right = shared_address(shared);
  const uint32_t left = shared_address(slots);
  float sum[kN / 2] = {0.0f, 0.0f, 0.0f, 0.0f};
  mbarrier_wait(resident, 0);
  for (int row = 0; row < kPipelineRows; row++) {
    if (bug != Bug::kNoFullWait) mbarrier_wait(full + slot, parity);
    keep_registers(sum);
    if (bug != Bug::kNoMultiplyFence) wgmma_fence();
    uint32_t leading = 64 * 16;
    uint32_t stride = 128;
    if (bug == Bug::kStridesSwapped) {
      leading = 128;
      stride = 64 * 16;
    }
    if (bug == Bug::kOperandOutside) leading = 0x3fff0;
    uint64_t a_operand =
        matrix_descriptor(left + static_cast<uint32_t>(slot) * kRowBytes, leading, stride);
    if (bug == Bug::kSwizzled) a_operand |= uint64_t{1} << 62;
    Wgmma<Half, kN>::multiply(sum, a_operand, matrix_descriptor(right, kN * 16, 128), row > 0);
    if (bug != Bug::kNoCommit) wgmma_commit();
    if (bug == Bug::kArriveBeforeMultiplyWait) mbarrier_arrive(empty + slot);
    if (bug == Bug::kAccumulatorsTouched) sum[0] = 1.0f;
    if (bug != Bug::kNoMultiplyWait) wgmma_wait<0>();
    keep_registers(sum);
    if (bug != Bug::kArriveBeforeMultiplyWait) mbarrier_arrive(empty + slot);
    advance();
  }
  for (int i = 0; i < kN / 2; i++) d[kN / 2 * t + i] = sum[i];
}

FOVEA_KERNEL(kWarpgroupThreads, 1)
void staged_product_kernel(Bug bug, const uint32_t* a, const uint32_t* b, float* d) {
  auto* left = reinterpret_cast<uint32_t*>(dynamic_shared());
  uint32_t* right = left + kRowBytes / 4;
  const int t = thread_index();
  if (bug == Bug::kFenceBeforeStores) fence_proxy_async();
  for (uint32_t i = static_cast<uint32_t>(t); i < kRowBytes / 4; i += kWarpgroupThreads) {
    left[i] = a[i];
  }
  if (t < static_cast<int>(kRightBytes / 16)) async_copy_16(right + 4 * t, b + 4 * t, true);
  if (bug != Bug::kNoAsyncCommit) async_copy_commit();
  if (bug != Bug::kNoAsyncWait) async_copy_wait<0>();
  if (bug != Bug::kNoProxyFence && bug != Bug::kFenceBeforeStores) fence_proxy_async();
  if (bug != Bug::kNoBarrierAfterStores) sync_threads();
  float sum[kN / 2] = {0.0f, 0.0f, 0.0f, 0.0f};
  keep_registers(sum);
  wgmma_fence();
  Wgmma<Half, kN>::multiply(sum, matrix_descriptor(shared_address(left), 64 * 16, 128),
                            matrix_descriptor(shared_address(right), kN * 16, 128), false);
  wgmma_commit();
  wgmma_wait<0>();
  keep_registers(sum);
  for (int i = 0; i < kN / 2; i++) d[kN / 2 * t + i] = sum[i];
}

constexpr int kExchangeThreads = 64;

FOVEA_KERNEL(kExchangeThreads, 1)
void exchange_kernel(Bug bug, const int32_t* in, int32_t* out) {
  auto* numbers = reinterpret_cast<uint32_t*>(dynamic_shared());
  const int t = thread_index();
  const int lane = lane_index();
  const int first = block_index() * kExchangeThreads;
  // What lies before this block, added up by its first warp.
  if (warp_index() == 0) {
    uint32_t sum = 0;  // bugs make it anything
    for (int i = lane; i < first; i += kWarpThreads) sum += static_cast<uint32_t>(in[i]);
    if (bug == Bug::kLanesApart && lane == 5) {
      sync_warp();
    }
    for (int step = 16; step > 0; step /= 2) sum += shuffle_xor(sum, step);
    numbers[lane] = sum;
    if (bug != Bug::kNoWarpBarrier) sync_warp();
    if (numbers[(lane + 1) % kWarpThreads] != sum) numbers[0] = 0;
  }
  if (bug != Bug::kNoBarrierAfterWrite) {
    if (bug == Bug::kBarrierCount) {
      named_barrier_sync(1, 96);
    } else if (bug == Bug::kBarrierTwice) {
      named_barrier_arrive(1, 64);
      named_barrier_sync(1, 64);
    } else {
      named_barrier_sync(1, 64);
    }
  }
  uint32_t sum = numbers[0];
  if (bug != Bug::kNoBarrierBeforeRewrite) sync_threads();
  int at = first + t;
  if (bug == Bug::kReadBehind && at == 255) at = 256;
  if (bug == Bug::kReadBefore && at == 0) at = -1;
  numbers[t] = static_cast<uint32_t>(in[at]);
  sync_threads();
  if (bug == Bug::kMatrixRowOff || bug == Bug::kMatrixRowOutside) {
    uint32_t registers[1];
    uint32_t address = shared_address(numbers);
    address += bug == Bug::kMatrixRowOff ? 4u : 4096u;
    load_matrix_x1(registers, address);
  }
  if (bug == Bug::kReadBehindShared && t == 63) sum += numbers[kExchangeThreads];
  if (bug == Bug::kSharedAddress) sum += shared_address(in) & 1u;
  if (bug == Bug::kTooFewWarpsForMultiply) {
    float d[kN / 2];
    wgmma_fence();
    Wgmma<Half, kN>::multiply(d, matrix_descriptor(1024, 128, 128), matrix_descriptor(1024, 0, 0),
                              false);
  }
  for (int i = 0; i <= t; i++) sum += numbers[i];
  out[first + t + (bug == Bug::kWriteBehind && first + t == 255 ? 1 : 0)] =
      static_cast<int32_t>(sum);
}

constexpr int kChainThreads = 64;

FOVEA_KERNEL(kChainThreads, 1)
void number_kernel(int32_t* numbers) {
  grid_dependency_launch();
  numbers[thread_index()] = thread_index();
}

FOVEA_KERNEL(kChainThreads, 1)
void double_kernel(Bug bug, const int32_t* numbers, int32_t* doubled) {
  const int t = thread_index();
  if (bug == Bug::kWriteBeforeDependency) doubled[t] = 0;
  int32_t number = bug == Bug::kReadBeforeDependency ? numbers[t] : 0;
  grid_dependency_wait();
  if (bug != Bug::kReadBeforeDependency) number = numbers[t];
  doubled[t] = 2 * number;
}

}  // namespace

CudaError launch_pipeline(Bug bug, const TensorMap& rows, const void* b, float* d, Stream stream) {
  return launch(pipeline_kernel, {1, 1, 1, 2 * kWarpgroupThreads, kPipelineBytes}, stream, bug,
                rows, static_cast<const uint8_t*>(b), d);
}

CudaError launch_staged_product(Bug bug, const void* a, const void* b, float* d, Stream stream) {
  return launch(staged_product_kernel, {1, 1, 1, kWarpgroupThreads, kRowBytes + kRightBytes},
                stream, bug, static_cast<const uint32_t*>(a), static_cast<const uint32_t*>(b), d);
}

CudaError launch_exchange(Bug bug, const int32_t* in, int32_t* out, Stream stream) {
  return launch(exchange_kernel, {4, 1, 1, kExchangeThreads, 4 * kExchangeThreads}, stream, bug, in,
                out);
}

CudaError launch_chain(Bug bug, int32_t* numbers, int32_t* doubled, Stream stream) {
  const CudaError error = launch(number_kernel, {1, 1, 1, kChainThreads, 0}, stream, numbers);
  if (error != 0) return error;
  return launch(double_kernel, {1, 1, 1, kChainThreads, 0, true}, stream, bug, numbers, doubled);
}

}  // namespace fovea::cuda
