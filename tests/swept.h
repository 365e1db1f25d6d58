// A graph through the swept runner, for tests that hold it to run_whole.
#pragma once

#include "engine/backend.h"

namespace fovea::test {

/// A graph rewritten and lowered once by a backend, to be swept in many ways.
class SweptGraph {
 public:
  static Result<SweptGraph> create(const Graph& graph, const Backend& backend);

  /// The output for `input` in bands of `band_height` rows (0: the plan's choice) on `threads`
  /// threads, in an arena of at most `ceiling` bytes (0: no limit) that starts full of NaN. kUsage
  /// when rows come out of order or are missing.
  Result<Tensor> run(const Tensor& input, int64_t band_height, int threads,
                     int64_t ceiling = 0) const;

  const Graph& rewritten() const { return graph_; }

 private:
  SweptGraph(Graph graph, Steps steps) : graph_(std::move(graph)), steps_(std::move(steps)) {}

  Graph graph_;
  Steps steps_;
};

/// SweptGraph::run on a graph that is wanted once.
Result<Tensor> swept(const Graph& graph, const Backend& backend, const Tensor& input,
                     int64_t band_height, int threads);

/// The output of the same rewritten graph by run_whole, every value in a map of its own.
Result<Tensor> whole_rewritten(const Graph& graph, const Backend& backend, const Tensor& input);

/// EXPECTs that `graph` gives the same bits as it is as after the backend's exact rewrites, and
/// after all of them the same bits swept as whole, for band heights 1, 2, 3, 7, 16, 64 and more
/// than there are rows, some on one thread and some on several, on a map of `size` pixels.
void expect_swept_equals_whole(const Graph& graph, const Backend& backend, Size size);

}  // namespace fovea::test
