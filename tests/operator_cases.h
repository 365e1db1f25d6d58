// The cases every backend's kernels are tested on, and benchmarks run on: one operator, its
// parameters, its sizes.
#pragma once

#include <string>
#include <vector>

#include "engine/graph.h"
#include "engine/tensor.h"

namespace fovea::test {

/// A graph whose last node is the operator under test; nodes before it only make values of the
/// right shape.
struct OperatorCase {
  std::string name;
  Graph graph;
  Size input;  ///< of the graph

  const Node& node() const { return graph.nodes().back(); }
};

/// All cases: odd and tiny sizes, ragged tails of every blocking in use, groups, every activation,
/// residuals, every filter and scale. Parameters are seeded by the case's position: the same on
/// every machine.
std::vector<OperatorCase> operator_cases();

/// A seeded map for each input of the case's operator.
std::vector<Tensor> random_inputs(const OperatorCase& operator_case);

}  // namespace fovea::test
