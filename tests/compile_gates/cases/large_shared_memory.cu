// 40 KiB and, at launch, as much again for each of kStages: within a block of sm_90 and of sm_80,
// more than one of sm_75 or sm_86 has.
template <int kStages>
__global__ void __launch_bounds__(128) large_shared_memory(float* values) {
  __shared__ float fixed[10240];
  extern __shared__ float more[];
  fixed[threadIdx.x] = values[threadIdx.x];
  more[threadIdx.x * kStages] = values[threadIdx.x + 128];
  __syncthreads();
  values[threadIdx.x] = fixed[127 - threadIdx.x] + more[(127 - threadIdx.x) * kStages];
}

template __global__ void large_shared_memory<2>(float*);
