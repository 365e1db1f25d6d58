// The activations of the CPU kernels, value by value over their whole range, at every instruction
// set.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/backend.h"
#include "kernels/cpu/cpu_backend.h"
#include "tests/instruction_sets.h"

namespace fovea::test {
namespace {

struct Curve {
  const char* name;
  ActivationKind kind;
  double (*formula)(double x);
  bool is_gelu() const { return kind == ActivationKind::kGelu; }
  bool ends_at_1() const {
    return kind == ActivationKind::kSigmoid || kind == ActivationKind::kTanh;
  }
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

constexpr Curve kCurves[] = {
    {"sigmoid", ActivationKind::kSigmoid, sigmoid},
    {"silu", ActivationKind::kSilu, [](double x) { return x * sigmoid(x); }},
    {"mish", ActivationKind::kMish,
     [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }},
    {"tanh", ActivationKind::kTanh, [](double x) { return std::tanh(x); }},
    {"gelu", ActivationKind::kGelu,
     [](double x) { return 0.5 * x * std::erfc(-x * std::sqrt(0.5)); }},
    {"hard_swish", ActivationKind::kHardSwish,
     [](double x) { return x * std::min(std::max(x + 3, 0.0), 6.0) / 6; }},
};

// The activation of `values`, as a map of one row.
std::vector<float> activated(const Backend& backend, ActivationKind kind,
                             const std::vector<float>& values) {
  Graph graph;
  const ValueId input = graph.add_input(1);
  EXPECT_TRUE(graph.add(Activate{{kind, 0.0f, kNoParameter}}, {input}, "activate"));
  const auto steps = backend.lower(graph);
  EXPECT_TRUE(steps) << steps.error().message;
  Tensor in({1, static_cast<int64_t>(values.size())}, 1);
  std::copy(values.begin(), values.end(), in.values().begin());
  Tensor out(in.size(), 1);
  std::fill(out.values().begin(), out.values().end(), std::numeric_limits<float>::quiet_NaN());
  ThreadTeam team(1);
  const std::vector<ConstTensorView> inputs{std::as_const(in).view()};
  host_step(*steps->back()).run(team, inputs, out.view(), {0, 1}, nullptr);
  return {out.values().begin(), out.values().end()};
}

class CpuActivations : public ::testing::TestWithParam<cpu::Isa> {
 protected:
  void SetUp() override {
    if (const std::string reason = reason_to_skip(GetParam()); !reason.empty())
      GTEST_SKIP() << reason;
    backend_ = std::move(*cpu::make_cpu_backend(GetParam()));
  }

  std::unique_ptr<Backend> backend_;
};

// e^x is off by two units in the last place at most (the argument's rounding to n ln 2 + r, the
// series' sum), a quotient and a product or two add half a unit each: five units, 3e-7. Beyond
// -87 e^x is held at 1.65e-38, and products with x at that times x. GELU's tail is an exponential
// of a sum of about x^2 / 2, whose rounding is its relative error: half a unit, and as much for the
// square where there is no fused multiply-add; the polynomial in it, its argument and the products
// add ten units.
TEST_P(CpuActivations, AreWithinUnitsOfTheFormula) {
  std::vector<float> values;
  for (int i = -100 * 512; i <= 100 * 512; ++i) values.push_back(static_cast<float>(i) / 512);
  for (float x = 1e-30f; x < 1; x *= 1.7f) values.insert(values.end(), {x, -x});
  for (const Curve& curve : kCurves) {
    SCOPED_TRACE(curve.name);
    const std::vector<float> results = activated(*backend_, curve.kind, values);
    for (size_t i = 0; i < values.size(); ++i) {
      const double expected = curve.formula(values[i]);
      const double x = values[i];
      const double share = curve.is_gelu() ? 6e-7 + 6e-8 * std::min(x * x, 180.0) : 3e-7;
      const double tolerance = share * std::abs(expected) + 1.7e-38 * std::max(1.0, std::abs(x));
      ASSERT_LE(std::abs(results[i] - expected), tolerance) << values[i];
    }
  }
}

TEST_P(CpuActivations, KeepWhatIsNotFinite) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  for (const Curve& curve : kCurves) {
    SCOPED_TRACE(curve.name);
    const auto results = activated(*backend_, curve.kind, {nan, infinity, 1e37f});
    EXPECT_TRUE(std::isnan(results[0]));
    const float large = curve.ends_at_1() ? 1.0f : infinity;
    EXPECT_EQ(results[1], large);
    const float finite = curve.ends_at_1() ? 1.0f : 1e37f;
    EXPECT_LE(std::abs(results[2] - finite), 3e-7f * finite);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, CpuActivations, ::testing::ValuesIn(all_isas()), isa_name);

}  // namespace
}  // namespace fovea::test
