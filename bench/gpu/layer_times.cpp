#include "bench/gpu/layer_times.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace fovea::cuda {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

using Launch = std::function<CudaError(int set, Stream stream)>;

/// A stream and a graph of launches in it.
class Replay {
 public:
  ~Replay() {
    if (graph_) destroy_graph(graph_);
    if (stream_) destroy_stream(stream_);
  }

  CudaError capture(const Launch& launch, int sets, int64_t launches) {
    if (!stream_) {
      if (CudaError error = create_stream(stream_)) return error;
    }
    if (graph_) destroy_graph(graph_);
    graph_ = nullptr;
    if (CudaError error = begin_capture(stream_)) return error;
    CudaError launched = 0;
    for (int64_t i = 0; i < launches && !launched; i++) {
      launched = launch(static_cast<int>(i % sets), stream_);
    }
    const CudaError ended = end_capture(stream_, graph_);
    return launched ? launched : ended;
  }

  /// Seconds from the graph's start to its end, as the host sees them.
  CudaError run(double& seconds) {
    const double begin = now();
    if (CudaError error = launch_graph(graph_, stream_)) return error;
    if (CudaError error = synchronize(stream_)) return error;
    seconds = now() - begin;
    return 0;
  }

 private:
  Stream stream_ = nullptr;
  GraphExec graph_ = nullptr;
};

CudaError replay(Replay& graph, int64_t replays, int64_t launches, std::vector<double>& sorted_us) {
  sorted_us.clear();
  for (int64_t i = 0; i < replays; i++) {
    double seconds = 0.0;
    if (CudaError error = graph.run(seconds)) return error;
    sorted_us.push_back(1e6 * seconds / static_cast<double>(launches));
  }
  std::sort(sorted_us.begin(), sorted_us.end());
  return 0;
}

}  // namespace

int sets_beyond(int64_t cache_bytes, int64_t bytes_of_set) {
  return static_cast<int>(std::max<int64_t>(2, 2 * cache_bytes / bytes_of_set + 1));
}

CudaError time_launches(const Launch& launch, int sets, double graph_seconds, int64_t replays,
                        double most_seconds, LayerTimes& times) {
  Replay graph;
  // What a launch takes, roughly, once the clock is up.
  int64_t launches = sets;
  if (CudaError error = graph.capture(launch, sets, launches)) return error;
  double seconds = 0.0;
  for (int i = 0; i < 3; i++) {
    if (CudaError error = graph.run(seconds)) return error;
  }
  const double each = seconds / static_cast<double>(launches);
  launches = std::clamp<int64_t>(static_cast<int64_t>(graph_seconds / each), sets, 2000);
  launches = (launches + sets - 1) / sets * sets;
  if (CudaError error = graph.capture(launch, sets, launches)) return error;
  if (CudaError error = graph.run(seconds)) return error;
  constexpr int64_t kFewest = 5;
  const auto within = static_cast<int64_t>(std::min(1e6, most_seconds / seconds));
  replays = std::min(replays, std::max(kFewest, within));
  std::vector<double> us;
  if (CudaError error = replay(graph, replays, launches, us)) return error;
  times.median_us = us[us.size() / 2];
  times.p10_us = us[us.size() / 10];
  times.p90_us = us[us.size() - 1 - us.size() / 10];
  if (CudaError error = replay(graph, replays, launches, us)) return error;
  times.second_median_us = us[us.size() / 2];
  times.replays = replays;
  times.launches = launches;
  return 0;
}

CudaError time_layer(const LayerProblem& problem, int sets, double graph_seconds, int64_t replays,
                     double most_seconds, LayerTimes& times) {
  const auto launch = [&](int set, Stream stream) {
    return problem.launch(set, 0, problem.output_height(), stream);
  };
  return time_launches(launch, sets, graph_seconds, replays, most_seconds, times);
}

}  // namespace fovea::cuda
