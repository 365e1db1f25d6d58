#include "kernels/cpu/upsample_step.h"

#include "engine/rounding.h"
#include "kernels/cpu/packed_weights.h"
#include "kernels/cpu/step_arguments.h"
#include "kernels/cpu/tile_block.h"

namespace fovea::cpu {
namespace {

constexpr int64_t kPhases = 4;

// G of winograd.h for filters of two weights: 1 and the point, over the product of the point's
// distances to the other points (times 32 for +-1/2, see output_transform).
constexpr double kWeightTransform[winograd_input(2)][2] = {{1, 0},
                                                           {-2.0 / 9, -2.0 / 9},
                                                           {-2.0 / 9, 2.0 / 9},
                                                           {1.0 / 90, 2.0 / 90},
                                                           {1.0 / 90, -2.0 / 90},
                                                           {1.0 / 45, 0.5 / 45},
                                                           {1.0 / 45, -0.5 / 45},
                                                           {0, 1}};

// U = G g G^T of every phase, (4, 64, padded out / 16, in, 16), in f64 and rounded once.
AlignedFloats pack_phases(const ops::UpsampleConvolutionOp& op) {
  const int64_t outputs = padded_channels(op.out_channels);
  const int64_t frequency_floats = outputs * op.in_channels;
  AlignedFloats u(static_cast<size_t>(kPhases * winograd_frequencies(2) * frequency_floats), 0.0f);
  const float* g = op.weight.data();
  for (int64_t phase = 0; phase < kPhases; ++phase) {
    for (int64_t k = 0; k < op.out_channels; ++k) {
      for (int64_t c = 0; c < op.in_channels; ++c, g += 4) {
        float* of_filter = u.data() + phase * winograd_frequencies(2) * frequency_floats +
                           (k / kPanel * op.in_channels + c) * kPanel + k % kPanel;
        for (const auto& row : kWeightTransform) {
          const double left = row[0] * g[0] + row[1] * g[2];
          const double right = row[0] * g[1] + row[1] * g[3];
          for (const auto& column : kWeightTransform) {
            *of_filter = static_cast<float>(column[0] * left + column[1] * right);
            of_filter += frequency_floats;
          }
        }
      }
    }
  }
  return u;
}

ops::ConvolutionOp epilogue_of(const ops::UpsampleConvolutionOp& op) {
  ops::ConvolutionOp epilogue;
  epilogue.out_channels = op.out_channels;
  epilogue.bias = op.bias;
  epilogue.activation = op.activation;
  return epilogue;
}

class UpsampleStep : public OperatorStep {
 public:
  UpsampleStep(const Node& node, const KernelTable& kernels, const ops::UpsampleConvolutionOp& op)
      : OperatorStep(node, static_cast<double>(kPhases * op.in_channels * op.out_channels)),
        kernels_(kernels),
        in_channels_(op.in_channels),
        out_channels_(op.out_channels),
        weights_(pack_phases(op)),
        epilogue_(epilogue_of(op)),
        tile_block_(tile_block(2, in_channels_ + out_channels_)) {}

  // A row of tiles; of the first one, the phase that is shifted has a row above the picture. What
  // the group's rows read is what its tiles read: from the row above small row 7t to 7t + 6.
  int64_t row_granule() const override { return kRows; }
  int64_t rows_above() const override { return 1; }

  int64_t scratch_floats(Size, int threads) const override { return threads * thread_floats(); }

  void run(ThreadTeam& team, std::span<const ConstTensorView> inputs, TensorView output,
           RowRange rows, float* scratch) const override {
    WinogradArgs args{};
    args.kernel = 2;
    args.split = 1;
    args.input = map_args(inputs[0]);
    args.output = map_args(output);
    args.in_channels = args.new_channels = in_channels_;
    args.out_channels = out_channels_;
    args.weights = weights_.data();
    args.epilogue = epilogue_.args({});
    args.tiles_x = ceil_divide(inputs[0].width + 1, kUpsampleTile);
    args.tile_block = tile_block_;
    const int64_t first = (rows.begin + rows_above()) / kRows * args.tiles_x;
    const int64_t last = ceil_divide(rows.end + rows_above(), kRows) * args.tiles_x;
    share_tiles(team, first, last, tile_block_, [&](int64_t begin, int64_t end, int thread) {
      kernels_.winograd_upsample(args, begin, end, scratch + thread * thread_floats());
    });
  }

 private:
  int64_t thread_floats() const {
    return winograd_scratch(2, tile_block_, in_channels_, in_channels_, out_channels_);
  }

  static constexpr int64_t kRows = 2 * kUpsampleTile;

  const KernelTable& kernels_;
  int64_t in_channels_;
  int64_t out_channels_;
  AlignedFloats weights_;
  PackedEpilogue epilogue_;
  int64_t tile_block_;
};

}  // namespace

Result<std::unique_ptr<Step>> make_upsample_step(const Graph& graph, const Node& node,
                                                 const KernelTable& kernels) {
  FOVEA_ASSIGN_OR_RETURN(const ops::UpsampleConvolutionOp op,
                         ops::resolve(graph, std::get<UpsampleConvolution>(node.op),
                                      graph.value(node.inputs[0]).channels));
  return std::unique_ptr<Step>(std::make_unique<UpsampleStep>(node, kernels, op));
}

}  // namespace fovea::cpu
