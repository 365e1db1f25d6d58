// From a graph's node to the CUDA kernel that computes it.
#pragma once

#include "engine/graph.h"
#include "tests/emulation/operator_run.h"

namespace fovea::test {

/// Whether kernels other than convolutions compute `node`.
bool has_kernel_of_its_own(const Graph& graph, const Node& node);

/// `node` on maps of `type`: its launch with the node's parameters, its sizes and the rows it
/// needs. The inputs are left to be given. The graph must outlive the result.
OperatorRun operator_run(const Graph& graph, const Node& node, const std::vector<Size>& inputs,
                         cuda::ElementType type);

}  // namespace fovea::test
