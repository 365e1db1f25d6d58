// How launchers start kernels: one function over the CUDA runtime and over tests/emulation.
// For files compiled by nvcc, or as C++ with FOVEA_CUDA_EMULATION.
#pragma once

#include <cstddef>
#include <tuple>
#include <utility>

#include "kernels/cuda/runtime.h"

#ifdef FOVEA_CUDA_EMULATION
#include <functional>

#include "tests/emulation/emulated_launch.h"
#else
#include <cuda_runtime_api.h>
#endif

namespace fovea::cuda {

struct LaunchShape {
  unsigned grid_x = 1;
  unsigned grid_y = 1;
  unsigned grid_z = 1;
  unsigned threads = 1;
  size_t shared_bytes = 0;
  /// May start before the kernel ahead of it in the stream has ended: see dependent_launch.cuh.
  bool dependent = false;
};

/// Enqueues `kernel` on `stream`. `args` are converted to the kernel's parameters and copied.
template <class... P, class... A>
CudaError launch(void (*kernel)(P...), const LaunchShape& shape, Stream stream, A&&... args) {
  static_assert(sizeof...(P) == sizeof...(A), "an argument for each parameter");
#ifdef FOVEA_CUDA_EMULATION
  std::tuple<std::remove_cv_t<P>...> values(std::forward<A>(args)...);
  return emulation::launch({shape.grid_x, shape.grid_y, shape.grid_z}, shape.threads,
                           shape.shared_bytes, shape.dependent, stream,
                           [kernel, values] { std::apply(kernel, values); });
#else
  // Above 48 KB a kernel must be told that it may have them, on each device that it runs on. The
  // call is cheap, and networks are launched as graphs, so it is simply made each time.
  constexpr size_t kSharedWithoutAsking = 48 * 1024;
  if (shape.shared_bytes > kSharedWithoutAsking) {
    const cudaError_t error = cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                                                   cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                   static_cast<int>(shape.shared_bytes));
    if (error != cudaSuccess) return error;
  }
  cudaLaunchAttribute attribute{};
  attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attribute.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(shape.grid_x, shape.grid_y, shape.grid_z);
  config.blockDim = dim3(shape.threads);
  config.dynamicSmemBytes = shape.shared_bytes;
  config.stream = stream;
  config.attrs = &attribute;
  config.numAttrs = shape.dependent ? 1 : 0;
  std::tuple<std::remove_cv_t<P>...> values(std::forward<A>(args)...);
  return std::apply(
      [&](auto&... value) {
        void* pointers[] = {static_cast<void*>(&value)..., nullptr};
        return static_cast<CudaError>(
            cudaLaunchKernelExC(&config, reinterpret_cast<const void*>(kernel), pointers));
      },
      values);
#endif
}

}  // namespace fovea::cuda
