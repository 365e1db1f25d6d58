#include "kernels/cuda/cuda_pair_step.h"

#include "kernels/cuda/conv_pair_wgmma.h"
#include "kernels/cuda/pack_conv_pair_wgmma.h"
#include "kernels/cuda/packed_epilogue.h"
#include "kernels/ops.h"

namespace fovea::cuda {
namespace {

constexpr size_t kNodes = 2;
constexpr int kKernel = 3;
constexpr int kHopper = 90;  // the only architecture with wgmma

bool is_layer(const Convolution& op) {
  return op.kernel_h == kKernel && op.kernel_w == kKernel && op.groups == 1 &&
         PackedEpilogue::knows(op.activation.kind);
}

class PairStep : public CudaChainStep {
 public:
  PairStep(const Graph& graph, const NodeChain& chain, Buffer weights, PackedEpilogue first,
           PackedEpilogue second)
      : CudaChainStep(graph, chain),
        middle_channels_(graph.value(chain[0]->output).channels),
        weights_(std::move(weights)),
        first_(std::move(first)),
        second_(std::move(second)) {}

  CudaError enqueue(std::span<const DeviceMap> inputs, const DeviceMap& output, RowRange rows,
                    const Workspace& workspace) const override {
    ConvolutionPairArgs args;
    args.convolution = {inputs[0], output, weights_.data(), second_.args({}), rows.begin, rows.end};
    args.middle_channels = middle_channels_;
    args.middle = first_.args({});
    return launch_conv_pair_wgmma(args, workspace.stream);
  }

 private:
  int64_t middle_channels_;
  Buffer weights_;
  PackedEpilogue first_;
  PackedEpilogue second_;
};

}  // namespace

bool is_pair(const DeviceContext& context, const Graph& graph, const NodeChain& chain) {
  if (context.properties().compute_capability != kHopper || chain.size() < kNodes) return false;
  const auto& first = std::get<Convolution>(chain[0]->op);
  const auto& second = std::get<Convolution>(chain[1]->op);
  ConvolutionPairArgs channels;  // what conv_pair_wgmma_supports looks at, and the type
  channels.convolution.input.channels = graph.value(chain[0]->inputs[0]).channels;
  channels.convolution.output.channels = second.out_channels;
  channels.convolution.input.type = channels.convolution.output.type = context.type();
  channels.middle_channels = first.out_channels;
  return is_layer(first) && is_layer(second) && conv_pair_wgmma_supports(channels);
}

Result<std::unique_ptr<Step>> make_pair_step(const DeviceContext& context, const Graph& graph,
                                             const NodeChain& chain) {
  const auto resolved = [&](const Node& node) {
    return ops::resolve(graph, std::get<Convolution>(node.op),
                        graph.value(node.inputs[0]).channels);
  };
  const auto epilogue = [&](const ops::ConvolutionOp& op) {
    return PackedEpilogue::create(context, op.bias, op.activation, {}, op.out_channels);
  };
  FOVEA_ASSIGN_OR_RETURN(const ops::ConvolutionOp first, resolved(*chain[0]));
  FOVEA_ASSIGN_OR_RETURN(const ops::ConvolutionOp second, resolved(*chain[1]));
  FOVEA_ASSIGN_OR_RETURN(
      Buffer weights,
      upload(context,
             pack_conv_pair_wgmma(context.type(), first.weight, second.weight, first.in_channels,
                                  first.out_channels, second.out_channels)));
  FOVEA_ASSIGN_OR_RETURN(PackedEpilogue of_first, epilogue(first));
  FOVEA_ASSIGN_OR_RETURN(PackedEpilogue of_second, epilogue(second));
  return std::unique_ptr<Step>(std::make_unique<PairStep>(
      graph, chain, std::move(weights), std::move(of_first), std::move(of_second)));
}

}  // namespace fovea::cuda
