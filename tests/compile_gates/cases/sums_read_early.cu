// C7514: sums are read while the products that make them are under way.
#include "wgmma_64x32.cuh"

__global__ void __launch_bounds__(128)
    sums_read_early(float* out, uint64_t a, uint64_t b, int rows) {
  float d[16] = {}, sum[16] = {};
  for (int row = 0; row < rows; row++) {
    wgmma_fence();
    wgmma_64x32(d, a, b);
    wgmma_commit();
    for (int i = 0; i < 16; i++) sum[i] += d[i];
    wgmma_fence();
    wgmma_64x32(sum, a, b);
    wgmma_commit();
    wgmma_wait();
  }
  for (int i = 0; i < 16; i++) out[threadIdx.x * 16 + i] = sum[i];
}
