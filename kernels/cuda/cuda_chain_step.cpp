#include "kernels/cuda/cuda_chain_step.h"

#include <algorithm>
#include <iterator>

#include "engine/passes/rewriter.h"
#include "kernels/cuda/cuda_pair_step.h"
#include "kernels/cuda/cuda_srcnn_step.h"
#include "kernels/ops.h"

namespace fovea::cuda {
namespace {

// The longest chain that a kernel computes.
constexpr size_t kMostNodes = 3;

// A kernel of the first `nodes` of a chain.
struct ChainKernel {
  size_t nodes;
  bool (*has)(const DeviceContext& context, const Graph& graph, const NodeChain& chain);
  Result<std::unique_ptr<Step>> (*make)(const DeviceContext& context, const Graph& graph,
                                        const NodeChain& chain);
};

constexpr ChainKernel kChainKernels[] = {{3, is_srcnn, make_srcnn_step},
                                         {2, is_pair, make_pair_step}};

// The chain of at most kMostNodes that begins with `node`.
NodeChain chain_from(const Graph& graph, const std::vector<std::vector<size_t>>& readers,
                     const Node& node) {
  NodeChain chain;
  for (const Node* next = &node; next != nullptr && chain.size() < kMostNodes;
       next = only_reader(graph, readers, next->output)) {
    const auto* convolution = std::get_if<Convolution>(&next->op);
    // A residual reads one of the chain's maps as well, or one from before it.
    if (convolution == nullptr || !convolution->residuals.empty()) break;
    chain.push_back(next);
  }
  return chain;
}

}  // namespace

CudaChainStep::CudaChainStep(const Graph& graph, const NodeChain& chain)
    : CudaStep(chain.front()->inputs, chain.back()->output) {
  for (const Node* node : chain) {
    ops_.push_back(node->op);
    work_per_pixel_ += ops::work_per_pixel(graph, *node);
  }
}

RowRange CudaChainStep::rows_needed(size_t, RowRange rows, int64_t in_height,
                                    int64_t out_height) const {
  for (size_t i = ops_.size(); i-- > 0;)
    rows = fovea::rows_needed(ops_[i], 0, rows, in_height, out_height);
  return rows;
}

Result<std::map<const Node*, std::unique_ptr<Step>>> make_chain_steps(const DeviceContext& context,
                                                                      const Graph& graph) {
  const auto readers = readers_of_values(graph);
  std::map<const Node*, std::unique_ptr<Step>> steps;
  for (const Node& node : graph.nodes()) {
    if (steps.contains(&node)) continue;
    NodeChain chain = chain_from(graph, readers, node);
    const ChainKernel* kernel = std::ranges::find_if(
        kChainKernels, [&](const ChainKernel& one) { return one.has(context, graph, chain); });
    if (kernel == std::end(kChainKernels)) continue;
    chain.resize(kernel->nodes);
    FOVEA_ASSIGN_OR_RETURN(auto step, kernel->make(context, graph, chain));
    for (const Node* inner : chain) steps[inner] = nullptr;
    steps[chain.back()] = std::move(step);
  }
  return steps;
}

}  // namespace fovea::cuda
