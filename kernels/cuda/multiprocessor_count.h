// How many multiprocessors the calling thread's device has, for launchers that start as many
// blocks. For files compiled by nvcc, or as C++ with FOVEA_CUDA_EMULATION.
#pragma once

#include "kernels/cuda/runtime.h"

#ifndef FOVEA_CUDA_EMULATION
#include <cuda_runtime_api.h>
#endif

namespace fovea::cuda {

inline CudaError multiprocessor_count(int& count) {
#ifdef FOVEA_CUDA_EMULATION
  DeviceProperties properties;
  const CudaError error = device_properties(0, properties);
  count = properties.multiprocessors;
  return error;
#else
  int device = 0;
  const cudaError_t error = cudaGetDevice(&device);
  if (error != cudaSuccess) return error;
  return cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device);
#endif
}

}  // namespace fovea::cuda
