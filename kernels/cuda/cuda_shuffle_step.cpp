#include "kernels/cuda/cuda_shuffle_step.h"

#include "kernels/cuda/packed_epilogue.h"
#include "kernels/cuda/shuffle_mma.h"

namespace fovea::cuda {
namespace {

constexpr int kKernel = 3;

class ShuffleStep : public CudaOperatorStep {
 public:
  ShuffleStep(const Node& node, double work_per_pixel, Buffer weights, PackedEpilogue epilogue)
      : CudaOperatorStep(node, work_per_pixel),
        factor_(std::get<ShuffleConvolution>(node.op).factor),
        weights_(std::move(weights)),
        epilogue_(std::move(epilogue)) {}

  // Rows of the output that share a row of the convolution are computed together.
  int64_t row_granule() const override { return factor_; }

  CudaError enqueue(std::span<const DeviceMap> inputs, const DeviceMap& output, RowRange rows,
                    const Workspace& workspace) const override {
    ShuffleConvolutionArgs args;
    args.convolution = {inputs[0],          output,     weights_.data(),
                        epilogue_.args({}), rows.begin, rows.end};
    args.factor = static_cast<int32_t>(factor_);
    if (inputs.size() > 1) args.base = inputs[1];
    return launch_shuffle_mma(args, workspace.stream);
  }

 private:
  int64_t factor_;
  Buffer weights_;
  PackedEpilogue epilogue_;
};

}  // namespace

bool has_shuffle_kernel(const DeviceContext& context, const ShuffleConvolution& op,
                        int64_t in_channels) {
  const Convolution& convolution = op.convolution;
  const int64_t shuffled = op.factor * op.factor;
  return context.type() != ElementType::kF32 && convolution.kernel_h == kKernel &&
         convolution.kernel_w == kKernel && convolution.groups == 1 &&
         PackedEpilogue::knows(convolution.activation.kind) &&
         shuffle_mma_has_tile(in_channels, convolution.out_channels / shuffled, op.factor);
}

Result<std::unique_ptr<Step>> make_shuffle_step(const DeviceContext& context, const Graph& graph,
                                                const Node& node) {
  const Convolution& convolution = std::get<ShuffleConvolution>(node.op).convolution;
  const int64_t in = graph.value(node.inputs[0]).channels;
  FOVEA_ASSIGN_OR_RETURN(const ops::ConvolutionOp op, ops::resolve(graph, convolution, in));
  FOVEA_ASSIGN_OR_RETURN(
      Buffer weights,
      upload(context, pack_conv_mma(context.type(), op.weight, kKernel, in, op.out_channels)));
  FOVEA_ASSIGN_OR_RETURN(
      PackedEpilogue epilogue,
      PackedEpilogue::create(context, op.bias, op.activation, op.residuals, op.out_channels));
  return std::unique_ptr<Step>(std::make_unique<ShuffleStep>(
      node, ops::work_per_pixel(graph, node), std::move(weights), std::move(epilogue)));
}

}  // namespace fovea::cuda
