#include "kernels/cpu/shuffle_step.h"

#include <algorithm>

#include "engine/rounding.h"
#include "kernels/reference/reference.h"

namespace fovea::cpu {
namespace {

class ShuffleStep : public OperatorStep {
 public:
  ShuffleStep(const Node& node, std::unique_ptr<Step> convolution)
      : OperatorStep(node, convolution->work_per_pixel() / area_of(node)),
        convolution_(std::move(convolution)),
        channels_(shuffle().convolution.out_channels),
        factor_(shuffle().factor) {}

  // No row is convolved twice.
  int64_t row_granule() const override { return convolution_->row_granule() * factor_; }

  int64_t scratch_floats(Size size, int threads) const override {
    const Size small{size.height / factor_, size.width / factor_};
    return rows_a_round(small, threads) * small.width * channels_ +
           convolution_->scratch_floats(small, threads);
  }

  void run(ThreadTeam& team, std::span<const ConstTensorView> inputs, TensorView output,
           RowRange rows, float* scratch) const override {
    const Size size = inputs[0].size();
    const int64_t round = rows_a_round(size, team.size());
    const TensorView sums{
        scratch, size.height, size.width, channels_, channels_, size.width * channels_, round};
    const RowRange all{rows.begin / factor_, ceil_divide(rows.end, factor_)};
    for (int64_t y = all.begin; y < all.end; y += round) {
      const int64_t end = std::min(y + round, all.end);
      host_step(*convolution_).run(team, inputs.first(1), sums, {y, end},
                        scratch + round * size.width * channels_);
      team.run(end - y, [&](int64_t item, int) {
        const RowRange enlarged{(y + item) * factor_, (y + item + 1) * factor_};
        reference::pixel_shuffle(factor_, sums, output, enlarged);
        if (shuffle().base) add_base(inputs[1], output, enlarged);
      });
    }
  }

 private:
  static double area_of(const Node& node) {
    const int64_t factor = std::get<ShuffleConvolution>(node.op).factor;
    return static_cast<double>(factor * factor);
  }
  const ShuffleConvolution& shuffle() const { return std::get<ShuffleConvolution>(op()); }

  // Convolved together: enough that every thread has some, few enough to stay in a cache.
  int64_t rows_a_round(Size size, int threads) const {
    constexpr int64_t kRowsAThread = 8;
    return std::min(round_up(kRowsAThread * threads, convolution_->row_granule()),
                    round_up(size.height, convolution_->row_granule()));
  }

  void add_base(const ConstTensorView& base, const TensorView& output, RowRange rows) const {
    for (int64_t y = rows.begin; y < rows.end; ++y) {
      const float* pixel = base.row(y / factor_);
      float* out = output.row(y);
      for (int64_t x = 0; x < base.width; ++x, pixel += base.pixel_stride) {
        for (int64_t v = 0; v < factor_; ++v, out += output.pixel_stride) {
          for (int64_t c = 0; c < output.channels; ++c) out[c] += pixel[c];
        }
      }
    }
  }

  std::unique_ptr<Step> convolution_;
  int64_t channels_;
  int64_t factor_;
};

}  // namespace

Node convolution_of(const Node& node) {
  return {
      node.name, std::get<ShuffleConvolution>(node.op).convolution, {node.inputs[0]}, node.output};
}

std::unique_ptr<Step> make_shuffle_step(const Node& node, std::unique_ptr<Step> convolution) {
  return std::make_unique<ShuffleStep>(node, std::move(convolution));
}

}  // namespace fovea::cpu
