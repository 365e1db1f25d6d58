#include "kernels/cpu/resize_step.h"

#include <algorithm>
#include <array>
#include <mutex>

#include "engine/resize_taps.h"
#include "engine/rounding.h"
#include "kernels/cpu/nearest_step.h"
#include "kernels/reference/reference.h"

namespace fovea::cpu {
namespace {

// Floats of a row that are summed together: with the six rows of a Lanczos filter they lie in the
// first-level cache while all output rows that read them are made.
constexpr int64_t kColumnBlock = 1024;
constexpr int64_t kLaneSlack = 4;     // what resize_columns may touch behind a row
constexpr int64_t kRowsTogether = 4;  // of resize_columns
constexpr int64_t kOutputRowsAThread = 16;
constexpr int64_t kLineFloats = 16;

// The taps of one axis as the kernels read them.
struct Axis {
  int64_t in_length;
  int64_t out_length;
  std::vector<int32_t> first;
  std::vector<int32_t> count;
  std::vector<float> weights;  // (out, most)
  int64_t most = 0;

  Axis(const Resize& resize, int64_t in, int64_t out) : in_length(in), out_length(out) {
    const ResizeTaps taps(resize, in, out);
    for (int64_t o = 0; o < out; ++o) {
      first.push_back(static_cast<int32_t>(taps.first(o)));
      count.push_back(static_cast<int32_t>(taps.last(o) - taps.first(o) + 1));
      most = std::max<int64_t>(most, count.back());
    }
    weights.resize(static_cast<size_t>(out * most));
    std::vector<double> exact;
    for (int64_t o = 0; o < out; ++o) {
      taps.weights(o, exact);
      std::transform(exact.begin(), exact.end(), weights.begin() + o * most,
                     [](double weight) { return static_cast<float>(weight); });
    }
  }

  // The samples that output o reads.
  int64_t begin(int64_t o) const { return first[static_cast<size_t>(o)]; }
  int64_t end(int64_t o) const { return begin(o) + count[static_cast<size_t>(o)]; }

  ResizeAxis args() const { return {first.data(), count.data(), weights.data(), most}; }
};

class ResizeStep : public OperatorStep {
 public:
  ResizeStep(const Graph& graph, const Node& node, const KernelTable& kernels)
      : OperatorStep(node, kWorkPerSample * static_cast<double>(graph.value(node.output).channels)),
        kernels_(kernels),
        channels_(graph.value(node.output).channels) {}

  int64_t scratch_floats(Size size, int threads) const override {
    return layout(size, threads).floats;
  }

  void run(ThreadTeam& team, std::span<const ConstTensorView> inputs, TensorView output,
           RowRange rows, float* scratch) const override {
    const ConstTensorView& input = inputs[0];
    if (!std::get<Resize>(op()).scale.known() &&
        (input.height > output.height || input.width > output.width)) {
      team.run(rows.size(), [&](int64_t item, int) {
        const int64_t y = rows.begin + item;
        reference::resize(std::get<Resize>(op()), input, output, {y, y + 1});
      });
      return;
    }
    const auto lines = axis(0, input.height, output.height);
    const auto columns = axis(1, input.width, output.width);
    const Layout at = layout(output.size(), team.size());
    int64_t ready = 0;  // the first input row that has not been stretched
    for (int64_t y = rows.begin; y < rows.end; y += at.rows_a_round) {
      const RowRange round{y, std::min(y + at.rows_a_round, rows.end)};
      const int64_t needed = lines->end(round.end - 1);
      stretch(team, at, *columns, input, {std::max(ready, lines->begin(y)), needed}, scratch);
      ready = needed;
      sum(team, at, *lines, output, round, scratch);
    }
  }

 private:
  static constexpr double kWorkPerSample = 12;  // two sums of six, the longest usual ones

  struct Layout {
    int64_t rows_a_round;  // of the output
    int64_t ring_rows;     // input rows, stretched to the output's width
    int64_t ring_stride;
    int64_t in_stride;
    int64_t threads;
    int64_t thread_floats;
    int64_t floats;
  };

  Layout layout(Size out, int threads) const {
    constexpr double kWidestRadius = 3;  // Lanczos3
    const Scale scale = std::get<Resize>(op()).scale;
    // The longest input that scaled_length() makes `length` of: it rounds to nearest. To another
    // map's size, only maps that are no larger are enlarged here.
    const auto longest = [&](int64_t length) {
      return !scale.known()
                 ? length
                 : ceil_divide((2 * length + 1) * scale.denominator, 2 * scale.numerator);
    };
    const int64_t in_height = longest(out.height);
    const double step = static_cast<double>(in_height) / static_cast<double>(out.height);
    Layout at{};
    at.rows_a_round = std::min(kOutputRowsAThread * threads, out.height);
    const double span =
        2 * kWidestRadius * std::max(1.0, step) + step * static_cast<double>(at.rows_a_round);
    at.ring_rows = std::min(static_cast<int64_t>(span) + 3, in_height);
    at.ring_stride = round_up(out.width * channels_ + kLaneSlack, kLineFloats);
    at.in_stride = round_up(longest(out.width) * channels_ + kLaneSlack, kLineFloats);
    at.threads = at.ring_rows * at.ring_stride;
    at.thread_floats = std::max(kRowsTogether * at.in_stride, at.ring_stride);
    at.floats = at.threads + threads * at.thread_floats;
    return at;
  }

  // Input rows `rows` into the ring.
  void stretch(ThreadTeam& team, const Layout& at, const Axis& columns,
               const ConstTensorView& input, RowRange rows, float* scratch) const {
    team.run(ceil_divide(std::max<int64_t>(rows.size(), 0), kRowsTogether),
             [&](int64_t item, int thread) {
               const int64_t end = std::min(rows.begin + (item + 1) * kRowsTogether, rows.end);
               for (int64_t y = rows.begin + item * kRowsTogether; y < end;) {
                 // Up to the ring's end.
                 const int64_t count = std::min(end - y, at.ring_rows - y % at.ring_rows);
                 float* const in = scratch + at.threads + thread * at.thread_floats;
                 for (int64_t r = 0; r < count; ++r)
                   copy_pixels(input.row(y + r), input.pixel_stride, in + r * at.in_stride,
                               channels_, input.width);
                 kernels_.resize_columns({columns.args(), in, at.in_stride,
                                          scratch + y % at.ring_rows * at.ring_stride,
                                          at.ring_stride, count, columns.out_length, channels_});
                 y += count;
               }
             });
  }

  // Output rows `rows` from the ring.
  void sum(ThreadTeam& team, const Layout& at, const Axis& lines, const TensorView& output,
           RowRange rows, float* scratch) const {
    const auto args = [&](int64_t y, float* out) -> SumRowsArgs {
      const auto index = static_cast<size_t>(y);
      return {scratch,
              at.ring_stride,
              at.ring_rows,
              lines.first[index],
              lines.count[index],
              lines.weights.data() + y * lines.most,
              out};
    };
    const int64_t floats = output.width * channels_;
    if (output.pixel_stride == channels_) {
      const int64_t blocks = std::max(ceil_divide(floats, kColumnBlock),
                                      std::min<int64_t>(team.size(), floats / kLineFloats + 1));
      team.run(blocks, [&](int64_t block, int) {
        // Cut between cache lines, so that no two threads write to one.
        const auto cut = [&](int64_t b) {
          return b == blocks ? floats : floats * b / blocks / kLineFloats * kLineFloats;
        };
        for (int64_t y = rows.begin; y < rows.end; ++y)
          kernels_.sum_rows(args(y, output.row(y)), cut(block), cut(block + 1));
      });
      return;
    }
    team.run(rows.size(), [&](int64_t item, int thread) {
      const int64_t y = rows.begin + item;
      float* const line = scratch + at.threads + thread * at.thread_floats;
      kernels_.sum_rows(args(y, line), 0, floats);
      copy_pixels(line, channels_, output.row(y), output.pixel_stride, output.width);
    });
  }

  void copy_pixels(const float* from, int64_t from_stride, float* to, int64_t to_stride,
                   int64_t width) const {
    if (from_stride == channels_ && to_stride == channels_) {
      std::copy_n(from, width * channels_, to);
      return;
    }
    for (int64_t x = 0; x < width; ++x, from += from_stride, to += to_stride)
      std::copy_n(from, channels_, to);
  }

  // The taps of an axis, made anew only when the picture's size is another: Lanczos takes two sines
  // a tap, and a band has as many columns as the picture.
  std::shared_ptr<const Axis> axis(size_t which, int64_t in, int64_t out) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::shared_ptr<const Axis>& kept = axes_[which];
    if (!kept || kept->in_length != in || kept->out_length != out)
      kept = std::make_shared<const Axis>(std::get<Resize>(op()), in, out);
    return kept;
  }

  const KernelTable& kernels_;
  int64_t channels_;
  mutable std::mutex mutex_;
  mutable std::array<std::shared_ptr<const Axis>, 2> axes_;  // lines, columns; of the last size
};

}  // namespace

std::unique_ptr<Step> make_resize_step(const Graph& graph, const Node& node,
                                       const KernelTable& kernels) {
  if (std::get<Resize>(node.op).filter == ResizeFilter::kNearest)
    return make_nearest_step(graph, node);
  return std::make_unique<ResizeStep>(graph, node, kernels);
}

}  // namespace fovea::cpu
