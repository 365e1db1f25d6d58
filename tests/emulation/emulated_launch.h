// How kernels/cuda/launch.h starts kernels in the emulation.
#pragma once

#include <array>
#include <cstddef>
#include <functional>

#include "kernels/cuda/runtime.h"

namespace fovea::emulation {

/// Runs `thread` as every thread of the grid, or records it where `stream` is being captured.
cuda::CudaError launch(const std::array<unsigned, 3>& grid, unsigned threads, size_t shared_bytes,
                       bool dependent, cuda::Stream stream, std::function<void()> thread);

/// What runtime_emulated.cpp does with work for a stream: runs it, keeps it for later, or records
/// it into a graph.
cuda::CudaError enqueue(cuda::Stream stream, std::function<cuda::CudaError()> work);

}  // namespace fovea::emulation
