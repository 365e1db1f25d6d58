// Spills: 96 values live in each of 1024 threads, where two blocks a multiprocessor leave 32
// registers.
__global__ void __launch_bounds__(1024, 2) spilled_registers(float* values) {
  float v[96];
#pragma unroll
  for (int i = 0; i < 96; i++) v[i] = values[i * 1024 + threadIdx.x];
  __syncthreads();
#pragma unroll
  for (int i = 0; i < 96; i++) values[(95 - i) * 1024 + threadIdx.x] = v[i] * v[(i * 7 + 1) % 96];
}
