#include "kernels/cuda/device/async_copy.cuh"
#include "kernels/cuda/device/dependent_launch.cuh"
#include "kernels/cuda/device/device.cuh"
#include "kernels/cuda/device/half.cuh"
#include "kernels/cuda/device/mma.cuh"
#include "kernels/cuda/launch.h"
#include "tests/wrappers/wrapper_kernels.h"

namespace fovea::cuda {
namespace {

FOVEA_KERNEL(64, 1)
void indices_kernel(int32_t* out) {
  const int block =
      (block_index_z() * block_count_y() + block_index_y()) * block_count() + block_index();
  int32_t* row = out + (block * thread_count() + thread_index()) * 8;
  row[0] = thread_index();
  row[1] = thread_count();
  row[2] = block_index();
  row[3] = block_index_y();
  row[4] = block_index_z();
  row[5] = block_count();
  row[6] = block_count_y();
  row[7] = block_count_z();
}

FOVEA_KERNEL(256, 1)
void shared_kernel(int32_t* out) {
  uint8_t* shared = dynamic_shared();
  const int t = thread_index();
  shared[t] = static_cast<uint8_t>(t);
  sync_threads();
  const bool wrong = shared[255 - t] != static_cast<uint8_t>(255 - t);
  if (t == 0) {
    out[0] = static_cast<int32_t>(shared_address(shared) % 1024);
    out[1] = static_cast<int32_t>(shared_address(shared + 48) - shared_address(shared + 32));
    out[2] = compute_capability();
  }
  const uint32_t wrong_lanes = ballot(wrong);
  if (lane_index() == 0) out[3 + warp_index()] = static_cast<int32_t>(wrong_lanes);
}

constexpr int kBarrierRounds = 15;

// Warps 1 to 3 write a number a thread and arrive; warp 0 waits for them and adds up a column. The
// same barriers in the other direction keep the writers from running ahead.
FOVEA_KERNEL(128, 1)
void named_barriers_kernel(int32_t* out) {
  auto* numbers = reinterpret_cast<int32_t*>(dynamic_shared());
  const int lane = lane_index();
  for (int round = 0; round < kBarrierRounds; round++) {
    const int filled = 1 + round % 15;
    const int emptied = 1 + (round + 7) % 15;
    if (warp_index() == 0) {
      named_barrier_sync(filled, 128);
      int32_t sum = 0;
      for (int w = 0; w < 3; w++) sum += numbers[32 * w + lane];
      out[32 * round + lane] = sum;
      named_barrier_arrive(emptied, 128);
    } else {
      const int writer = warp_index() - 1;
      numbers[32 * writer + lane] = writer == 0 ? 1000 * round : (writer == 1 ? lane : 96);
      named_barrier_arrive(filled, 128);
      named_barrier_sync(emptied, 128);
    }
  }
}

FOVEA_KERNEL(32, 1)
void shuffles_kernel(int32_t* out) {
  const int lane = lane_index();
  const int32_t value = 100 + lane;
  out[lane] = shuffle(value, 5 * lane % 32);
  out[32 + lane] = shuffle_down(value, 3);
  out[64 + lane] = shuffle_xor(value, 9);
  out[96 + lane] = static_cast<int32_t>(ballot(lane % 3 == 0));
  out[128 + lane] = any_sync(lane == 31);
  out[160 + lane] = any_sync(false);
  out[192 + lane] = uniform(value);
  sync_warp();
}

FOVEA_KERNEL(96, 1)
void atomics_kernel(uint32_t* counters, uint32_t* tickets) {
  const uint32_t ticket = atomic_add(counters, 1);
  tickets[ticket] = 1;
  atomic_or(counters + 1, 1u << (thread_index() % 32));
}

FOVEA_KERNEL(64, 1)
void mathematics_kernel(const float* a, const float* b, uint32_t* out, int count) {
  const int i = block_index() * thread_count() + thread_index();
  if (i >= count) return;
  out[i] = same_bits<uint32_t>(maximum(a[i], b[i]));
  out[count + i] = same_bits<uint32_t>(minimum(a[i], b[i]));
  out[2 * count + i] = same_bits<uint32_t>(multiply_add(a[i], b[i], 1.0f));
  out[3 * count + i] = same_bits<uint32_t>(round_to_int(a[i]));
  out[4 * count + i] = is_finite(a[i]);
}

template <class T>
FOVEA_KERNEL(256, 1)
void widen_kernel(float* out) {
  const int i = block_index() * thread_count() + thread_index();
  out[i] = to_float(T{static_cast<uint16_t>(i)});
}

template <class T>
FOVEA_KERNEL(64, 1)
void narrow_kernel(const float* in, uint16_t* single, uint32_t* pairs, int count) {
  const int i = block_index() * thread_count() + thread_index();
  if (i >= count / 2) return;
  const T low = from_float<T>(in[2 * i]);
  const T high = from_float<T>(in[2 * i + 1]);
  single[2 * i] = low.bits;
  single[2 * i + 1] = high.bits;
  const uint32_t pair = pack2<T>(in[2 * i], in[2 * i + 1]);
  const Float2 back = unpack2<T>(pair);
  // A pair that does not come apart as it was put together is marked.
  const bool same = same_bits<uint32_t>(back.x) == same_bits<uint32_t>(to_float(low)) &&
                    same_bits<uint32_t>(back.y) == same_bits<uint32_t>(to_float(high));
  pairs[i] = same ? pair : 0xdeaddeadu;
}

constexpr int kRowStride = 48;

FOVEA_KERNEL(32, 1)
void load_matrix_kernel(const uint16_t* matrices, uint32_t* out) {
  uint8_t* shared = dynamic_shared();
  const int lane = lane_index();
  // Lane l brings row l % 8 of matrix l / 8, to where it will say that it lies.
  for (int i = 0; i < 8; i++) {
    reinterpret_cast<uint16_t*>(shared + kRowStride * lane)[i] = matrices[8 * lane + i];
  }
  sync_warp();
  const uint32_t address = shared_address(shared) + static_cast<uint32_t>(kRowStride * lane);
  uint32_t one[1];
  uint32_t two[2];
  uint32_t four[4];
  for (int i = 0; i < kMatrixLoads * 4; i++) out[32 * i + lane] = 0;
  load_matrix_x1(one, address);
  out[lane] = one[0];
  load_matrix_x2(two, address);
  for (int i = 0; i < 2; i++) out[32 * (4 + i) + lane] = two[i];
  load_matrix_x4(four, address);
  for (int i = 0; i < 4; i++) out[32 * (8 + i) + lane] = four[i];
  load_matrix_x1_transposed(one, address);
  out[32 * 12 + lane] = one[0];
  load_matrix_x2_transposed(two, address);
  for (int i = 0; i < 2; i++) out[32 * (16 + i) + lane] = two[i];
  load_matrix_x4_transposed(four, address);
  for (int i = 0; i < 4; i++) out[32 * (20 + i) + lane] = four[i];
}

template <class T>
FOVEA_KERNEL(32, 1)
void mma_kernel(const uint32_t* a, const uint32_t* b, float* d) {
  const int lane = lane_index();
  uint32_t left[4];
  uint32_t right[2];
  float sum[4];
  FOVEA_UNROLL
  for (int i = 0; i < 4; i++) left[i] = a[4 * lane + i];
  FOVEA_UNROLL
  for (int i = 0; i < 2; i++) right[i] = b[2 * lane + i];
  FOVEA_UNROLL
  for (int i = 0; i < 4; i++) sum[i] = d[4 * lane + i];
  mma_m16n8k16<T>(sum, left, right);
  FOVEA_UNROLL
  for (int i = 0; i < 4; i++) d[4 * lane + i] = sum[i];
}

constexpr int kCopyThreads = 128;

FOVEA_KERNEL(kCopyThreads, 1)
void async_copy_kernel(const uint32_t* in, uint32_t* out) {
  uint8_t* shared = dynamic_shared();
  const int t = thread_index();
  const int neighbour = (t + 1) % kCopyThreads;
  const auto slot = [&](int group, int thread) {
    return shared + 16 * (kCopyThreads * group + thread);
  };
  async_copy_16(slot(0, t), in + 4 * t, true);
  async_copy_commit();
  async_copy_16(slot(1, t), in + 4 * (kCopyThreads - 1 - t), true);
  async_copy_commit();
  async_copy_16(slot(2, t), in + 4 * t, t % 3 == 0);
  async_copy_commit();
  async_copy_wait<2>();
  sync_threads();
  const auto* words = reinterpret_cast<const uint32_t*>(slot(0, neighbour));
  for (int i = 0; i < 4; i++) out[8 * t + i] = words[i];
  async_copy_wait<1>();
  sync_threads();
  out[8 * t + 4] = reinterpret_cast<const uint32_t*>(slot(1, neighbour))[1];
  async_copy_wait<0>();
  sync_threads();
  for (int i = 0; i < 3; i++) {
    out[8 * t + 5 + i] = reinterpret_cast<const uint32_t*>(slot(2, neighbour))[i];
  }
}

FOVEA_KERNEL(64, 1)
void first_kernel(int32_t* out) {
  grid_dependency_launch();
  const int i = block_index() * thread_count() + thread_index();
  out[i] = 3 * i;
}

FOVEA_KERNEL(64, 1)
void second_kernel(int32_t* out) {
  grid_dependency_wait();
  const int i = block_index() * thread_count() + thread_index();
  out[i] += 1;
}

}  // namespace

CudaError launch_indices(int32_t* out, Stream stream) {
  return launch(indices_kernel, {3, 2, 2, 64, 0}, stream, out);
}

CudaError launch_shared(int32_t* out, Stream stream) {
  return launch(shared_kernel, {1, 1, 1, 256, 256}, stream, out);
}

CudaError launch_named_barriers(int32_t* out, Stream stream) {
  return launch(named_barriers_kernel, {1, 1, 1, 128, 3 * 32 * 4}, stream, out);
}

CudaError launch_shuffles(int32_t* out, Stream stream) {
  return launch(shuffles_kernel, {1, 1, 1, 32, 0}, stream, out);
}

CudaError launch_atomics(uint32_t* counters, uint32_t* tickets, Stream stream) {
  return launch(atomics_kernel, {4, 1, 1, 96, 0}, stream, counters, tickets);
}

CudaError launch_mathematics(const float* a, const float* b, uint32_t* out, int count,
                             Stream stream) {
  const unsigned blocks = static_cast<unsigned>(count + 63) / 64;
  return launch(mathematics_kernel, {blocks, 1, 1, 64, 0}, stream, a, b, out, count);
}

CudaError launch_widen(Type16 type, float* out, Stream stream) {
  const auto kernel = type == Type16::kHalf ? &widen_kernel<Half> : &widen_kernel<Bfloat16>;
  return launch(kernel, {256, 1, 1, 256, 0}, stream, out);
}

CudaError launch_narrow(Type16 type, const float* in, uint16_t* single, uint32_t* pairs, int count,
                        Stream stream) {
  const auto kernel = type == Type16::kHalf ? &narrow_kernel<Half> : &narrow_kernel<Bfloat16>;
  const unsigned blocks = static_cast<unsigned>(count / 2 + 63) / 64;
  return launch(kernel, {blocks, 1, 1, 64, 0}, stream, in, single, pairs, count);
}

CudaError launch_load_matrix(const uint16_t* matrices, uint32_t* out, Stream stream) {
  return launch(load_matrix_kernel, {1, 1, 1, 32, 32 * kRowStride}, stream, matrices, out);
}

CudaError launch_mma(Type16 type, const uint32_t* a, const uint32_t* b, float* d, Stream stream) {
  const auto kernel = type == Type16::kHalf ? &mma_kernel<Half> : &mma_kernel<Bfloat16>;
  return launch(kernel, {1, 1, 1, 32, 0}, stream, a, b, d);
}

CudaError launch_async_copy(const uint32_t* in, uint32_t* out, Stream stream) {
  return launch(async_copy_kernel, {1, 1, 1, kCopyThreads, 3 * 16 * kCopyThreads}, stream, in, out);
}

CudaError launch_dependents(int32_t* out, Stream stream) {
  const CudaError error = launch(first_kernel, {4, 1, 1, 64, 0}, stream, out);
  if (error != 0) return error;
  return launch(second_kernel, {4, 1, 1, 64, 0, true}, stream, out);
}

}  // namespace fovea::cuda
