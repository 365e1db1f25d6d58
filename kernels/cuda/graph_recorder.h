// The kernels of a picture as CUDA graphs, so that the second and later pictures of a size cost one
// launch where the first cost hundreds.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// A picture is a sequence of segments of kernels, between which rows come and go: a graph each.
/// (One segment for a whole picture; one for each band and ring phase of a sweep.) The first
/// picture's kernels are launched as they come, since a single picture would not earn back what
/// making a graph costs; the second's are recorded and launched as graphs; from the third on
/// nothing is enqueued at all.
class GraphRecorder {
 public:
  GraphRecorder() = default;
  ~GraphRecorder() { forget(); }
  GraphRecorder(const GraphRecorder&) = delete;
  GraphRecorder& operator=(const GraphRecorder&) = delete;

  /// A picture begins: `same` when its kernels and their arguments are those of the last.
  void begin(bool same);

  /// Before a kernel: false when it is not to be enqueued, because a graph will run it.
  CudaError before_kernel(Stream stream, bool& enqueue);

  /// Between segments and at the end: what was recorded or replayed is launched.
  CudaError end_segment(Stream stream);

  /// True between a kernel that was recorded and the end of its segment.
  bool is_recording() const { return capturing_ != nullptr; }

  /// After a failure, and before what the graphs refer to goes.
  void forget();

 private:
  int pictures_ = 0;  // alike, in a row, before this one
  size_t segment_ = 0;
  bool is_open_ = false;  // a segment with kernels in it
  Stream capturing_ = nullptr;
  std::vector<GraphExec> graphs_;  // by segment
};

}  // namespace fovea::cuda
