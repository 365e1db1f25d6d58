#include "tests/emulation/emulated_launch.h"

#include <mutex>

#include "tests/emulation/block.h"
#include "tests/emulation/device_limits.h"

namespace fovea::emulation {

cuda::CudaError launch(const std::array<unsigned, 3>& grid, unsigned threads, size_t shared_bytes,
                       bool dependent, cuda::Stream stream, std::function<void()> thread) {
  constexpr cuda::CudaError kInvalidValue = 1;
  constexpr cuda::CudaError kInvalidConfiguration = 9;
  for (size_t axis = 0; axis < 3; axis++) {
    if (grid[axis] < 1 || grid[axis] > kMaxGrid[axis]) return kInvalidConfiguration;
  }
  if (threads < 1 || threads > kMaxBlockThreads) return kInvalidConfiguration;
  // Asking for more than there is fails where the kernel is told that it may have it.
  if (shared_bytes > max_shared_bytes(compute_capability())) return kInvalidValue;
  return enqueue(stream, [grid, threads, shared_bytes, dependent, thread = std::move(thread)] {
    static std::mutex one_at_a_time;
    const std::lock_guard lock(one_at_a_time);
    start_error_count();
    block.run_grid(grid, threads, shared_bytes, dependent, thread);
    return cuda::CudaError{0};
  });
}

}  // namespace fovea::emulation
