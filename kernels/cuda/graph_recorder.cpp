#include "kernels/cuda/graph_recorder.h"

namespace fovea::cuda {
namespace {

constexpr int kRecorded = 1;  // the picture, counted from 0, that graphs are made of

}  // namespace

void GraphRecorder::begin(bool same) {
  if (same) {
    if (pictures_ <= kRecorded) ++pictures_;
  } else {
    forget();
  }
  segment_ = 0;
  is_open_ = false;
}

CudaError GraphRecorder::before_kernel(Stream stream, bool& enqueue) {
  enqueue = pictures_ <= kRecorded;
  if (is_open_) return 0;
  is_open_ = true;
  if (pictures_ != kRecorded) return 0;
  const CudaError error = begin_capture(stream);
  if (error == 0) capturing_ = stream;
  return error;
}

CudaError GraphRecorder::end_segment(Stream stream) {
  if (!is_open_) return 0;
  is_open_ = false;
  if (pictures_ < kRecorded) return 0;
  if (pictures_ == kRecorded) {
    capturing_ = nullptr;
    GraphExec graph = nullptr;
    const CudaError error = end_capture(stream, graph);
    if (error != 0) return error;
    graphs_.push_back(graph);
  }
  return launch_graph(graphs_[segment_++], stream);
}

void GraphRecorder::forget() {
  if (capturing_ != nullptr) {
    GraphExec unfinished = nullptr;
    if (end_capture(capturing_, unfinished) == 0 && unfinished != nullptr)
      destroy_graph(unfinished);
    capturing_ = nullptr;
  }
  for (const GraphExec graph : graphs_) destroy_graph(graph);
  graphs_.clear();
  pictures_ = 0;
  is_open_ = false;
}

}  // namespace fovea::cuda
