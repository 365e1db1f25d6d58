#include "kernels/cpu/statistics_step.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "kernels/ops.h"

namespace fovea::cpu {
namespace {

// A map is summed in this many parts whatever the team, so that the result does not depend on it.
constexpr int64_t kParts = 64;

// Each channel's sum and sum of squares over a whole map, in f64: of squares of f32 that loses
// nothing that a mean of them would show.
struct Sums {
  double* sum;
  double* squares;
};

class StatisticsStep : public OperatorStep {
 public:
  StatisticsStep(const Graph& graph, const Node& node)
      : OperatorStep(node, ops::work_per_pixel(graph, node)),
        channels_(graph.value(node.inputs[0]).channels) {}

  int64_t scratch_floats(Size, int) const override {
    return kParts * 2 * channels_ * static_cast<int64_t>(sizeof(double) / sizeof(float));
  }

  void run(ThreadTeam& team, std::span<const ConstTensorView> inputs, TensorView output, RowRange,
           float* scratch) const override {
    auto* const parts = reinterpret_cast<double*>(scratch);
    std::uninitialized_fill_n(parts, kParts * 2 * channels_, 0.0);
    const ConstTensorView& map = inputs[0];
    team.run(kParts, [&](int64_t part, int) {
      const RowRange rows{map.height * part / kParts, map.height * (part + 1) / kParts};
      add_up(map, rows, sums_of(parts, part));
    });
    const Sums all = sums_of(parts, 0);
    for (int64_t part = 1; part < kParts; ++part) {
      for (int64_t n = 0; n < 2 * channels_; ++n) all.sum[n] += sums_of(parts, part).sum[n];
    }
    finish(all, static_cast<double>(map.size().area()), output.row(0));
  }

 protected:
  // One pixel from the sums of `pixels`.
  virtual void finish(const Sums& sums, double pixels, float* out) const = 0;

  // The variance of `values` of this sum and sum of squares.
  static double variance(double sum, double squares, double values) {
    const double mean = sum / values;
    return std::max(squares / values - mean * mean, 0.0);
  }

  int64_t channels_;

 private:
  Sums sums_of(double* parts, int64_t part) const {
    double* const first = parts + part * 2 * channels_;
    return {first, first + channels_};
  }

  void add_up(const ConstTensorView& map, RowRange rows, const Sums& sums) const {
    for (int64_t y = rows.begin; y < rows.end; ++y) {
      const float* in = map.row(y);
      for (int64_t x = 0; x < map.width; ++x, in += map.pixel_stride) {
        for (int64_t c = 0; c < channels_; ++c) {
          const double value = in[c];
          sums.sum[c] += value;
          sums.squares[c] += value * value;
        }
      }
    }
  }
};

class AverageStep : public StatisticsStep {
 public:
  AverageStep(const Graph& graph, const Node& node, const GlobalAverage& op)
      : StatisticsStep(graph, node), deviation_(op.deviation) {}

 private:
  void finish(const Sums& sums, double pixels, float* out) const override {
    for (int64_t c = 0; c < channels_; ++c) {
      const double spread = std::sqrt(variance(sums.sum[c], sums.squares[c], pixels));
      out[c] = static_cast<float>(deviation_ ? spread : sums.sum[c] / pixels);
    }
  }

  bool deviation_;
};

class GroupNormStep : public StatisticsStep {
 public:
  GroupNormStep(const Graph& graph, const Node& node, const GroupNormFactors& op, ops::NormOp norm)
      : StatisticsStep(graph, node), op_(op), norm_(std::move(norm)) {}

 private:
  void finish(const Sums& sums, double pixels, float* out) const override {
    const int64_t together = channels_ / op_.groups;
    const double values = pixels * static_cast<double>(together);
    for (int64_t first = 0; first < channels_; first += together) {
      double sum = 0, squares = 0;
      for (int64_t c = first; c < first + together; ++c) {
        sum += sums.sum[c];
        squares += sums.squares[c];
      }
      const double root = std::sqrt(variance(sum, squares, values) + op_.epsilon);
      for (int64_t c = first; c < first + together; ++c) {
        const double factor = norm_.weight[static_cast<size_t>(c)] / root;
        out[c] = static_cast<float>(factor);
        out[channels_ + c] =
            static_cast<float>(norm_.bias[static_cast<size_t>(c)] - sum / values * factor);
      }
    }
  }

  GroupNormFactors op_;
  ops::NormOp norm_;
};

}  // namespace

Result<std::unique_ptr<Step>> make_statistics_step(const Graph& graph, const Node& node) {
  if (const auto* average = std::get_if<GlobalAverage>(&node.op))
    return std::unique_ptr<Step>(std::make_unique<AverageStep>(graph, node, *average));
  const auto* group_norm = std::get_if<GroupNormFactors>(&node.op);
  if (group_norm == nullptr) return std::unique_ptr<Step>();
  FOVEA_ASSIGN_OR_RETURN(ops::NormOp norm,
                         ops::resolve(graph, *group_norm, graph.value(node.inputs[0]).channels));
  return std::unique_ptr<Step>(
      std::make_unique<GroupNormStep>(graph, node, *group_norm, std::move(norm)));
}

}  // namespace fovea::cpu
