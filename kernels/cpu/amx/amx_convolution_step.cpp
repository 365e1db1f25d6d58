#include "kernels/cpu/amx/amx_convolution_step.h"

#include <algorithm>

#include "engine/rounding.h"
#include "kernels/cpu/step_arguments.h"

namespace fovea::cpu {
namespace {

// A tile has 32 input channels and 16 outputs: with fewer than these, most of what it multiplies is
// padding, and the direct kernels are as fast in f32.
constexpr int64_t kMinTileChannels = 8;

class AmxConvolutionStep : public OperatorStep {
 public:
  AmxConvolutionStep(const Node& node, const TileKernels& kernels, const ops::ConvolutionOp& op,
                     TilePrecision precision)
      : OperatorStep(node, static_cast<double>(op.out_channels * op.in_channels * op.kernel_h *
                                               op.kernel_w)),
        kernels_(kernels),
        planes_(planes_of(precision)),
        kernel_h_(op.kernel_h),
        kernel_w_(op.kernel_w),
        weights_(kernels, op, {op.in_channels}, planes_),
        epilogue_(op) {}

  int64_t scratch_floats(Size size, int threads) const override {
    return threads * thread_floats(size);
  }

  void run(ThreadTeam& team, std::span<const ConstTensorView> inputs, TensorView output,
           RowRange rows, float* scratch) const override {
    // Each item splits kernel_h - 1 rows that its neighbour splits too: enough rows that this does
    // not count, few enough that every thread has some.
    constexpr int64_t kRowsPerItem = 8;
    const int64_t own_floats = thread_floats(output.size());
    team.run(ceil_divide(rows.size(), kRowsPerItem), [&](int64_t item, int thread) {
      const int64_t first = rows.begin + item * kRowsPerItem;
      run_rows(inputs, output, {first, std::min(first + kRowsPerItem, rows.end)},
               scratch + thread * own_floats);
    });
  }

 private:
  int64_t line_floats(Size size) const {
    return planes_ * line_pixels(size.width, kernel_w_) * weights_.in_channels() / 2;
  }
  int64_t thread_floats(Size size) const { return kTileScratch + kernel_h_ * line_floats(size); }

  // Row by row, so that the planes a row reads are still in the cache.
  void run_rows(std::span<const ConstTensorView> inputs, const TensorView& output, RowRange rows,
                float* scratch) const {
    const Size size = output.size();
    PlaneArgs planes{};
    planes.data = reinterpret_cast<Bf16*>(scratch + kTileScratch);
    planes.height = size.height;
    planes.width = size.width;
    planes.left = kernel_w_ / 2;
    planes.pixels = line_pixels(size.width, kernel_w_);
    planes.channels = weights_.in_channels();
    planes.lines = kernel_h_;
    planes.planes = planes_;
    const SplitArgs split{map_args(inputs[0]), planes, 0};

    TileConvolutionArgs args{};
    args.input = planes;
    args.in_channels = weights_.in_channels();
    args.out_channels = weights_.out_channels();
    args.kernel_h = kernel_h_;
    args.kernel_w = kernel_w_;
    args.weights = weights_.data();
    args.epilogue = epilogue_.args(inputs.subspan(1));
    args.output = map_args(output);

    const int64_t padding = kernel_h_ / 2;
    const int64_t blocks_x = ceil_divide(size.width, kBlockPixels);
    int64_t next = std::max<int64_t>(rows.begin - padding, 0);
    for (int64_t y = rows.begin; y < rows.end; ++y) {
      const int64_t end = std::min(y + padding + 1, size.height);
      kernels_.split(split, next, end);
      next = end;
      kernels_.convolve(args, y * blocks_x, (y + 1) * blocks_x, scratch);
    }
  }

  const TileKernels& kernels_;
  int64_t planes_;
  int64_t kernel_h_;
  int64_t kernel_w_;
  TileWeights weights_;
  PackedEpilogue epilogue_;
};

}  // namespace

Result<std::unique_ptr<Step>> make_amx_convolution_step(const Graph& graph, const Node& node,
                                                        const TileKernels& kernels,
                                                        TilePrecision precision) {
  const auto& convolution = std::get<Convolution>(node.op);
  const int64_t in = graph.value(node.inputs[0]).channels;
  if (convolution.groups != 1 || in < kMinTileChannels ||
      convolution.out_channels < kMinTileChannels || convolution.kernel_h > kMaxDirectKernel ||
      convolution.kernel_w > kMaxDirectKernel ||
      convolution.residuals.size() > EpilogueArgs::kMaxResiduals)
    return std::unique_ptr<Step>();
  FOVEA_ASSIGN_OR_RETURN(const ops::ConvolutionOp op, ops::resolve(graph, convolution, in));
  return std::unique_ptr<Step>(std::make_unique<AmxConvolutionStep>(node, kernels, op, precision));
}

}  // namespace fovea::cpu
