#include "kernels/cuda/cuda_convolution_step.h"

#include "kernels/cuda/conv3x3_wgmma.h"
#include "kernels/cuda/conv_direct.h"
#include "kernels/cuda/conv_mma.h"
#include "kernels/cuda/conv_upsample_wgmma.h"
#include "kernels/cuda/pack_conv3x3_wgmma.h"
#include "kernels/cuda/pack_conv_upsample_wgmma.h"
#include "kernels/cuda/packed_epilogue.h"

namespace fovea::cuda {
namespace {

// The only architecture with wgmma.
constexpr int kHopper = 90;

enum class Kernel { kWgmma, kMma, kUpsampleWgmma, kUpsampleMma, kDirect };

// Rows and columns of a phase of an upsample convolution.
constexpr int kPhaseKernel = 2;

// What the kernels of wgmma are asked: they look at channels and types alone.
ConvolutionArgs channels_alone(ElementType type, int64_t in, int64_t out) {
  ConvolutionArgs args;
  args.input.type = args.output.type = type;
  args.input.channels = in;
  args.output.channels = out;
  return args;
}

bool is_hopper(const DeviceContext& context) {
  return context.properties().compute_capability == kHopper;
}

// DeviceContext has seen to it that the device knows the type.
bool has_mma(const DeviceContext& context, int kernel, int64_t in, int64_t out) {
  return context.type() != ElementType::kF32 && conv_mma_layout(kernel, in, out).block_outputs > 0;
}

Kernel fastest(const DeviceContext& context, const ops::ConvolutionOp& op) {
  if (op.kernel_h != op.kernel_w || op.groups != 1) return Kernel::kDirect;
  if (is_hopper(context) && op.kernel_h == 3 &&
      conv3x3_wgmma_supports(channels_alone(context.type(), op.in_channels, op.out_channels)))
    return Kernel::kWgmma;
  const auto kernel = static_cast<int>(op.kernel_h);
  const bool is_phase = kernel == kPhaseKernel;
  return !is_phase && has_mma(context, kernel, op.in_channels, op.out_channels) ? Kernel::kMma
                                                                                : Kernel::kDirect;
}

std::vector<uint8_t> pack(Kernel kernel, ElementType type, const ops::ConvolutionOp& op) {
  switch (kernel) {
    case Kernel::kWgmma:
      return pack_conv3x3_wgmma(type, op.weight, op.in_channels, op.out_channels);
    case Kernel::kMma:
      return pack_conv_mma(type, op.weight, static_cast<int>(op.kernel_h), op.in_channels,
                           op.out_channels);
    case Kernel::kUpsampleWgmma:
      return pack_conv_upsample_wgmma(type, op.weight, op.in_channels, op.out_channels);
    case Kernel::kUpsampleMma:
      return pack_upsample_mma(type, op.weight, op.in_channels, op.out_channels);
    case Kernel::kDirect:
      break;
  }
  const std::vector<float> packed = pack_conv_direct(
      op.weight, op.out_channels, op.in_channels / op.groups, op.kernel_h, op.kernel_w);
  const auto* bytes = reinterpret_cast<const uint8_t*>(packed.data());
  return {bytes, bytes + packed.size() * sizeof(float)};
}

class ConvolutionStep : public CudaOperatorStep {
 public:
  static Result<std::unique_ptr<Step>> create(const DeviceContext& context, const Graph& graph,
                                              const Node& node, Kernel kernel,
                                              const ops::ConvolutionOp& op) {
    auto step = std::make_unique<ConvolutionStep>(node, ops::work_per_pixel(graph, node), kernel);
    step->shape_ = {{},
                    static_cast<int32_t>(op.kernel_h),
                    static_cast<int32_t>(op.kernel_w),
                    static_cast<int32_t>(op.groups)};
    FOVEA_ASSIGN_OR_RETURN(step->weights_, upload(context, pack(kernel, context.type(), op)));
    FOVEA_ASSIGN_OR_RETURN(step->epilogue_, PackedEpilogue::create(context, op.bias, op.activation,
                                                                   op.residuals, op.out_channels));
    return std::unique_ptr<Step>(std::move(step));
  }

  ConvolutionStep(const Node& node, double work_per_pixel, Kernel kernel)
      : CudaOperatorStep(node, work_per_pixel), kernel_(kernel) {}

  CudaError enqueue(std::span<const DeviceMap> inputs, const DeviceMap& output, RowRange rows,
                    const Workspace& workspace) const override {
    const auto residuals = inputs.subspan(1);
    const ConvolutionArgs args{inputs[0],  output,  weights_.data(), epilogue_.args(residuals),
                               rows.begin, rows.end};
    const CudaError error = launch(args, workspace.stream);
    if (error != kSuccess) return error;
    return epilogue_.finish(residuals, output, rows, workspace.stream);
  }

 private:
  CudaError launch(const ConvolutionArgs& args, Stream stream) const {
    switch (kernel_) {
      case Kernel::kWgmma:
        return launch_conv3x3_wgmma(args, stream);
      case Kernel::kMma:
        return launch_conv_mma(args, shape_.kernel_h, stream);
      case Kernel::kUpsampleWgmma:
        return launch_conv_upsample_wgmma(args, stream);
      case Kernel::kUpsampleMma:
        return launch_upsample_mma(args, stream);
      case Kernel::kDirect:
        break;
    }
    DirectConvolutionArgs direct = shape_;
    direct.convolution = args;
    return launch_conv_direct(direct, stream);
  }

  Kernel kernel_;
  DirectConvolutionArgs shape_;
  Buffer weights_;
  PackedEpilogue epilogue_;
};

}  // namespace

Result<std::unique_ptr<Step>> make_convolution_step(const DeviceContext& context,
                                                    const Graph& graph, const Node& node) {
  const auto& convolution = std::get<Convolution>(node.op);
  const int64_t in = graph.value(node.inputs[0]).channels;
  FOVEA_ASSIGN_OR_RETURN(const ops::ConvolutionOp op, ops::resolve(graph, convolution, in));
  return ConvolutionStep::create(context, graph, node, fastest(context, op), op);
}

bool has_upsample_kernel(const DeviceContext& context, int64_t in_channels, int64_t out_channels) {
  return has_mma(context, kPhaseKernel, in_channels, out_channels);
}

Result<std::unique_ptr<Step>> make_upsample_step(const DeviceContext& context, const Graph& graph,
                                                 const Node& node) {
  const int64_t in = graph.value(node.inputs[0]).channels;
  FOVEA_ASSIGN_OR_RETURN(ops::UpsampleConvolutionOp op,
                         ops::resolve(graph, std::get<UpsampleConvolution>(node.op), in));
  // What the two kinds of convolutions have in common.
  ops::ConvolutionOp phases;
  phases.in_channels = in;
  phases.out_channels = op.out_channels;
  phases.weight = std::move(op.weight);
  phases.bias = std::move(op.bias);
  phases.activation = std::move(op.activation);
  const bool has_wgmma = is_hopper(context) && conv_upsample_wgmma_supports(channels_alone(
                                                   context.type(), in, phases.out_channels));
  return ConvolutionStep::create(context, graph, node,
                                 has_wgmma ? Kernel::kUpsampleWgmma : Kernel::kUpsampleMma, phases);
}

}  // namespace fovea::cuda
