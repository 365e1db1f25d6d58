#include "kernels/cuda/cuda_srcnn_step.h"

#include <array>

#include "kernels/cuda/srcnn.h"
#include "kernels/ops.h"

namespace fovea::cuda {
namespace {

struct Layer {
  int64_t kernel;
  int64_t out_channels;
  ActivationKind activation;
};

// The widths and kernels of the paper's main setting (section 4.1).
constexpr std::array<Layer, 3> kLayers = {{{9, 64, ActivationKind::kRelu},
                                           {1, 32, ActivationKind::kRelu},
                                           {5, 1, ActivationKind::kNone}}};

bool is_layer(const Layer& layer, const Node& node) {
  const auto& op = std::get<Convolution>(node.op);
  return op.kernel_h == layer.kernel && op.kernel_w == layer.kernel && op.groups == 1 &&
         op.out_channels == layer.out_channels && op.activation.kind == layer.activation;
}

class SrcnnStep : public CudaChainStep {
 public:
  SrcnnStep(const DeviceContext& context, const Graph& graph, const NodeChain& chain,
            Buffer weights)
      : CudaChainStep(graph, chain),
        weights_(std::move(weights)),
        multiprocessors_(context.properties().multiprocessors) {}

  CudaError enqueue(std::span<const DeviceMap> inputs, const DeviceMap& output, RowRange rows,
                    const Workspace& workspace) const override {
    return launch_srcnn(
        {inputs[0], output, weights_.data(), multiprocessors_, rows.begin, rows.end},
        workspace.stream);
  }

 private:
  Buffer weights_;
  int32_t multiprocessors_;
};

}  // namespace

bool is_srcnn(const DeviceContext& context, const Graph& graph, const NodeChain& chain) {
  if (!srcnn_supports(context.type(), context.properties().compute_capability) ||
      chain.size() != kLayers.size() || graph.value(chain[0]->inputs[0]).channels != 1)
    return false;
  for (size_t i = 0; i < kLayers.size(); ++i) {
    if (!is_layer(kLayers[i], *chain[i])) return false;
  }
  return true;
}

Result<std::unique_ptr<Step>> make_srcnn_step(const DeviceContext& context, const Graph& graph,
                                              const NodeChain& chain) {
  std::array<ops::ConvolutionOp, kLayers.size()> ops;
  for (size_t i = 0; i < ops.size(); ++i) {
    const Node& node = *chain[i];
    FOVEA_ASSIGN_OR_RETURN(ops[i], ops::resolve(graph, std::get<Convolution>(node.op),
                                                graph.value(node.inputs[0]).channels));
  }
  const SrcnnWeights weights{ops[0].weight, ops[0].bias,   ops[1].weight,
                             ops[1].bias,   ops[2].weight, ops[2].bias};
  FOVEA_ASSIGN_OR_RETURN(Buffer packed, upload(context, pack_srcnn(context.type(), weights)));
  return std::unique_ptr<Step>(
      std::make_unique<SrcnnStep>(context, graph, chain, std::move(packed)));
}

}  // namespace fovea::cuda
