// What the wrappers of kernels/cuda/device call when kernels are compiled as C++. The meaning of
// each function is that of its wrapper.
#pragma once

#include <cstdint>

namespace fovea::cuda {
struct Half;
struct Bfloat16;
struct TensorMap;
}  // namespace fovea::cuda

namespace fovea::emulation {

/// The running thread's place.
struct Context {
  int thread = 0;
  int threads = 0;
  int block[3] = {0, 0, 0};
  int grid[3] = {1, 1, 1};
  uint8_t* shared = nullptr;
};
extern Context context;

int compute_capability();
uint32_t shared_address(const void* pointer);

void sync_threads();
void sync_warp();
void named_barrier_sync(int id, int threads);
void named_barrier_arrive(int id, int threads);
uint32_t shuffle(uint32_t value, int lane);
uint32_t shuffle_down(uint32_t value, int distance);
uint32_t shuffle_xor(uint32_t value, int mask);
uint32_t ballot(bool predicate);
uint32_t atomic_or(uint32_t* address, uint32_t value);
uint32_t atomic_add(uint32_t* address, uint32_t value);
int32_t round_to_int(float value);

float half_to_float(uint16_t bits);
float bfloat16_to_float(uint16_t bits);
uint16_t float_to_half(float value);
uint16_t float_to_bfloat16(float value);

enum class MatrixType { kHalf, kBfloat16 };
template <class T>
constexpr MatrixType matrix_type();
template <>
constexpr MatrixType matrix_type<cuda::Half>() {
  return MatrixType::kHalf;
}
template <>
constexpr MatrixType matrix_type<cuda::Bfloat16>() {
  return MatrixType::kBfloat16;
}

void mma_m16n8k16(float* d, const uint32_t* a, const uint32_t* b, MatrixType type);
void load_matrix(uint32_t* registers, int matrices, uint32_t address, bool transposed);
void store_matrix(const uint32_t* registers, int matrices, uint32_t address);

void wgmma_fence();
void wgmma_commit();
void wgmma_wait(int pending);
void wgmma(float* d, int n, uint64_t a, uint64_t b, bool accumulate, MatrixType type);
void wgmma(float* d, int n, const uint32_t (&a)[4], uint64_t b, bool accumulate, MatrixType type);
void set_max_registers(int registers, bool increase);

void mbarrier_init(uint64_t* barrier, uint32_t arrivals);
void mbarrier_init_fence();
void mbarrier_arrive(uint64_t* barrier);
void mbarrier_arrive_expect_bytes(uint64_t* barrier, uint32_t bytes);
void mbarrier_wait(uint64_t* barrier, uint32_t parity);

void tensor_load_3d(void* shared, const cuda::TensorMap* map, uint64_t* barrier, int x, int y,
                    int z);
void bulk_load(void* shared, const void* global, uint32_t bytes, uint64_t* barrier);
void check_tensor_map(const cuda::TensorMap* map);
void fence_proxy_async();

void async_copy_16(void* shared, const void* global, bool valid);
void async_copy_commit();
void async_copy_wait(int pending);

void grid_dependency_wait();
void grid_dependency_launch();

}  // namespace fovea::emulation
