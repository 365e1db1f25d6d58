// CPU kernels at every instruction set this machine runs, against the reference and against each
// other.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/run_whole.h"
#include "kernels/cpu/cpu_backend.h"
#include "tests/compare.h"
#include "tests/instruction_sets.h"
#include "tests/naive_operators.h"
#include "tests/operator_cases.h"
#include "tests/random_networks.h"
#include "tests/swept.h"

namespace fovea::test {
namespace {

using cpu::Isa;

class CpuKernels : public ::testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    if (const std::string reason = reason_to_skip(GetParam()); !reason.empty())
      GTEST_SKIP() << reason;
    if (GetParam() == Isa::kAmx) GTEST_SKIP() << "test_amx tests it, to tolerances of its own";
    backend_ = std::move(*cpu::make_cpu_backend(GetParam()));
  }

  std::unique_ptr<Backend> backend_;
};

// What F(6x6, 3x3) loses on top of the sum itself: the largest row sums of |A^T|, |B^T| and |G|
// multiply rounding errors on the way; measured errors stay below a hundredth of that product,
// which this constant is. F(6x6, 5x5) stays below it too.
constexpr double kTransformGrowth = 64;

TEST_P(CpuKernels, EqualTheFormula) {
  ThreadTeam team(2);
  for (const OperatorCase& current : operator_cases()) {
    SCOPED_TRACE(current.name);
    const std::vector<Tensor> inputs = random_inputs(current);
    std::vector<ConstTensorView> views;
    for (const Tensor& input : inputs) views.push_back(input.view());
    const NaiveResult naive = evaluate_naively(current.graph, current.node(), inputs);

    const auto steps = backend_->lower(current.graph);
    ASSERT_TRUE(steps) << steps.error().message;
    const Step& step = *steps->back();
    Tensor output(naive.value.size(), naive.value.channels());
    std::fill(output.values().begin(), output.values().end(),
              std::numeric_limits<float>::quiet_NaN());
    AlignedFloats scratch(static_cast<size_t>(step.scratch_floats(output.size(), team.size())),
                          std::numeric_limits<float>::quiet_NaN());
    host_step(step).run(team, views, output.view(), {0, output.size().height}, scratch.data());

    // Winograd mixes the 64 inputs of a tile, so a value's error is bounded by the largest
    // magnitude of its map.
    const double largest = max_magnitude(naive.magnitude.view());
    const double epsilon = std::numeric_limits<float>::epsilon();
    EXPECT_TRUE(all_within(
        naive.value.view(), std::as_const(output).view(), [&](int64_t y, int64_t x, int64_t c) {
          return epsilon *
                 (kTransformGrowth * largest + naive.terms * naive.magnitude.view().at(y, x)[c] +
                  std::abs(naive.value.view().at(y, x)[c]));
        }));
  }
}

TEST_P(CpuKernels, SweptEqualsWhole) {
  for (const Network& network : all_networks()) {
    SCOPED_TRACE(network.name);
    for (const Size base : {Size{1, 1}, Size{5, 4}, Size{23, 13}})
      expect_swept_equals_whole(
          network.graph, *backend_,
          {base.height * network.padding_multiple, base.width * network.padding_multiple});
  }
}

// A convolution that shuffles its own result gives the bits of the operators it was made of; the
// output lies in a wider map, as that of a concat does.
TEST_P(CpuKernels, ShuffledConvolutionsHaveTheBitsOfTheirParts) {
  struct Tail {
    int64_t in, channels, factor, kernel;
  };
  for (const Tail& tail : {Tail{64, 3, 4, 3}, Tail{24, 3, 3, 3}, Tail{9, 3, 2, 3}, Tail{8, 1, 4, 5},
                           Tail{16, 18, 2, 3}, Tail{8, 9, 1, 3}, Tail{3, 3, 4, 3}}) {
    RandomValues random(8);
    Graph graph;
    const ValueId input = graph.add_input(tail.in);
    const ValueId sums = *random.convolution(
        graph, input, tail.channels * tail.factor * tail.factor, tail.kernel, tail.kernel);
    const ValueId shuffled = *graph.add(PixelShuffle{tail.factor}, {sums}, "shuffle");
    const ValueId colours = *graph.add(Slice{0, std::min(tail.in, tail.channels)}, {input}, "base");
    const ValueId first = *random.convolution(graph, colours, tail.channels, 1, 1);
    const ValueId base =
        *graph.add(Resize{ResizeFilter::kNearest, {tail.factor, 1}}, {first}, "enlarged");
    const ValueId sum = *graph.add(Add{{1, 1}}, {shuffled, base}, "sum");
    const ValueId alone =
        *graph.add(PixelShuffle{tail.factor},
                   {*random.convolution(graph, input, tail.factor * tail.factor * tail.channels,
                                        tail.kernel, tail.kernel)},
                   "alone");
    ASSERT_TRUE(graph.add(Concat{}, {sum, alone, sum}, "concat"));
    for (const Size size : {Size{1, 1}, Size{7, 13}, Size{20, 26}}) {
      SCOPED_TRACE(fmt::format("{} to {} x{}, kernel {}, {}x{}", tail.in, tail.channels,
                               tail.factor, tail.kernel, size.height, size.width));
      const Tensor map = random.map(size, tail.in);
      const auto expected = run_whole(*backend_, graph, map);
      ASSERT_TRUE(expected);
      for (const int64_t band_height : {1000, 5}) {
        const auto actual = swept(graph, *backend_, map, band_height, 2);
        ASSERT_TRUE(actual);
        EXPECT_TRUE(same_bits(expected->view(), actual->view()));
      }
    }
  }
}

// Wider than a block of tiles and than a register block, with channels that fill no panel.
TEST_P(CpuKernels, EqualTheReferenceOnWiderNetworks) {
  RandomValues random(5);
  Graph graph;
  ValueId value = graph.add_input(3);
  for (const int64_t channels : {64, 33, 20, 48, 3}) {
    const int64_t kernel = channels == 20 || channels == 48 ? 5 : 3;
    value = *random.convolution(graph, value, channels, kernel, kernel);
    value =
        *graph.add(Activate{{ActivationKind::kLeakyRelu, 0.2f, kNoParameter}}, {value}, "leaky");
  }
  const Tensor input = random.map({45, 170}, 3);
  const auto expected =
      run_whole(*make_reference_backend(ReferenceAccumulator::kF64), graph, input);
  const auto actual = swept(graph, *backend_, input, 1000, 2);
  ASSERT_TRUE(expected && actual);
  // Five layers of at most 64 x 9 terms whose weights keep variance: 1e-4 of the largest value is
  // 20 times what is seen.
  EXPECT_TRUE(all_within(expected->view(), actual->view(), 1e-4 * max_magnitude(expected->view())));
}

INSTANTIATE_TEST_SUITE_P(Isas, CpuKernels, ::testing::ValuesIn(all_isas()), isa_name);

TEST(CpuIsas, Avx512HasTheBitsOfAvx2) {
  if (const std::string reason = reason_to_skip(Isa::kAvx512); !reason.empty())
    GTEST_SKIP() << reason;
  const auto avx2 = std::move(*cpu::make_cpu_backend(Isa::kAvx2));
  const auto avx512 = std::move(*cpu::make_cpu_backend(Isa::kAvx512));
  RandomValues random(6);
  for (const Network& network : all_networks()) {
    SCOPED_TRACE(network.name);
    const Tensor input = random.map({17 * network.padding_multiple, 21 * network.padding_multiple},
                                    network.graph.value(network.graph.input()).channels);
    const auto expected = swept(network.graph, *avx2, input, 1000, 1);
    const auto actual = swept(network.graph, *avx512, input, 1000, 1);
    ASSERT_TRUE(expected && actual);
    EXPECT_TRUE(same_bits(expected->view(), actual->view()));
  }
}

// One line of every run's log says what it covered.
TEST(Isa, ToldInTheLog) {
  fmt::print("{}\n", describe_isas());
  EXPECT_FALSE(all_isas().empty());
  for (const Isa isa : cpu::supported_isas()) EXPECT_EQ(reason_to_skip(isa), "");
}

TEST(Isa, ObeysTheEnvironment) {
  setenv("FOVEA_FORCE_ISA", "portable", 1);
  EXPECT_EQ(*cpu::choose_isa(), Isa::kPortable);
  setenv("FOVEA_FORCE_ISA", "mmx", 1);
  const auto refused = cpu::choose_isa();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kDevice);
  EXPECT_NE(refused.error().message.find("portable"), std::string::npos);
  unsetenv("FOVEA_FORCE_ISA");
  EXPECT_EQ(*cpu::choose_isa(), std::min(cpu::supported_isas().back(), Isa::kAvx512));
}

}  // namespace
}  // namespace fovea::test
