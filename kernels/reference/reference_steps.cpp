#include "kernels/reference/reference_steps.h"

#include <algorithm>
#include <functional>

#include "engine/rounding.h"
#include "kernels/reference/reference.h"

namespace fovea {
namespace {

using Kernel =
    std::function<void(std::span<const ConstTensorView> inputs, TensorView output, RowRange rows)>;

class ReferenceStep : public OperatorStep {
 public:
  ReferenceStep(const Node& node, double work_per_pixel, Kernel kernel)
      : OperatorStep(node, work_per_pixel),
        kernel_(std::move(kernel)),
        rows_together_(rows_together(node.op)) {}

  void run(ThreadTeam& team, std::span<const ConstTensorView> inputs, TensorView output,
           RowRange rows, float*) const override {
    // Waking the team for less than this many multiply-accumulates an item would take longer than
    // the work.
    constexpr double kWorthAnItem = 3e4;
    const double work = work_per_pixel() * static_cast<double>(output.size().width * rows.size());
    const int64_t groups = ceil_divide(rows.size(), rows_together_);
    const int64_t items = std::clamp<int64_t>(static_cast<int64_t>(work / kWorthAnItem), 1, groups);
    const auto cut = [&](int64_t item) {
      return rows.begin + std::min(groups * item / items * rows_together_, rows.size());
    };
    team.run(items, [&](int64_t item, int) {
      kernel_(inputs, output, {cut(item), cut(item + 1)});
    });
  }

 private:
  // Output rows that an item keeps together: those of one convolved row, which each would sum anew.
  static int64_t rows_together(const Operator& op) {
    const auto* shuffle = std::get_if<ShuffleConvolution>(&op);
    return shuffle != nullptr ? shuffle->factor : 1;
  }

  Kernel kernel_;
  int64_t rows_together_;
};

// The kernel of an operator with its parameters read. One overload an operator.
struct KernelOf {
  const Graph& graph;
  const Node& node;
  ReferenceAccumulator accumulator;

  int64_t in_channels() const { return graph.value(node.inputs[0]).channels; }

  Result<Kernel> operator()(const Convolution& op) const {
    FOVEA_ASSIGN_OR_RETURN(ops::ConvolutionOp resolved, ops::resolve(graph, op, in_channels()));
    auto kernel = std::make_shared<const reference::ConvolutionKernel>(std::move(resolved));
    if (accumulator == ReferenceAccumulator::kF64)
      return [kernel](auto in, auto out, auto rows) { kernel->run<double>(in, out, rows); };
    return [kernel](auto in, auto out, auto rows) { kernel->run<float>(in, out, rows); };
  }

  Result<Kernel> operator()(const DenseBlock& op) const {
    FOVEA_ASSIGN_OR_RETURN(auto resolved, ops::resolve(graph, op, in_channels()));
    auto kernel = std::make_shared<const reference::DenseBlockKernel>(std::move(resolved));
    if (accumulator == ReferenceAccumulator::kF64)
      return [kernel](auto in, auto out, auto rows) { kernel->run<double>(in, out, rows); };
    return [kernel](auto in, auto out, auto rows) { kernel->run<float>(in, out, rows); };
  }

  Result<Kernel> operator()(const UpsampleConvolution& op) const {
    FOVEA_ASSIGN_OR_RETURN(auto resolved, ops::resolve(graph, op, in_channels()));
    return [op = std::move(resolved)](auto in, auto out, auto rows) {
      reference::upsample_convolution(op, in[0], out, rows);
    };
  }

  Result<Kernel> operator()(const ShuffleConvolution& op) const {
    FOVEA_ASSIGN_OR_RETURN(auto resolved, ops::resolve(graph, op.convolution, in_channels()));
    auto kernel = std::make_shared<const reference::ConvolutionKernel>(std::move(resolved));
    const int64_t factor = op.factor;
    if (accumulator == ReferenceAccumulator::kF64)
      return [kernel, factor](auto in, auto out, auto rows) {
        reference::shuffle_convolution<double>(*kernel, factor, in, out, rows);
      };
    return [kernel, factor](auto in, auto out, auto rows) {
      reference::shuffle_convolution<float>(*kernel, factor, in, out, rows);
    };
  }

  Result<Kernel> operator()(const Activate& op) const {
    FOVEA_ASSIGN_OR_RETURN(auto resolved, ops::resolve(graph, op.activation, in_channels()));
    return [op = std::move(resolved)](auto in, auto out, auto rows) {
      reference::activate(op, in[0], out, rows);
    };
  }

  Result<Kernel> operator()(const Add& op) const {
    return [scales = op.scales](auto in, auto out, auto rows) {
      reference::add(scales, in, out, rows);
    };
  }

  Result<Kernel> operator()(const Multiply&) const {
    return [](auto in, auto out, auto rows) { reference::multiply(in[0], in[1], out, rows); };
  }

  Result<Kernel> operator()(const Concat&) const {
    return [](auto in, auto out, auto rows) { reference::concat(in, out, rows); };
  }

  Result<Kernel> operator()(const Slice& op) const {
    return [op](auto in, auto out, auto rows) { reference::slice(op.begin, in[0], out, rows); };
  }

  Result<Kernel> operator()(const Resize& op) const {
    return [op](auto in, auto out, auto rows) { reference::resize(op, in[0], out, rows); };
  }

  Result<Kernel> operator()(const PixelShuffle& op) const {
    return [op](auto in, auto out, auto rows) {
      reference::pixel_shuffle(op.factor, in[0], out, rows);
    };
  }

  Result<Kernel> operator()(const PixelUnshuffle& op) const {
    return [op](auto in, auto out, auto rows) {
      reference::pixel_unshuffle(op.factor, in[0], out, rows);
    };
  }

  Result<Kernel> operator()(const Affine& op) const {
    FOVEA_ASSIGN_OR_RETURN(auto resolved, ops::resolve(graph, op, in_channels()));
    return [op = std::move(resolved)](auto in, auto out, auto rows) {
      reference::affine(op, in[0], out, rows);
    };
  }

  Result<Kernel> operator()(const Clamp& op) const {
    return [op](auto in, auto out, auto rows) { reference::clamp(op, in[0], out, rows); };
  }

  Result<Kernel> operator()(const GlobalAverage& op) const {
    return [op](auto in, auto out, auto) { reference::global_average(op, in[0], out); };
  }

  Result<Kernel> operator()(const GroupNormFactors& op) const {
    FOVEA_ASSIGN_OR_RETURN(auto norm, ops::resolve(graph, op, in_channels()));
    return [op, norm = std::move(norm)](auto in, auto out, auto) {
      reference::group_norm_factors(op, norm, in[0], out);
    };
  }

  Result<Kernel> operator()(const ChannelNorm& op) const {
    FOVEA_ASSIGN_OR_RETURN(auto norm, ops::resolve(graph, op, in_channels()));
    return [op, norm = std::move(norm)](auto in, auto out, auto rows) {
      reference::channel_norm(op, norm, in[0], out, rows);
    };
  }

  Result<Kernel> operator()(const Pad& op) const {
    return [op](auto in, auto out, auto rows) { reference::pad(op, in[0], out, rows); };
  }

  Result<Kernel> operator()(const Crop& op) const {
    return [op](auto in, auto out, auto rows) { reference::crop(op, in[0], out, rows); };
  }

  Result<Kernel> operator()(const Pool& op) const {
    return [op](auto in, auto out, auto rows) { reference::pool(op, in[0], out, rows); };
  }

  Result<Kernel> operator()(const GridSample& op) const {
    return
        [op](auto in, auto out, auto rows) { reference::grid_sample(op, in[0], in[1], out, rows); };
  }
};

}  // namespace

Result<std::unique_ptr<Step>> make_reference_step(const Graph& graph, const Node& node,
                                                  ReferenceAccumulator accumulator) {
  FOVEA_ASSIGN_OR_RETURN(Kernel kernel, std::visit(KernelOf{graph, node, accumulator}, node.op));
  return std::unique_ptr<Step>(
      std::make_unique<ReferenceStep>(node, ops::work_per_pixel(graph, node), std::move(kernel)));
}

}  // namespace fovea
