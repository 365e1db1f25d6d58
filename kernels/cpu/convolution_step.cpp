#include "kernels/cpu/convolution_step.h"

#include <algorithm>

#include "engine/rounding.h"
#include "kernels/cpu/packed_weights.h"
#include "kernels/cpu/step_arguments.h"
#include "kernels/cpu/tile_block.h"

namespace fovea::cpu {
namespace {

// Below this many channels the transforms of Winograd cost more than the multiplications they save.
constexpr int64_t kMinWinogradChannels = 8;

// What the three kinds of convolution share: the operator, its weights packed one way or another,
// the epilogue.
class ConvolutionStep : public OperatorStep {
 public:
  ConvolutionStep(const Node& node, const KernelTable& kernels, const ops::ConvolutionOp& op,
                  PackedFloats weights)
      : OperatorStep(node, static_cast<double>(op.out_channels * op.in_channels * op.kernel_h *
                                               op.kernel_w)),
        kernels_(kernels),
        in_channels_(op.in_channels),
        out_channels_(op.out_channels),
        kernel_h_(op.kernel_h),
        kernel_w_(op.kernel_w),
        weights_(std::move(weights)),
        epilogue_(op) {}

 protected:
  DirectArgs direct_args(std::span<const ConstTensorView> inputs, const TensorView& output) const {
    return {
        map_args(inputs[0]), map_args(output), in_channels_,    out_channels_,
        kernel_h_,           kernel_w_,        weights_.data(), epilogue_.args(inputs.subspan(1))};
  }

  const KernelTable& kernels_;
  int64_t in_channels_;
  int64_t out_channels_;
  int64_t kernel_h_;
  int64_t kernel_w_;
  PackedFloats weights_;
  PackedEpilogue epilogue_;
};

// A Convolution, or a ShuffleConvolution whose output channels are in the order of ShuffleArgs.
class WinogradStep : public ConvolutionStep {
 public:
  // In pieces: see WinogradArgs::split.
  WinogradStep(const Node& node, const KernelTable& kernels, const ops::ConvolutionOp& op,
               PackedFloats weights, int64_t split, const ShuffleConvolution* shuffle = nullptr)
      : ConvolutionStep(node, kernels, op, std::move(weights)),
        split_(split),
        piece_(kernel_h_ / split),
        channels_(in_channels_ * split * split),
        factor_(shuffle != nullptr ? shuffle->factor : 0),
        base_(shuffle != nullptr && shuffle->base),
        tile_block_(tile_block(piece_, channels_ + out_channels_)) {}

  double work_per_pixel() const override {
    const int64_t factor = std::max<int64_t>(factor_, 1);
    return ConvolutionStep::work_per_pixel() / static_cast<double>(factor * factor);
  }

  int64_t row_granule() const override {
    return winograd_tile(piece_) * std::max<int64_t>(factor_, 1);
  }

  int64_t scratch_floats(Size, int threads) const override { return threads * thread_floats(); }

  void run(ThreadTeam& team, std::span<const ConstTensorView> inputs, TensorView output,
           RowRange rows, float* scratch) const override {
    const int64_t tile = row_granule();  // its side in the output
    WinogradArgs args{};
    args.kernel = piece_;
    args.split = split_;
    args.input = map_args(inputs[0]);
    args.output = map_args(output);
    args.in_channels = args.new_channels = channels_;
    args.out_channels = out_channels_;
    args.weights = weights_.data();
    args.shuffle.factor = factor_;
    if (base_) args.shuffle.base = map_args(inputs[1]);
    args.epilogue = epilogue_.args(inputs.subspan(1));
    args.tiles_x = ceil_divide(output.width, tile);
    const int64_t first = rows.begin / tile * args.tiles_x;
    const int64_t last = ceil_divide(rows.end, tile) * args.tiles_x;
    args.tile_block = tile_block_;
    share_tiles(team, first, last, tile_block_, [&](int64_t begin, int64_t end, int thread) {
      kernels_.winograd(args, begin, end, scratch + thread * thread_floats());
    });
  }

 private:
  int64_t thread_floats() const {
    return winograd_scratch(piece_, tile_block_, channels_, channels_, out_channels_) +
           (factor_ != 0 ? winograd_shuffle_scratch(piece_, out_channels_) : 0);
  }

  int64_t split_;
  int64_t piece_;
  int64_t channels_;
  int64_t factor_;  // 0: a Convolution
  bool base_;
  int64_t tile_block_;
};

class DirectStep : public ConvolutionStep {
 public:
  using ConvolutionStep::ConvolutionStep;

  int64_t scratch_floats(Size size, int threads) const override {
    return threads * thread_floats(size);
  }

  void run(ThreadTeam& team, std::span<const ConstTensorView> inputs, TensorView output,
           RowRange rows, float* scratch) const override {
    // Each item copies kernel_h - 1 lines that its neighbour copies too: enough rows that this does
    // not count, few enough that every thread has some.
    constexpr int64_t kRowsPerItem = 8;
    const DirectArgs args = direct_args(inputs, output);
    const int64_t own_floats = thread_floats(output.size());
    team.run(ceil_divide(rows.size(), kRowsPerItem), [&](int64_t item, int thread) {
      const int64_t first = rows.begin + item * kRowsPerItem;
      kernels_.direct(args, first, std::min(first + kRowsPerItem, rows.end),
                      scratch + thread * own_floats);
    });
  }

 private:
  int64_t thread_floats(Size size) const {
    return kernel_h_ * (size.width + kernel_w_ - 1 + kMostDirectPixels) * in_channels_;
  }
};

class NarrowStep : public ConvolutionStep {
 public:
  using ConvolutionStep::ConvolutionStep;

  void run(ThreadTeam& team, std::span<const ConstTensorView> inputs, TensorView output,
           RowRange rows, float*) const override {
    const DirectArgs args = direct_args(inputs, output);
    team.run(rows.size(), [&](int64_t item, int) {
      kernels_.narrow(args, rows.begin + item, rows.begin + item + 1);
    });
  }
};

class DepthwiseStep : public ConvolutionStep {
 public:
  using ConvolutionStep::ConvolutionStep;

  double work_per_pixel() const override {
    return static_cast<double>(out_channels_ * kernel_h_ * kernel_w_);
  }

  void run(ThreadTeam& team, std::span<const ConstTensorView> inputs, TensorView output,
           RowRange rows, float*) const override {
    const DirectArgs args = direct_args(inputs, output);
    team.run(rows.size(), [&](int64_t item, int) {
      kernels_.depthwise(args, rows.begin + item, rows.begin + item + 1);
    });
  }
};

// Pieces a side of 3x3 that a kernel is split into; 1: none. Up to kMostSplitChannels of them times
// channels, a tile's copies stay in the first-level cache beside what they are transformed to.
int64_t split_of(const Convolution& convolution, int64_t in_channels) {
  constexpr int64_t kMostSplitChannels = 64;
  const int64_t kernel = convolution.kernel_h;
  const int64_t split = kernel / 3;
  const bool suits = kernel == convolution.kernel_w && kernel > 3 && kernel % 3 == 0 &&
                     split * split * in_channels >= kMinWinogradChannels &&
                     split * split * in_channels <= kMostSplitChannels &&
                     convolution.out_channels >= kMinWinogradChannels;
  return suits ? split : 1;
}

// The weights of the 3x3 convolution on shifted maps, (out, (u, v, in), 3, 3) from (out, in, 3
// split, 3 split).
WeightTensor split_weights(const ops::ConvolutionOp& op, int64_t split) {
  const int64_t kernel = 3 * split;
  std::vector<float> values;
  values.reserve(op.weight.size());
  for (int64_t k = 0; k < op.out_channels; ++k) {
    for (int64_t u = 0; u < split; ++u) {
      for (int64_t v = 0; v < split; ++v) {
        for (int64_t c = 0; c < op.in_channels; ++c) {
          for (int64_t i = 0; i < 3; ++i) {
            for (int64_t j = 0; j < 3; ++j)
              values.push_back(op.weight[static_cast<size_t>(
                  ((k * op.in_channels + c) * kernel + 3 * u + i) * kernel + 3 * v + j)]);
          }
        }
      }
    }
  }
  return make_weight("split", {op.out_channels, split * split * op.in_channels, 3, 3}, values);
}

// U of all filters, transformed by the kernel that dense blocks use too: the same bits.
Result<PackedFloats> pack_winograd(const KernelTable& kernels, const WeightTensor& weight) {
  FOVEA_ASSIGN_OR_RETURN(const StoredWeights stored, StoredWeights::create(weight));
  PackedFloats u(static_cast<size_t>(stored.u_floats()));
  kernels.winograd_weights(stored.args(u.data()), 0, stored.item_count());
  return u;
}

// Whether a convolution of `in` channels runs by Winograd; else some other kernel is faster.
bool suits_winograd(const Convolution& convolution, int64_t in) {
  const int64_t kernel = convolution.kernel_h;
  const int64_t out = convolution.out_channels;
  return convolution.groups == 1 && kernel == convolution.kernel_w &&
         (kernel == 3 || kernel == 5) && in >= kMinWinogradChannels && out >= kMinWinogradChannels;
}

// Output channels from PixelShuffle's order (channel, row, column) to (row, column, channel):
// element n is the channel of the former that becomes channel n.
std::vector<int64_t> shuffled_order(int64_t out_channels, int64_t factor) {
  const int64_t area = factor * factor;
  const int64_t channels = out_channels / area;
  std::vector<int64_t> order;
  for (int64_t n = 0; n < out_channels; ++n) order.push_back(n % channels * area + n / channels);
  return order;
}

std::vector<float> reordered(const std::vector<float>& values, const std::vector<int64_t>& order) {
  if (values.empty()) return {};
  std::vector<float> result;
  for (const int64_t k : order) result.push_back(values[static_cast<size_t>(k)]);
  return result;
}

// The filters of (out, ...) in another order, as they are stored.
WeightTensor reordered(const WeightTensor& weight, const std::vector<int64_t>& order) {
  const size_t filter = weight.byte_count() / order.size();
  std::shared_ptr<std::byte[]> bytes(new std::byte[weight.byte_count()]);
  for (size_t n = 0; n < order.size(); ++n)
    std::copy_n(weight.bytes.get() + static_cast<size_t>(order[n]) * filter, filter,
                bytes.get() + n * filter);
  WeightTensor result = weight;
  result.bytes = std::move(bytes);
  return result;
}

}  // namespace

Result<std::unique_ptr<Step>> make_shuffle_convolution_step(const Graph& graph, const Node& node,
                                                            const KernelTable& kernels) {
  const auto& shuffle = std::get<ShuffleConvolution>(node.op);
  const int64_t in = graph.value(node.inputs[0]).channels;
  if (!suits_winograd(shuffle.convolution, in)) return std::unique_ptr<Step>();
  FOVEA_ASSIGN_OR_RETURN(ops::ConvolutionOp op,
                         ops::resolve_epilogue(graph, shuffle.convolution, in));
  const std::vector<int64_t> order = shuffled_order(op.out_channels, shuffle.factor);
  op.bias = reordered(op.bias, order);
  op.activation.slopes = reordered(op.activation.slopes, order);
  FOVEA_ASSIGN_OR_RETURN(
      PackedFloats u,
      pack_winograd(kernels, reordered(graph.parameter(shuffle.convolution.weight), order)));
  return std::unique_ptr<Step>(
      std::make_unique<WinogradStep>(node, kernels, op, std::move(u), 1, &shuffle));
}

Result<std::unique_ptr<Step>> make_convolution_step(const Graph& graph, const Node& node,
                                                    const KernelTable& kernels) {
  const auto& convolution = std::get<Convolution>(node.op);
  if (convolution.kernel_h > kMaxDirectKernel ||
      convolution.residuals.size() > EpilogueArgs::kMaxResiduals)
    return std::unique_ptr<Step>();
  const int64_t in = graph.value(node.inputs[0]).channels;
  const int64_t out = convolution.out_channels;
  if (convolution.groups != 1) {
    // Groups of several channels are left to the reference.
    if (convolution.groups != in || out != in) return std::unique_ptr<Step>();
    FOVEA_ASSIGN_OR_RETURN(const ops::ConvolutionOp op, ops::resolve(graph, convolution, in));
    return std::unique_ptr<Step>(
        std::make_unique<DepthwiseStep>(node, kernels, op, pack_depthwise(op)));
  }
  const bool narrow = out <= kMaxNarrowOutputs && in >= kMinWinogradChannels;
  if (suits_winograd(convolution, in)) {
    FOVEA_ASSIGN_OR_RETURN(const ops::ConvolutionOp op,
                           ops::resolve_epilogue(graph, convolution, in));
    FOVEA_ASSIGN_OR_RETURN(PackedFloats u,
                           pack_winograd(kernels, graph.parameter(convolution.weight)));
    return std::unique_ptr<Step>(
        std::make_unique<WinogradStep>(node, kernels, op, std::move(u), 1));
  }
  FOVEA_ASSIGN_OR_RETURN(const ops::ConvolutionOp op, ops::resolve(graph, convolution, in));
  if (const int64_t split = split_of(convolution, in); split > 1) {
    FOVEA_ASSIGN_OR_RETURN(PackedFloats u, pack_winograd(kernels, split_weights(op, split)));
    return std::unique_ptr<Step>(
        std::make_unique<WinogradStep>(node, kernels, op, std::move(u), split));
  }
  if (narrow)
    return std::unique_ptr<Step>(std::make_unique<NarrowStep>(node, kernels, op, pack_narrow(op)));
  return std::unique_ptr<Step>(std::make_unique<DirectStep>(node, kernels, op, pack_direct(op)));
}

}  // namespace fovea::cpu
