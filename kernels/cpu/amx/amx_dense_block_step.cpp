// A dense block as a sweep of its own, over bf16 planes.
//
// Each channel group becomes planes once, when it has been computed, and the convolutions behind it
// read them there: 192 channels are split where five convolutions on their own split 480 (64 + 96 +
// 128 + 160 + 192 for 64 and 4 x 32), and nothing but the block's result is written in f32. The
// block is swept: in each round stage s produces q rows, s rows behind the first; stage 0 splits
// the input, stage k is convolution k. Stage s reads from one row above its own to the last row
// that stage s - 1 has produced in the same round, so the planes are a ring of q + n + 1 rows.
#include "kernels/cpu/amx/amx_dense_block_step.h"

#include <algorithm>

#include "engine/rounding.h"
#include "kernels/cpu/step_arguments.h"

namespace fovea::cpu {
namespace {

// What a thread computes in a stage, at least where the picture has as much: several times as long
// as a team takes to meet (two blocks of 64 to 32 channels are about 7000 cycles of bf16x3), and
// for pictures of 200 columns still a ring of a few MB.
constexpr int64_t kBlocksPerThread = 8;
constexpr int64_t kKernel = 3;

struct Layer {
  TileWeights weights;
  PackedEpilogue epilogue;
  int64_t first_channel;  // of its result, in the planes
};

double multiply_accumulates_per_pixel(const std::vector<ops::ConvolutionOp>& ops) {
  double sum = 0;
  for (const ops::ConvolutionOp& op : ops)
    sum += static_cast<double>(kKernel * kKernel * op.in_channels * op.out_channels);
  return sum;
}

class AmxDenseBlockStep : public OperatorStep {
 public:
  AmxDenseBlockStep(const Node& node, const TileKernels& kernels,
                    const std::vector<ops::ConvolutionOp>& ops, TilePrecision precision)
      : OperatorStep(node, multiply_accumulates_per_pixel(ops)),
        kernels_(kernels),
        planes_(planes_of(precision)) {
    std::vector<int64_t> groups{ops[0].in_channels};
    for (const ops::ConvolutionOp& op : ops) {
      TileWeights weights(kernels, op, groups, planes_);
      const int64_t first_channel = weights.in_channels();
      layers_.push_back({std::move(weights), PackedEpilogue(op), first_channel});
      groups.push_back(op.out_channels);
    }
  }

  int64_t row_granule() const override { return kWholeMap; }

  // A row has been split before any convolution writes it, and a residual is read just where the
  // result goes.
  bool may_overwrite(size_t) const override { return true; }

  int64_t scratch_floats(Size size, int threads) const override {
    return ring(size, threads) + threads * kTileScratch;
  }

  void run(ThreadTeam& team, std::span<const ConstTensorView> inputs, TensorView output, RowRange,
           float* scratch) const override {
    const Size size = output.size();
    const PlaneArgs planes = planes_in(scratch, size, team.size());
    float* const sums = scratch + ring(size, team.size());
    const int64_t rows_a_round = round_rows(size, team.size());
    const auto stages = static_cast<int64_t>(layers_.size()) + 1;
    for (int64_t first = 0; first < size.height + stages - 1; first += rows_a_round) {
      for (int64_t s = 0; s < stages; ++s) {
        const RowRange rows{std::clamp<int64_t>(first - s, 0, size.height),
                            std::clamp<int64_t>(first + rows_a_round - s, 0, size.height)};
        if (s == 0)
          split_rows(team, inputs[0], planes, rows);
        else
          convolve_rows(team, inputs.subspan(1), output, planes, s - 1, rows, sums);
      }
    }
  }

 private:
  int64_t plane_channels() const { return layers_.back().weights.in_channels(); }

  int64_t round_rows(Size size, int threads) const {
    return std::min(ceil_divide(threads * kBlocksPerThread, ceil_divide(size.width, kBlockPixels)),
                    size.height);
  }
  int64_t ring_lines(Size size, int threads) const {
    return round_rows(size, threads) + static_cast<int64_t>(layers_.size()) + 1;
  }
  int64_t ring(Size size, int threads) const {
    return ring_lines(size, threads) * planes_ * line_pixels(size.width, kKernel) *
           plane_channels() / 2;
  }

  PlaneArgs planes_in(float* scratch, Size size, int threads) const {
    PlaneArgs planes{};
    planes.data = reinterpret_cast<Bf16*>(scratch);
    planes.height = size.height;
    planes.width = size.width;
    planes.left = kKernel / 2;
    planes.pixels = line_pixels(size.width, kKernel);
    planes.channels = plane_channels();
    planes.lines = ring_lines(size, threads);
    planes.planes = planes_;
    return planes;
  }

  void split_rows(ThreadTeam& team, const ConstTensorView& input, const PlaneArgs& planes,
                  RowRange rows) const {
    const SplitArgs args{map_args(input), planes, 0};
    team.run(rows.size(), [&](int64_t item, int) {
      kernels_.split(args, rows.begin + item, rows.begin + item + 1);
    });
  }

  void convolve_rows(ThreadTeam& team, std::span<const ConstTensorView> residuals,
                     const TensorView& output, const PlaneArgs& planes, int64_t k, RowRange rows,
                     float* sums) const {
    const Layer& layer = layers_[static_cast<size_t>(k)];
    const bool is_last = k + 1 == static_cast<int64_t>(layers_.size());
    TileConvolutionArgs args{};
    args.input = planes;
    args.in_channels = layer.weights.in_channels();
    args.out_channels = layer.weights.out_channels();
    args.kernel_h = args.kernel_w = kKernel;
    args.weights = layer.weights.data();
    args.epilogue = layer.epilogue.args(is_last ? residuals : residuals.subspan(0, 0));
    args.to_planes = !is_last;
    args.output = map_args(output);
    args.output_planes = planes;
    args.output_channel = layer.first_channel;
    const int64_t blocks_x = ceil_divide(planes.width, kBlockPixels);
    const int64_t blocks = rows.size() * blocks_x;
    const int64_t items = std::min<int64_t>(team.size(), blocks);
    team.run(items, [&](int64_t item, int thread) {
      const int64_t first = rows.begin * blocks_x;
      kernels_.convolve(args, first + blocks * item / items, first + blocks * (item + 1) / items,
                        sums + thread * kTileScratch);
    });
  }

  const TileKernels& kernels_;
  int64_t planes_;
  std::vector<Layer> layers_;
};

}  // namespace

Result<std::unique_ptr<Step>> make_amx_dense_block_step(const Graph& graph, const Node& node,
                                                        const TileKernels& kernels,
                                                        TilePrecision precision) {
  const auto& block = std::get<DenseBlock>(node.op);
  if (block.convolutions.back().residuals.size() > EpilogueArgs::kMaxResiduals)
    return std::unique_ptr<Step>();
  FOVEA_ASSIGN_OR_RETURN(const std::vector<ops::ConvolutionOp> ops,
                         ops::resolve(graph, block, graph.value(node.inputs[0]).channels));
  return std::unique_ptr<Step>(std::make_unique<AmxDenseBlockStep>(node, kernels, ops, precision));
}

}  // namespace fovea::cpu
