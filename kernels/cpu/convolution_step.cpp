#include "kernels/cpu/convolution_step.h"

#include <algorithm>

#include "kernels/cpu/packed_weights.h"
#include "kernels/reference/reference.h"

namespace fovea::cpu {
namespace {

// Below this many channels the transforms of Winograd cost more than the multiplications they save.
constexpr int64_t kMinWinogradChannels = 8;
constexpr int64_t kMaxDirectKernel = 31;  // direct.h's kMaxKernel

template <class View>
MapArgs map_args(const View& view) {
  return {view.data,         view.height,     view.width,    view.channels,
          view.pixel_stride, view.row_stride, view.ring_rows};
}

float apply_other(const void* context, float x, int64_t channel) {
  return reference::apply(*static_cast<const ops::ActivationOp*>(context), x, channel);
}

// What the three kinds of convolution share: the operator, its weights packed one way or another,
// the epilogue.
class ConvolutionStep : public Step {
 public:
  ConvolutionStep(const Node& node, const KernelTable& kernels, ops::ConvolutionOp op,
                  AlignedFloats weights)
      : Step(node.inputs, node.output),
        op_(std::move(op)),
        kernels_(kernels),
        weights_(std::move(weights)),
        work_per_pixel_(static_cast<double>(op_.weight.size())),
        bias_(pad_channels(op_.bias, op_.out_channels)),
        slopes_(pad_channels(op_.activation.slopes, op_.out_channels)) {
    op_.weight = {};  // packed; not kept twice
  }

  RowRange rows_needed(size_t index, RowRange rows, int64_t in_height, int64_t) const override {
    if (index > 0) return rows;
    const int64_t padding = op_.kernel_h / 2;
    return {std::max<int64_t>(rows.begin - padding, 0), std::min(rows.end + padding, in_height)};
  }

  double work_per_pixel() const override { return work_per_pixel_; }

 protected:
  EpilogueArgs epilogue(std::span<const ConstTensorView> inputs) const {
    EpilogueArgs args{};
    args.bias = bias_.data();
    args.slopes = slopes_.data();
    args.slope = op_.activation.negative_slope;
    switch (op_.activation.kind) {
      case ActivationKind::kNone:
        args.activation = EpilogueActivation::kNone;
        break;
      case ActivationKind::kRelu:
        args.activation = EpilogueActivation::kLeaky;
        args.slope = 0.0f;
        break;
      case ActivationKind::kLeakyRelu:
        args.activation = EpilogueActivation::kLeaky;
        break;
      case ActivationKind::kPrelu:
        args.activation = EpilogueActivation::kPrelu;
        break;
      default:
        args.activation = EpilogueActivation::kOther;
        args.other = &apply_other;
        args.other_context = &op_.activation;
        break;
    }
    args.residual_count = static_cast<int32_t>(op_.residuals.size());
    for (size_t r = 0; r < op_.residuals.size(); ++r) {
      args.scale[r] = op_.residuals[r].scale;
      args.residual_scale[r] = op_.residuals[r].residual_scale;
      args.residual[r] = map_args(inputs[r + 1]);
    }
    return args;
  }

  DirectArgs direct_args(std::span<const ConstTensorView> inputs, const TensorView& output) const {
    return {map_args(inputs[0]), map_args(output), op_.in_channels, op_.out_channels,
            op_.kernel_h,        op_.kernel_w,     weights_.data(), epilogue(inputs)};
  }

  ops::ConvolutionOp op_;
  const KernelTable& kernels_;
  AlignedFloats weights_;

 private:
  double work_per_pixel_;
  AlignedFloats bias_;
  AlignedFloats slopes_;
};

class WinogradStep : public ConvolutionStep {
 public:
  using ConvolutionStep::ConvolutionStep;

  int64_t row_granule() const override { return kWinogradTile; }

  int64_t item_count(Size size, RowRange rows) const override {
    return (tiles(size, rows) + kTileBlock - 1) / kTileBlock;
  }

  int64_t scratch_floats(Size) const override {
    const int64_t channels = op_.in_channels + padded_channels(op_.out_channels);
    // A padded input tile, then transformed inputs and products of a block, each row of tiles
    // skewed by a line.
    return kWinogradFrequencies * (op_.in_channels + kTileBlock * channels + 2 * kPanel);
  }

  void run(std::span<const ConstTensorView> inputs, TensorView output, RowRange rows, int64_t item,
           float* scratch) const override {
    const WinogradArgs args{map_args(inputs[0]),   map_args(output), op_.in_channels,
                            op_.out_channels,      weights_.data(),  epilogue(inputs),
                            tiles_x(output.size())};
    const int64_t first = rows.begin / kWinogradTile * args.tiles_x;
    const int64_t count = tiles(output.size(), rows);
    const int64_t items = item_count(output.size(), rows);
    kernels_.winograd(args, first + count * item / items, first + count * (item + 1) / items,
                      scratch);
  }

 private:
  static int64_t tiles_x(Size size) { return (size.width + kWinogradTile - 1) / kWinogradTile; }
  static int64_t tiles(Size size, RowRange rows) {
    return ((rows.end + kWinogradTile - 1) / kWinogradTile - rows.begin / kWinogradTile) *
           tiles_x(size);
  }
};

class DirectStep : public ConvolutionStep {
 public:
  using ConvolutionStep::ConvolutionStep;

  // Each item copies kernel_h - 1 lines that its neighbour copies too: enough rows that this does
  // not count, few enough that every thread has some.
  static constexpr int64_t kRowsPerItem = 8;

  int64_t item_count(Size, RowRange rows) const override {
    return (rows.size() + kRowsPerItem - 1) / kRowsPerItem;
  }

  int64_t scratch_floats(Size size) const override {
    constexpr int64_t kMostPixels = 14;  // of direct.h's register blocks, over all levels
    return op_.kernel_h * (size.width + op_.kernel_w - 1 + kMostPixels) * op_.in_channels;
  }

  void run(std::span<const ConstTensorView> inputs, TensorView output, RowRange rows, int64_t item,
           float* scratch) const override {
    const int64_t first = rows.begin + item * kRowsPerItem;
    kernels_.direct(direct_args(inputs, output), first, std::min(first + kRowsPerItem, rows.end),
                    scratch);
  }
};

class NarrowStep : public ConvolutionStep {
 public:
  using ConvolutionStep::ConvolutionStep;

  void run(std::span<const ConstTensorView> inputs, TensorView output, RowRange rows, int64_t item,
           float*) const override {
    kernels_.narrow(direct_args(inputs, output), rows.begin + item, rows.begin + item + 1);
  }
};

}  // namespace

Result<std::unique_ptr<Step>> make_convolution_step(const Graph& graph, const Node& node,
                                                    const KernelTable& kernels) {
  const auto& convolution = std::get<Convolution>(node.op);
  if (convolution.groups != 1 || convolution.kernel_h > kMaxDirectKernel ||
      convolution.residuals.size() > EpilogueArgs::kMaxResiduals)
    return std::unique_ptr<Step>();
  const int64_t in = graph.value(node.inputs[0]).channels;
  const int64_t out = convolution.out_channels;
  FOVEA_ASSIGN_OR_RETURN(ops::ConvolutionOp op, ops::resolve(graph, convolution, in));

  std::unique_ptr<Step> step;
  if (out <= kMaxNarrowOutputs && in >= kMinWinogradChannels) {
    AlignedFloats weights = pack_narrow(op);
    step = std::make_unique<NarrowStep>(node, kernels, std::move(op), std::move(weights));
  } else if (op.kernel_h == 3 && op.kernel_w == 3 && in >= kMinWinogradChannels &&
             out >= kMinWinogradChannels) {
    AlignedFloats weights = pack_winograd(op);
    step = std::make_unique<WinogradStep>(node, kernels, std::move(op), std::move(weights));
  } else {
    AlignedFloats weights = pack_direct(op);
    step = std::make_unique<DirectStep>(node, kernels, std::move(op), std::move(weights));
  }
  return step;
}

}  // namespace fovea::cpu
