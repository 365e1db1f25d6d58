// 64 KiB that are not asked for at launch: above 48 KiB they must be, and no launch succeeds.
__global__ void __launch_bounds__(128) large_static_memory(float* values) {
  __shared__ float fixed[16384];
  fixed[threadIdx.x] = values[threadIdx.x];
  __syncthreads();
  values[threadIdx.x] = fixed[127 - threadIdx.x];
}
