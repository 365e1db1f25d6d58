// Programmatic dependent launch: a kernel launched with LaunchShape::dependent may start while the
// one before it in the stream still runs. Below sm_90 both calls are nothing, and kernels follow
// each other.
#pragma once

#include "kernels/cuda/device/device.cuh"

namespace fovea::cuda {

#ifdef FOVEA_CUDA_EMULATION

FOVEA_DEVICE void grid_dependency_wait() { emulation::grid_dependency_wait(); }
FOVEA_DEVICE void grid_dependency_launch() { emulation::grid_dependency_launch(); }

#else

/// Until the kernels before have ended and what they wrote is seen. Before it a kernel touches
/// nothing that they write, and writes nothing that they read.
FOVEA_DEVICE void grid_dependency_wait() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

/// Lets the next kernel start its blocks as soon as every block has said so or has ended.
FOVEA_DEVICE void grid_dependency_launch() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

#endif

}  // namespace fovea::cuda
