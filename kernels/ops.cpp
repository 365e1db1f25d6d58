#include "kernels/ops.h"

namespace fovea::ops {
namespace {

Result<std::vector<float>> read_or_fill(const Graph& graph, ParameterId id, int64_t count,
                                        float value) {
  if (id == kNoParameter) return std::vector<float>(static_cast<size_t>(count), value);
  return to_f32(graph.parameter(id));
}

Result<AffineOp> read_affine(const Graph& graph, ParameterId weight, ParameterId bias,
                             int64_t channels) {
  AffineOp resolved;
  FOVEA_ASSIGN_OR_RETURN(resolved.weight, read_or_fill(graph, weight, channels, 1.0f));
  FOVEA_ASSIGN_OR_RETURN(resolved.bias, read_or_fill(graph, bias, channels, 0.0f));
  return resolved;
}

}  // namespace

Result<ActivationOp> resolve(const Graph& graph, const Activation& activation, int64_t channels) {
  ActivationOp op{activation.kind, activation.negative_slope, {}};
  if (activation.kind == ActivationKind::kPrelu) {
    FOVEA_ASSIGN_OR_RETURN(op.slopes, to_f32(graph.parameter(activation.slopes)));
    if (op.slopes.size() == 1) op.slopes.assign(static_cast<size_t>(channels), op.slopes[0]);
  }
  return op;
}

Result<ConvolutionOp> resolve_epilogue(const Graph& graph, const Convolution& op,
                                       int64_t in_channels) {
  ConvolutionOp resolved{in_channels, op.out_channels, op.kernel_h, op.kernel_w, op.groups, {}, {},
                         {},          op.residuals};
  FOVEA_ASSIGN_OR_RETURN(resolved.bias, read_or_fill(graph, op.bias, op.out_channels, 0.0f));
  FOVEA_ASSIGN_OR_RETURN(resolved.activation, resolve(graph, op.activation, op.out_channels));
  return resolved;
}

Result<ConvolutionOp> resolve(const Graph& graph, const Convolution& op, int64_t in_channels) {
  FOVEA_ASSIGN_OR_RETURN(ConvolutionOp resolved, resolve_epilogue(graph, op, in_channels));
  FOVEA_ASSIGN_OR_RETURN(resolved.weight, to_f32(graph.parameter(op.weight)));
  return resolved;
}

Result<std::vector<ConvolutionOp>> resolve(const Graph& graph, const DenseBlock& op,
                                           int64_t in_channels) {
  std::vector<ConvolutionOp> convolutions;
  for (const Convolution& convolution : op.convolutions) {
    FOVEA_ASSIGN_OR_RETURN(ConvolutionOp resolved, resolve(graph, convolution, in_channels));
    convolutions.push_back(std::move(resolved));
    in_channels += convolution.out_channels;
  }
  return convolutions;
}

Result<UpsampleConvolutionOp> resolve(const Graph& graph, const UpsampleConvolution& op,
                                      int64_t in_channels) {
  UpsampleConvolutionOp resolved{in_channels, op.out_channels, {}, {}, {}};
  FOVEA_ASSIGN_OR_RETURN(resolved.weight, to_f32(graph.parameter(op.weight)));
  FOVEA_ASSIGN_OR_RETURN(resolved.bias, read_or_fill(graph, op.bias, op.out_channels, 0.0f));
  FOVEA_ASSIGN_OR_RETURN(resolved.activation, resolve(graph, op.activation, op.out_channels));
  return resolved;
}

Result<AffineOp> resolve(const Graph& graph, const Affine& op, int64_t channels) {
  return read_affine(graph, op.weight, op.bias, channels);
}

Result<NormOp> resolve(const Graph& graph, const GroupNormFactors& op, int64_t channels) {
  return read_affine(graph, op.weight, op.bias, channels);
}

Result<NormOp> resolve(const Graph& graph, const ChannelNorm& op, int64_t channels) {
  return read_affine(graph, op.weight, op.bias, channels);
}

double work_per_pixel(const Graph& graph, const Node& node) {
  const auto weights = [&](ParameterId id) {
    return static_cast<double>(graph.parameter(id).element_count());
  };
  if (const auto* convolution = std::get_if<Convolution>(&node.op))
    return weights(convolution->weight);
  if (const auto* upsample = std::get_if<UpsampleConvolution>(&node.op))
    return weights(upsample->weight) / 4;
  if (const auto* shuffle = std::get_if<ShuffleConvolution>(&node.op))
    return weights(shuffle->convolution.weight) /
           static_cast<double>(shuffle->factor * shuffle->factor);
  if (const auto* block = std::get_if<DenseBlock>(&node.op)) {
    double sum = 0;
    for (const Convolution& convolution : block->convolutions) sum += weights(convolution.weight);
    return sum;
  }
  if (const auto* pool = std::get_if<Pool>(&node.op))
    return static_cast<double>(pool->kernel * pool->kernel * graph.value(node.output).channels);
  // Everything else moves memory; ten multiply-accumulates a channel is about what that takes.
  return 10.0 * static_cast<double>(graph.value(node.output).channels);
}

}  // namespace fovea::ops
