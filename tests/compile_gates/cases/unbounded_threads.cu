// No launch bounds, so nothing holds registers x threads below the register file.
__global__ void unbounded_threads(float* values) { values[threadIdx.x] *= 2.0f; }
