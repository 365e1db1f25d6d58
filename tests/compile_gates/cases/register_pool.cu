// Two warpgroups ask for 232 registers a thread and one gives back some of its 168: more than the
// block was launched with, so that setmaxnreg waits forever.
__global__ void __launch_bounds__(384, 1) register_pool(float* values) {
  if (__shfl_sync(~0u, threadIdx.x / 128, 0) == 0) {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 104;");
  } else {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
    values[threadIdx.x] *= 2.0f;
  }
}
