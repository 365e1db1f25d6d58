// C7520: whether a product is made hangs on a number that differs between the threads of a warp.
#include "wgmma_64x32.cuh"

__global__ void __launch_bounds__(128)
    divergent_warpgroup(float* out, uint64_t a, uint64_t b, const int* steps) {
  float d[16] = {};
  wgmma_fence();
  for (int k = 0; k < 4; k++) {
    if (steps[threadIdx.x] > k) wgmma_64x32(d, a + k, b + k);
  }
  wgmma_commit();
  wgmma_wait();
  for (int i = 0; i < 16; i++) out[threadIdx.x * 16 + i] = d[i];
}
