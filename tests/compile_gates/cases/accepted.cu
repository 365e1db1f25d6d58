// What the gates let through: four products a row, of which the compiler must keep four.
#include "wgmma_64x32.cuh"

template <int kSteps>
__global__ void __launch_bounds__(128) accepted(float* out, uint64_t a, uint64_t b, int rows) {
  float d[16] = {};
#pragma unroll 1
  for (int row = 0; row < rows; row++) {
    wgmma_fence();
#pragma unroll
    for (int k = 0; k < kSteps; k++) wgmma_64x32(d, a + k + row, b + k);
    wgmma_commit();
    wgmma_wait();
  }
  for (int i = 0; i < 16; i++) out[threadIdx.x * 16 + i] = d[i];
}

template __global__ void accepted<4>(float*, uint64_t, uint64_t, int);
