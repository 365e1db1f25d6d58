// The formulas of kernels/ops.h written down once more, in f64, index by index: what the reference
// is tested against.
#pragma once

#include <vector>

#include "engine/graph.h"

namespace fovea::test {

/// A result and, for each of its values, the sum of the magnitudes that were added up to it:
/// rounding errors of any order of summation are bounded by (number of terms) x eps x this.
struct NaiveResult {
  Tensor value;
  Tensor magnitude;
  double terms = 1;  ///< the most terms any value sums
};

/// `node` of `graph` applied to `inputs`.
NaiveResult evaluate_naively(const Graph& graph, const Node& node,
                             const std::vector<Tensor>& inputs);

}  // namespace fovea::test
