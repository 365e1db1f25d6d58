// Local memory without a spill: an array whose index is known only at run time.
__global__ void __launch_bounds__(128) local_array(float* values, int index) {
  float v[64];
  for (int i = 0; i < 64; i++) v[i] = values[i];
  for (int i = 0; i < index; i++) v[(i * 7) & 63] += v[i & 63];
  for (int i = 0; i < 64; i++) values[threadIdx.x * 64 + i] = v[i];
}
