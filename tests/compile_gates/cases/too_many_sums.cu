// C7511: 9 x 16 accumulators where 512 threads leave 128 registers each.
#include "wgmma_64x32.cuh"

__global__ void __launch_bounds__(512) too_many_sums(float* out, uint64_t a, uint64_t b, int rows) {
  float d[9][16] = {};
  for (int row = 0; row < rows; row++) {
    wgmma_fence();
#pragma unroll
    for (int k = 0; k < 9; k++) wgmma_64x32(d[k], a + k + row, b + k);
    wgmma_commit();
    wgmma_wait();
  }
#pragma unroll
  for (int k = 0; k < 9; k++) {
#pragma unroll
    for (int i = 0; i < 16; i++) out[threadIdx.x * 144 + i * 9 + k] = d[k][i];
  }
}
