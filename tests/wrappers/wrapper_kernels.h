// A kernel a wrapper of kernels/cuda/device, behind launchers that host code can call.
#pragma once

#include <cstdint>

#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

enum class Type16 { kHalf, kBfloat16 };

// wrapper_kernels.cu: every architecture.

/// out[block][thread] = {thread, threads, block x y z, blocks x y z} for a grid of 3 x 2 x 2 blocks
/// of 64 threads.
CudaError launch_indices(int32_t* out, Stream stream);
/// out = {alignment fault of dynamic_shared, address step of 16 bytes, compute capability,
/// bytes that reversal through shared memory got wrong}
CudaError launch_shared(int32_t* out, Stream stream);
/// 4 warps hand 96 numbers on through named barriers 1 ... 15: out[15][32], round r: 1000 r + lane
/// + 96.
CudaError launch_named_barriers(int32_t* out, Stream stream);
/// For 32 lanes: {shuffle from (5 lane) % 32, down by 3, xor 9, ballot of lane % 3 == 0, any of
/// lane
/// == 31, any of nothing, uniform} of 100 + lane. out[7][32]
CudaError launch_shuffles(int32_t* out, Stream stream);
/// counters[0] += 1 and counters[1] |= 1 << (thread % 32) by 4 x 96 threads; tickets[i] = 1 for
/// each value that atomic_add gave back.
CudaError launch_atomics(uint32_t* counters, uint32_t* tickets, Stream stream);
/// out[5][count]: maximum, minimum, multiply_add(a, b, 1), round_to_int's bits, is_finite of a.
CudaError launch_mathematics(const float* a, const float* b, uint32_t* out, int count,
                             Stream stream);
/// All 65536 numbers as f32.
CudaError launch_widen(Type16 type, float* out, Stream stream);
/// from_float of each, and pack2 of each pair.
CudaError launch_narrow(Type16 type, const float* in, uint16_t* single, uint32_t* pairs, int count,
                        Stream stream);
/// kMatrixLoads variants of ldmatrix over 4 matrices of 8 x 8 with a row stride of 48 bytes:
/// out[variant][register][lane], 4 registers each, 0 where a variant has fewer.
inline constexpr int kMatrixLoads = 6;  // x1, x2, x4, and transposed
CudaError launch_load_matrix(const uint16_t* matrices, uint32_t* out, Stream stream);
/// d[lane][4] += a[lane][4] b[lane][2]
CudaError launch_mma(Type16 type, const uint32_t* a, const uint32_t* b, float* d, Stream stream);
/// out[thread][8] of 16-byte copies: thread t copies rows of in[128][16 bytes] in 3 groups, the
/// last not valid, and reads its neighbour's after each wait.
CudaError launch_async_copy(const uint32_t* in, uint32_t* out, Stream stream);
/// Two kernels that depend on each other: out[i] = 3 i + 1 for 256 threads.
CudaError launch_dependents(int32_t* out, Stream stream);

// wrapper_kernels_sm90.cu: 90 and later.

/// r[lane][4] stored as 4 matrices of rows of 16 bytes with a stride of 48: out[4][8][4 words].
CudaError launch_store_matrix(const uint32_t* r, uint32_t* out, Stream stream);
/// A ring of 2 slots from one thread to 96 through `rounds` rounds: sums[thread].
CudaError launch_mbarrier_ring(int rounds, uint32_t* sums, Stream stream);
/// A box of kBoxPixels pixels x 1 slot x kBoxPlanes planes at {2 * column, slot, plane}.
inline constexpr int kBoxPixels = 12;
inline constexpr int kBoxPlanes = 3;
CudaError launch_tensor_load(const TensorMap& map, int column, int slot, int plane, uint32_t* out,
                             Stream stream);
/// `bytes` bytes (a multiple of 16, at most 32768) in two copies on one barrier.
CudaError launch_bulk_load(const void* in, void* out, uint32_t bytes, Stream stream);

// wrapper_kernels_wgmma.cu: 90a.

/// Operands as they lie in shared memory, and what to do with them.
struct WgmmaRun {
  Type16 type;
  int n;
  bool a_in_registers;  // then a is [128][4] words for each step
  bool accumulate;      // onto d
  int steps;            // of 16 products; step s begins at s * a_step and s * b_step
  uint32_t a_bytes, a_leading, a_stride, a_step, a_first;
  uint32_t b_bytes, b_leading, b_stride, b_step;
};
/// d[thread][n / 2]. By way of the bulk copy engine, or by plain stores and a fence.
CudaError launch_wgmma(const WgmmaRun& run, bool bulk, const void* a, const void* b, float* d,
                       Stream stream);
/// Whether launch_wgmma has the shape.
bool has_wgmma(int n);
/// Two groups in flight, waited for one by one, by two warpgroups whose registers
/// set_max_registers shifted: d[2][thread][16], the products a[i] b (64 x 32 each).
CudaError launch_wgmma_groups(const void* a, const void* b, float* d, Stream stream);

}  // namespace fovea::cuda
