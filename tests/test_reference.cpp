// Reference kernels against the formulas in f64, case by case, on guarded, strided, poisoned maps
// and on rings.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/backend.h"
#include "tests/compare.h"
#include "tests/naive_operators.h"
#include "tests/operator_cases.h"

namespace fovea::test {
namespace {

constexpr float kGuard = 12345.0f;

// A map inside a larger, guarded block: more channels than it uses, extra columns, a few floats at
// both ends.
class GuardedMap {
 public:
  GuardedMap(Size size, int64_t channels, int64_t ring_rows)
      : values_(static_cast<size_t>(ring_rows * (size.width + 2) * (channels + 5) + 64), kGuard) {
    view_ = {values_.data() + 32,
             size.height,
             size.width,
             channels,
             channels + 5,
             (size.width + 2) * (channels + 5),
             ring_rows};
  }

  TensorView view() { return view_; }

  // NaN in every value a kernel may write.
  void poison(RowRange rows) {
    for (int64_t y = rows.begin; y < rows.end; ++y) {
      for (int64_t x = 0; x < view_.width; ++x)
        std::fill_n(view_.at(y, x), view_.channels, std::numeric_limits<float>::quiet_NaN());
    }
  }

  // How many guards are left: only rows `rows` may have been written, only the map's own channels.
  bool guards_hold(RowRange rows) {
    AlignedFloats left = values_;
    for (int64_t y = rows.begin; y < rows.end; ++y) {
      for (int64_t x = 0; x < view_.width; ++x) {
        float* pixel = left.data() + (view_.at(y, x) - values_.data());
        std::fill_n(pixel, view_.channels, kGuard);
      }
    }
    return std::all_of(left.begin(), left.end(), [](float v) { return v == kGuard; });
  }

 private:
  AlignedFloats values_;
  TensorView view_;
};

std::vector<ConstTensorView> views_of(const std::vector<Tensor>& maps) {
  std::vector<ConstTensorView> views;
  for (const Tensor& map : maps) views.push_back(map.view());
  return views;
}

// What differs from case to case is the sum's length: each of n f32 additions and multiplications
// rounds by at most eps / 2 of a partial sum, and every partial sum is at most the sum of
// magnitudes.
void expect_close(const NaiveResult& naive, ConstTensorView actual, double epsilon) {
  const ConstTensorView magnitude = naive.magnitude.view();
  EXPECT_TRUE(all_within(naive.value.view(), actual, [&](int64_t y, int64_t x, int64_t c) {
    return epsilon *
           (naive.terms * magnitude.at(y, x)[c] + std::abs(naive.value.view().at(y, x)[c]));
  }));
}

class Reference : public ::testing::TestWithParam<size_t> {
 protected:
  static const std::vector<OperatorCase>& cases() {
    static const std::vector<OperatorCase> list = operator_cases();
    return list;
  }
  const OperatorCase& operator_case() const { return cases()[GetParam()]; }
};

TEST_P(Reference, EqualsTheFormula) {
  ThreadTeam team(2);
  const OperatorCase& current = operator_case();
  const std::vector<Tensor> inputs = random_inputs(current);
  const NaiveResult naive = evaluate_naively(current.graph, current.node(), inputs);
  const int64_t channels = naive.value.channels();
  const RowRange all{0, naive.value.size().height};
  for (const auto accumulator : {ReferenceAccumulator::kF32, ReferenceAccumulator::kF64}) {
    const auto steps = make_reference_backend(accumulator)->lower(current.graph);
    ASSERT_TRUE(steps) << steps.error().message;
    GuardedMap output(naive.value.size(), channels, naive.value.size().height);
    output.poison(all);
    host_step(*steps->back()).run(team, views_of(inputs), output.view(), all, nullptr);
    expect_close(naive, output.view(), std::numeric_limits<float>::epsilon());
    EXPECT_TRUE(output.guards_hold(all));
  }
}

// Rows one by one, in rings that hold no row more than rows_needed() asks for, everything else
// poisoned: a kernel that reads beyond what it declares meets a NaN, one that treats a row
// differently by its neighbours changes a bit.
TEST_P(Reference, GivesTheSameBitsRowByRowInRings) {
  ThreadTeam team(1);
  const OperatorCase& current = operator_case();
  const std::vector<Tensor> inputs = random_inputs(current);
  const auto steps = make_reference_backend()->lower(current.graph);
  ASSERT_TRUE(steps) << steps.error().message;
  const Step& step = *steps->back();
  std::vector<Size> sizes;
  for (const Tensor& input : inputs) sizes.push_back(input.size());
  const Size out = *output_size(current.node().op, sizes);
  const int64_t channels = current.graph.value(current.node().output).channels;

  Tensor whole(out, channels);
  host_step(step).run(team, views_of(inputs), whole.view(), {0, out.height}, nullptr);
  Tensor by_rows(out, channels);
  for (int64_t y = 0; y < out.height; ++y) {
    std::vector<GuardedMap> rings;
    std::vector<ConstTensorView> ring_views;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const RowRange need = step.rows_needed(i, {y, y + 1}, sizes[i].height, out.height);
      ASSERT_LE(0, need.begin);
      ASSERT_LE(need.end, sizes[i].height);
      rings.emplace_back(sizes[i], inputs[i].channels(), std::max<int64_t>(need.size(), 1));
      for (int64_t row = need.begin; row < need.end; ++row) {
        for (int64_t x = 0; x < sizes[i].width; ++x)
          std::copy_n(inputs[i].view().at(row, x), inputs[i].channels(),
                      rings.back().view().at(row, x));
      }
    }
    for (GuardedMap& ring : rings) ring_views.push_back(ring.view());
    GuardedMap output(out, channels, 1);
    output.poison({y, y + 1});
    host_step(step).run(team, ring_views, output.view(), {y, y + 1}, nullptr);
    EXPECT_TRUE(output.guards_hold({y, y + 1}));
    for (int64_t x = 0; x < out.width; ++x)
      std::copy_n(output.view().at(y, x), channels, by_rows.view().at(y, x));
  }
  EXPECT_TRUE(same_bits(std::as_const(whole).view(), std::as_const(by_rows).view()));
}

std::string case_name(const ::testing::TestParamInfo<size_t>& info) {
  static const std::vector<OperatorCase> list = operator_cases();
  return list[info.param].name;
}

INSTANTIATE_TEST_SUITE_P(Operators, Reference, ::testing::Range(size_t{0}, operator_cases().size()),
                         case_name);

TEST(ReferenceClamp, KeepsNaN) {
  Graph graph;
  const ValueId input = graph.add_input(1);
  ASSERT_TRUE(graph.add(Clamp{0, 1}, {input}, "clamp"));
  const auto steps = make_reference_backend()->lower(graph);
  Tensor in({1, 1}, 1);
  in.values()[0] = std::numeric_limits<float>::quiet_NaN();
  Tensor out({1, 1}, 1);
  const std::vector<ConstTensorView> inputs{std::as_const(in).view()};
  ThreadTeam team(1);
  host_step(*steps->front()).run(team, inputs, out.view(), {0, 1}, nullptr);
  EXPECT_TRUE(std::isnan(out.values()[0]));
}

}  // namespace
}  // namespace fovea::test
