// Times of kernels on the device at hand.
#pragma once

#include <functional>

#include "bench/gpu/layer_problem.h"

namespace fovea::cuda {

struct LayerTimes {
  double median_us = 0.0;  // of a launch, over all replays of a graph
  double p10_us = 0.0;
  double p90_us = 0.0;
  double second_median_us = 0.0;  // of a second round, later
  int64_t replays = 0;
  int64_t launches = 0;  // in the graph
};

/// Times what `launch` enqueues for a set of maps. Its launches, over `sets` sets that take turns,
/// are captured into a graph that runs for about `graph_seconds`, and the graph is replayed
/// `replays` times, or fewer, but five, where that takes longer than `most_seconds`.
CudaError time_launches(const std::function<CudaError(int set, Stream stream)>& launch, int sets,
                        double graph_seconds, int64_t replays, double most_seconds,
                        LayerTimes& times);

/// The same of the kernel that `problem` has chosen.
CudaError time_layer(const LayerProblem& problem, int sets, double graph_seconds, int64_t replays,
                     double most_seconds, LayerTimes& times);

/// Sets of maps that together are more than twice `cache_bytes`, as few as that takes; at least 2.
int sets_beyond(int64_t cache_bytes, int64_t bytes_of_set);

}  // namespace fovea::cuda
