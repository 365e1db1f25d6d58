// The words in which kernels speak of threads, blocks, barriers and warps. Under nvcc they are CUDA
// C++ and PTX; with FOVEA_CUDA_EMULATION the same kernels are plain C++ over tests/emulation.
//
// A kernel file uses these wrappers and those of the headers beside this one for everything that is
// not plain C++, so that one source serves both.
#pragma once

#include <cstdint>

#ifdef FOVEA_CUDA_EMULATION

#include <cmath>

#include "tests/emulation/emulated_device.h"

#define FOVEA_DEVICE inline __attribute__((always_inline))
#define FOVEA_HOST_DEVICE inline
#define FOVEA_KERNEL(...)
#define FOVEA_GRID_CONSTANT
#define FOVEA_UNROLL
#define FOVEA_NO_UNROLL

#else

/// A function of device code, always inlined.
#define FOVEA_DEVICE __device__ __forceinline__
/// A function of host and of device code.
#define FOVEA_HOST_DEVICE __host__ __device__ __forceinline__
/// Before a kernel's `void`: FOVEA_KERNEL(threads of a block, blocks a multiprocessor should hold).
#define FOVEA_KERNEL(...) __global__ __launch_bounds__(__VA_ARGS__)
/// Before a parameter that is read where the launch put it, such as a TensorMap.
#define FOVEA_GRID_CONSTANT __grid_constant__
/// Before a loop whose counter must be a constant in each pass.
#define FOVEA_UNROLL _Pragma("unroll")
#define FOVEA_NO_UNROLL _Pragma("unroll 1")

#endif

namespace fovea::cuda {

inline constexpr int kWarpThreads = 32;
inline constexpr int kWarpgroupThreads = 128;

#ifdef FOVEA_CUDA_EMULATION

FOVEA_DEVICE int compute_capability() { return emulation::compute_capability(); }
FOVEA_DEVICE int thread_index() { return emulation::context.thread; }
FOVEA_DEVICE int thread_count() { return emulation::context.threads; }
FOVEA_DEVICE int block_index() { return emulation::context.block[0]; }
FOVEA_DEVICE int block_index_y() { return emulation::context.block[1]; }
FOVEA_DEVICE int block_index_z() { return emulation::context.block[2]; }
FOVEA_DEVICE int block_count() { return emulation::context.grid[0]; }
FOVEA_DEVICE int block_count_y() { return emulation::context.grid[1]; }
FOVEA_DEVICE int block_count_z() { return emulation::context.grid[2]; }
FOVEA_DEVICE uint8_t* dynamic_shared() { return emulation::context.shared; }
FOVEA_DEVICE uint32_t shared_address(const void* pointer) {
  return emulation::shared_address(pointer);
}
FOVEA_DEVICE void sync_threads() { emulation::sync_threads(); }
FOVEA_DEVICE void sync_warp() { emulation::sync_warp(); }
FOVEA_DEVICE void named_barrier_sync(int id, int threads) {
  emulation::named_barrier_sync(id, threads);
}
FOVEA_DEVICE void named_barrier_arrive(int id, int threads) {
  emulation::named_barrier_arrive(id, threads);
}
FOVEA_DEVICE uint32_t shuffle_word(uint32_t value, int lane) {
  return emulation::shuffle(value, lane);
}
FOVEA_DEVICE uint32_t shuffle_down_word(uint32_t value, int distance) {
  return emulation::shuffle_down(value, distance);
}
FOVEA_DEVICE uint32_t shuffle_xor_word(uint32_t value, int mask) {
  return emulation::shuffle_xor(value, mask);
}
FOVEA_DEVICE uint32_t ballot(bool predicate) { return emulation::ballot(predicate); }
FOVEA_DEVICE uint32_t atomic_or(uint32_t* address, uint32_t value) {
  return emulation::atomic_or(address, value);
}
FOVEA_DEVICE uint32_t atomic_add(uint32_t* address, uint32_t value) {
  return emulation::atomic_add(address, value);
}
FOVEA_DEVICE float maximum(float a, float b) { return std::fmax(a, b); }
FOVEA_DEVICE float minimum(float a, float b) { return std::fmin(a, b); }
FOVEA_DEVICE float multiply_add(float a, float b, float c) { return std::fma(a, b, c); }
FOVEA_DEVICE int32_t round_to_int(float value) { return emulation::round_to_int(value); }
FOVEA_DEVICE bool is_finite(float value) { return std::isfinite(value); }

#else

/// 10 * major + minor of what the code is compiled for; a branch on it costs nothing.
FOVEA_DEVICE constexpr int compute_capability() {
#ifdef __CUDA_ARCH__
  return __CUDA_ARCH__ / 10;
#else
  return 0;
#endif
}

FOVEA_DEVICE int thread_index() { return static_cast<int>(threadIdx.x); }
FOVEA_DEVICE int thread_count() { return static_cast<int>(blockDim.x); }
FOVEA_DEVICE int block_index() { return static_cast<int>(blockIdx.x); }
FOVEA_DEVICE int block_index_y() { return static_cast<int>(blockIdx.y); }
FOVEA_DEVICE int block_index_z() { return static_cast<int>(blockIdx.z); }
FOVEA_DEVICE int block_count() { return static_cast<int>(gridDim.x); }
FOVEA_DEVICE int block_count_y() { return static_cast<int>(gridDim.y); }
FOVEA_DEVICE int block_count_z() { return static_cast<int>(gridDim.z); }

/// The block's dynamic shared memory, aligned to 1024 bytes.
FOVEA_DEVICE uint8_t* dynamic_shared() {
  extern __shared__ __align__(1024) uint8_t fovea_dynamic_shared[];
  return fovea_dynamic_shared;
}

/// The address in the shared window of what `pointer` points to in shared memory.
FOVEA_DEVICE uint32_t shared_address(const void* pointer) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(pointer));
}

/// All threads of the block that have not returned meet; what they wrote is seen by all.
FOVEA_DEVICE void sync_threads() { __syncthreads(); }
FOVEA_DEVICE void sync_warp() { __syncwarp(); }

/// Barrier `id` (1 ... 15; 0 is sync_threads()'s): waits until `threads` threads, whole warps, have
/// come to it by sync or arrive.
FOVEA_DEVICE void named_barrier_sync(int id, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}
/// As above without waiting.
FOVEA_DEVICE void named_barrier_arrive(int id, int threads) {
  asm volatile("bar.arrive %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

FOVEA_DEVICE uint32_t shuffle_word(uint32_t value, int lane) {
  return __shfl_sync(0xffffffffu, value, lane);
}
FOVEA_DEVICE uint32_t shuffle_down_word(uint32_t value, int distance) {
  return __shfl_down_sync(0xffffffffu, value, static_cast<unsigned>(distance));
}
FOVEA_DEVICE uint32_t shuffle_xor_word(uint32_t value, int mask) {
  return __shfl_xor_sync(0xffffffffu, value, mask);
}
/// Bit l: the predicate of lane l. All 32 lanes come.
FOVEA_DEVICE uint32_t ballot(bool predicate) { return __ballot_sync(0xffffffffu, predicate); }

/// In global memory; both return what was there before.
FOVEA_DEVICE uint32_t atomic_or(uint32_t* address, uint32_t value) {
  return atomicOr(address, value);
}
FOVEA_DEVICE uint32_t atomic_add(uint32_t* address, uint32_t value) {
  return atomicAdd(address, value);
}

/// NaN loses against a number, as in fmax and fmin.
FOVEA_DEVICE float maximum(float a, float b) { return fmaxf(a, b); }
FOVEA_DEVICE float minimum(float a, float b) { return fminf(a, b); }
/// a b + c with one rounding.
FOVEA_DEVICE float multiply_add(float a, float b, float c) { return fmaf(a, b, c); }
/// The nearest integer, halves to even; saturates, and NaN becomes 0.
FOVEA_DEVICE int32_t round_to_int(float value) { return __float2int_rn(value); }
FOVEA_DEVICE bool is_finite(float value) { return isfinite(value); }

#endif

FOVEA_DEVICE int lane_index() { return thread_index() % kWarpThreads; }
FOVEA_DEVICE int warp_index() { return thread_index() / kWarpThreads; }

/// The same bits as another 4-byte type.
template <class To, class From>
FOVEA_DEVICE To same_bits(From value) {
  static_assert(sizeof(To) == 4 && sizeof(From) == 4, "a register holds 4 bytes");
  return __builtin_bit_cast(To, value);
}

/// `value` of lane `lane`, of the lane `distance` further (the own one beyond the last), and of the
/// lane whose index differs in the bits of `mask`. 4-byte types; all 32 lanes come.
template <class T>
FOVEA_DEVICE T shuffle(T value, int lane) {
  return same_bits<T>(shuffle_word(same_bits<uint32_t>(value), lane));
}
template <class T>
FOVEA_DEVICE T shuffle_down(T value, int distance) {
  return same_bits<T>(shuffle_down_word(same_bits<uint32_t>(value), distance));
}
template <class T>
FOVEA_DEVICE T shuffle_xor(T value, int mask) {
  return same_bits<T>(shuffle_xor_word(same_bits<uint32_t>(value), mask));
}

/// Lane 0's value, which the compiler then knows to be one for the warp. Branches around
/// wgmma must be on such values, or ptxas serialises the instructions (its warning C7520).
FOVEA_DEVICE int uniform(int value) { return shuffle(value, 0); }

FOVEA_DEVICE bool any_sync(bool predicate) { return ballot(predicate) != 0; }

}  // namespace fovea::cuda
