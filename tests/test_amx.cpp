// The AMX kernels, bf16x3 and bf16, over emulated tile registers on any machine and over the
// processor's where it has them: against the formula, against each other, swept and whole.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "engine/passes/passes.h"
#include "kernels/cpu/amx/amx_support.h"
#include "kernels/cpu/amx/tile_emulator.h"
#include "kernels/cpu/cpu_backend.h"
#include "tests/compare.h"
#include "tests/naive_operators.h"
#include "tests/operator_cases.h"
#include "tests/random_networks.h"
#include "tests/swept.h"

namespace fovea::test {
namespace {

using cpu::Isa;

// bf16 keeps 8 significant bits: rounding is off by 2^-8 of a value at most.
constexpr double kBf16Roundoff = 0x1p-8;
constexpr double kF32Roundoff = 0x1p-24;

// What a product of operands may be off by, as a share of it. bf16: both are rounded. bf16x3, x =
// hi + lo + e: lo is 2^-8 of x at most, e (its rounding) 2^-16; what is lost is lo lo and each e
// once, three times 2^-16, and 2^-24 of cross terms.
double product_error(Precision precision) {
  if (precision == Precision::kBf16) return 2 * kBf16Roundoff + kBf16Roundoff * kBf16Roundoff;
  return 3 * kBf16Roundoff * kBf16Roundoff * (1 + 2 * kBf16Roundoff);
}

// The same with the rounding of the f32 sum of `terms` terms, three products each at most.
double term_error(Precision precision, double terms) {
  return product_error(precision) + 3 * terms * kF32Roundoff;
}

struct Mode {
  Isa isa;
  Precision precision;
};

std::string mode_name(const ::testing::TestParamInfo<Mode>& tested) {
  return fmt::format("{}_{}", tested.param.isa == Isa::kAmx ? "amx" : "emulated",
                     tested.param.precision == Precision::kBf16 ? "bf16" : "bf16x3");
}

// Steps run as the runner runs them, with what lies beside their maps and scratch guarded.
class Amx : public ::testing::TestWithParam<Mode> {
 protected:
  void SetUp() override {
    if (GetParam().isa == Isa::kAmx && !cpu::missing_for_amx().empty())
      GTEST_SKIP() << "this machine lacks " << cpu::missing_for_amx();
    auto backend = cpu::make_cpu_backend(GetParam().isa, GetParam().precision);
    ASSERT_TRUE(backend) << backend.error().message;
    backend_ = std::move(*backend);
    cpu::emulated_tiles::take_misuse();
  }
  void TearDown() override {
    const char* misuse = cpu::emulated_tiles::take_misuse();
    EXPECT_EQ(misuse, nullptr) << misuse;
  }

  Precision precision() const { return GetParam().precision; }

  // The last node of `graph` on `inputs`: each lies among other channels, and so does the output.
  Tensor run(const Graph& graph, const std::vector<Tensor>& inputs) {
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
    constexpr int64_t kGuard = 3;
    const auto steps = backend_->lower(graph);
    EXPECT_TRUE(steps);
    const Step& step = *steps->back();
    std::vector<Tensor> among;
    std::vector<ConstTensorView> views;
    among.reserve(inputs.size());
    for (const Tensor& input : inputs) {
      Tensor& wide = among.emplace_back(input.size(), input.channels() + 2 * kGuard);
      std::fill(wide.values().begin(), wide.values().end(), kNan);
      const TensorView slice = wide.view().channel_slice(kGuard, input.channels());
      copy(input.view(), slice);
      views.push_back(slice);
    }
    const Size size = inputs[0].size();
    const int64_t channels = graph.value(graph.nodes().back().output).channels;
    Tensor wide(size, channels + 2 * kGuard);
    std::fill(wide.values().begin(), wide.values().end(), kNan);
    const TensorView output = wide.view().channel_slice(kGuard, channels);
    const auto floats = static_cast<size_t>(step.scratch_floats(size, team_.size()));
    AlignedFloats scratch(floats + 64, kNan);
    host_step(step).run(team_, views, output, {0, size.height}, scratch.data());

    for (size_t i = floats; i < scratch.size(); ++i) EXPECT_TRUE(std::isnan(scratch[i]));
    const ConstTensorView all = wide.view();
    for (int64_t y = 0; y < size.height; ++y) {
      for (int64_t x = 0; x < size.width; ++x) {
        for (int64_t c = 0; c < kGuard; ++c)
          EXPECT_TRUE(std::isnan(all.at(y, x)[c]) &&
                      std::isnan(all.at(y, x)[c + kGuard + channels]));
      }
    }
    Tensor result(size, channels);
    copy(output, result.view());
    return result;
  }

  static void copy(ConstTensorView from, TensorView to) {
    for (int64_t y = 0; y < from.height; ++y) {
      for (int64_t x = 0; x < from.width; ++x)
        std::copy_n(from.at(y, x), from.channels, to.at(y, x));
    }
  }

  ThreadTeam team_{2};
  std::unique_ptr<Backend> backend_;
};

float round_to_bf16(float x) {
  // Adding and taking away the double of 2^16 units of the last place leaves 8 bits, nearest even.
  const float large = 65536.0f * x;
  return (x + large) - large;
}

Tensor rounded(Tensor map) {
  for (float& x : map.values()) x = round_to_bf16(x);
  return map;
}

// `graph` with one of its parameters changed, value by value.
template <class Change>
Graph with_parameter(const Graph& graph, ParameterId changed, Change change) {
  Graph result;
  result.add_input(graph.value(graph.input()).channels);
  for (ParameterId id = 0; static_cast<size_t>(id) < graph.parameters().size(); ++id) {
    const WeightTensor& parameter = graph.parameter(id);
    std::vector<float> values = *to_f32(parameter);
    if (id == changed) std::transform(values.begin(), values.end(), values.begin(), change);
    result.add_parameter(make_weight(parameter.name, parameter.shape, values));
  }
  for (const Node& node : graph.nodes()) EXPECT_TRUE(result.add(node.op, node.inputs, node.name));
  return result;
}

// What the cases for every backend lack: more than one tile of channels, panels, pixels, blocks.
std::vector<OperatorCase> wide_cases() {
  struct Shape {
    Size size;
    int64_t in, out, kernel_h, kernel_w;
  };
  std::vector<OperatorCase> cases;
  for (const Shape& s : std::vector<Shape>{{{2, 31}, 8, 8, 1, 1},
                                           {{3, 16}, 32, 16, 3, 3},
                                           {{2, 17}, 33, 40, 3, 3},
                                           {{2, 48}, 64, 64, 3, 3},
                                           {{3, 65}, 70, 33, 3, 5},
                                           {{5, 33}, 40, 17, 5, 3},
                                           {{3, 32}, 16, 48, 1, 7},
                                           {{9, 3}, 8, 9, 9, 9}}) {
    RandomValues random(static_cast<uint32_t>(300 + cases.size()));
    Graph graph;
    const ValueId input = graph.add_input(s.in);
    Convolution op;
    op.weight = random.parameter(graph, "weight", {s.out, s.in, s.kernel_h, s.kernel_w}, 0.3f);
    op.bias = random.parameter(graph, "bias", {s.out}, 0.3f);
    op.out_channels = s.out;
    op.kernel_h = s.kernel_h;
    op.kernel_w = s.kernel_w;
    op.activation = {ActivationKind::kLeakyRelu, 0.2f, kNoParameter};
    EXPECT_TRUE(graph.add(op, {input}, "under_test"));
    cases.push_back({fmt::format("Convolution_{}x{}_{}to{}_k{}x{}", s.size.height, s.size.width,
                                 s.in, s.out, s.kernel_h, s.kernel_w),
                     std::move(graph), s.size});
  }
  return cases;
}

std::vector<OperatorCase> convolution_cases() {
  std::vector<OperatorCase> cases = wide_cases();
  for (OperatorCase& current : operator_cases()) {
    if (std::holds_alternative<Convolution>(current.node().op)) cases.push_back(std::move(current));
  }
  return cases;
}

bool has_tile_kernel(const OperatorCase& current) {
  const auto& op = std::get<Convolution>(current.node().op);
  return op.groups == 1 && op.out_channels >= 8 &&
         current.graph.value(current.node().inputs[0]).channels >= 8;
}

TEST_P(Amx, ConvolutionsEqualTheFormula) {
  for (const OperatorCase& current : convolution_cases()) {
    SCOPED_TRACE(current.name);
    const std::vector<Tensor> inputs = random_inputs(current);
    const NaiveResult naive = evaluate_naively(current.graph, current.node(), inputs);
    const Tensor actual = run(current.graph, inputs);
    EXPECT_TRUE(all_within(naive.value.view(), actual.view(), [&](int64_t y, int64_t x, int64_t c) {
      return term_error(precision(), naive.terms) * naive.magnitude.view().at(y, x)[c] +
             2 * kF32Roundoff * std::abs(naive.value.view().at(y, x)[c]);
    }));
  }
}

// Half a percent of a sum hides a term that is missing. Of operands that are bf16 already nothing
// is rounded, so bf16 is as near to the formula as f32.
TEST_P(Amx, ConvolutionsOfRoundedOperandsEqualTheFormula) {
  int tested = 0;
  for (const OperatorCase& current : convolution_cases()) {
    SCOPED_TRACE(current.name);
    if (!has_tile_kernel(current)) continue;
    ++tested;
    const Graph graph = with_parameter(
        current.graph, std::get<Convolution>(current.node().op).weight, round_to_bf16);
    std::vector<Tensor> inputs = random_inputs(current);
    inputs[0] = rounded(std::move(inputs[0]));
    const NaiveResult naive = evaluate_naively(graph, graph.nodes().back(), inputs);
    const Tensor actual = run(graph, inputs);
    EXPECT_TRUE(all_within(naive.value.view(), actual.view(), [&](int64_t y, int64_t x, int64_t c) {
      return kF32Roundoff * (naive.terms * naive.magnitude.view().at(y, x)[c] +
                             2 * std::abs(naive.value.view().at(y, x)[c]));
    }));
  }
  EXPECT_GE(tested, 8 + 3 * 6);
}

// sum |w| m for the weights of a convolution and a map of magnitudes m.
Tensor weighted_magnitudes(const Graph& graph, const Convolution& op, const Tensor& map) {
  std::vector<float> weights = *to_f32(graph.parameter(op.weight));
  for (float& w : weights) w = std::abs(w);
  Graph single;
  const ValueId input = single.add_input(map.channels());
  Convolution plain;
  plain.weight =
      single.add_parameter(make_weight("weight", graph.parameter(op.weight).shape, weights));
  plain.out_channels = op.out_channels;
  plain.kernel_h = op.kernel_h;
  plain.kernel_w = op.kernel_w;
  EXPECT_TRUE(single.add(plain, {input}, "magnitudes"));
  return evaluate_naively(single, single.nodes().back(), {map}).value;
}

Tensor joined(const Tensor& a, const Tensor& b) {
  Tensor both(a.size(), a.channels() + b.channels());
  for (int64_t y = 0; y < a.size().height; ++y) {
    for (int64_t x = 0; x < a.size().width; ++x) {
      float* pixel = std::copy_n(a.view().at(y, x), a.channels(), both.view().at(y, x));
      std::copy_n(b.view().at(y, x), b.channels(), pixel);
    }
  }
  return both;
}

// Convolution `op` of a block, without its residuals, as a graph of its own.
Graph single_convolution(const Graph& graph, Convolution op, int64_t in_channels) {
  Graph single;
  const ValueId input = single.add_input(in_channels);
  for (const WeightTensor& parameter : graph.parameters()) single.add_parameter(parameter);
  op.residuals.clear();
  EXPECT_TRUE(single.add(op, {input}, "layer"));
  return single;
}

// How far a dense block may be from the formula: a layer adds an error to each of its terms and
// passes on those of its inputs. (Its activation's slope is at most 1.)
Tensor dense_block_bound(const OperatorCase& current, const std::vector<Tensor>& inputs,
                         Precision precision) {
  const auto& block = std::get<DenseBlock>(current.node().op);
  Tensor grown = inputs[0];
  Tensor errors(grown.size(), grown.channels());
  for (const Convolution& op : block.convolutions) {
    const Graph single = single_convolution(current.graph, op, grown.channels());
    const NaiveResult layer = evaluate_naively(single, single.nodes().back(), {grown});
    const Tensor passed_on = weighted_magnitudes(current.graph, op, errors);
    Tensor error(grown.size(), op.out_channels);
    const double share = term_error(precision, layer.terms);
    for (size_t i = 0; i < error.values().size(); ++i) {
      double value = share * layer.magnitude.values()[i] + (1 + share) * passed_on.values()[i];
      for (const ScaledResidual& residual : op.residuals) value *= std::abs(residual.scale);
      error.values()[i] = static_cast<float>(value);
    }
    if (&op == &block.convolutions.back()) return error;
    errors = joined(errors, error);
    grown = joined(grown, layer.value);
  }
  return errors;
}

TEST_P(Amx, DenseBlocksEqualTheFormula) {
  int tested = 0;
  for (const OperatorCase& current : operator_cases()) {
    if (!std::holds_alternative<DenseBlock>(current.node().op)) continue;
    SCOPED_TRACE(current.name);
    ++tested;
    const std::vector<Tensor> inputs = random_inputs(current);
    const NaiveResult naive = evaluate_naively(current.graph, current.node(), inputs);
    const Tensor bound = dense_block_bound(current, inputs, precision());
    const Tensor actual = run(current.graph, inputs);
    EXPECT_TRUE(all_within(naive.value.view(), actual.view(), [&](int64_t y, int64_t x, int64_t c) {
      return bound.view().at(y, x)[c] + 8 * kF32Roundoff * naive.magnitude.view().at(y, x)[c];
    }));
  }
  EXPECT_EQ(tested, 12);
}

// A block of whole tiles of channels sums in the order of its convolutions on their own: the
// planes that it keeps are those that they split.
TEST_P(Amx, ADenseBlockHasTheBitsOfItsConvolutions) {
  RandomValues random(21);
  for (const Size size : {Size{1, 1}, Size{4, 37}, Size{27, 3}}) {
    OperatorCase current{"block", {}, size};
    const ValueId input = current.graph.add_input(64);
    DenseBlock block;
    for (int64_t n = 0; n < 5; ++n) {
      Convolution op;
      op.out_channels = n == 4 ? 64 : 32;
      op.kernel_h = op.kernel_w = 3;
      op.weight =
          random.parameter(current.graph, "weight", {op.out_channels, 64 + 32 * n, 3, 3}, 0.05f);
      op.bias = random.parameter(current.graph, "bias", {op.out_channels}, 0.3f);
      if (n < 4) op.activation = {ActivationKind::kLeakyRelu, 0.2f, kNoParameter};
      block.convolutions.push_back(op);
    }
    ASSERT_TRUE(current.graph.add(block, {input}, "block"));
    const Tensor start = random.map(size, 64);
    Tensor grown = start;
    Tensor last;
    for (const Convolution& op : block.convolutions) {
      last = run(single_convolution(current.graph, op, grown.channels()), {grown});
      grown = joined(grown, last);
    }
    EXPECT_TRUE(same_bits(std::as_const(last).view(), run(current.graph, {start}).view()));
  }
}

// As the plan lays maps out: the result over the input, which is a residual too.
TEST_P(Amx, DenseBlocksMayOverwriteTheirInputs) {
  int tested = 0;
  for (const OperatorCase& current : operator_cases()) {
    const auto* block = std::get_if<DenseBlock>(&current.node().op);
    const int64_t channels = current.graph.value(current.graph.input()).channels;
    if (block == nullptr || block->convolutions.back().out_channels != channels) continue;
    SCOPED_TRACE(current.name);
    ++tested;
    const std::vector<Tensor> inputs(current.node().inputs.size(), random_inputs(current)[0]);
    const Tensor expected = run(current.graph, inputs);
    const auto steps = backend_->lower(current.graph);
    ASSERT_TRUE(steps);
    const Step& step = *steps->back();
    ASSERT_TRUE(step.may_overwrite(0));
    Tensor map = inputs[0];
    const std::vector<ConstTensorView> views(inputs.size(), std::as_const(map).view());
    AlignedFloats scratch(static_cast<size_t>(step.scratch_floats(map.size(), team_.size())));
    host_step(step).run(team_, views, map.view(), {0, map.size().height}, scratch.data());
    EXPECT_TRUE(same_bits(expected.view(), std::as_const(map).view()));
  }
  EXPECT_EQ(tested, 6);
}

// Of graphs whose dense blocks are fused already: those of the test's networks are no whole tiles
// of channels wide, and sum in another order than their convolutions on a concatenated map.
TEST_P(Amx, SweptEqualsWhole) {
  for (const Network& network : all_networks()) {
    SCOPED_TRACE(network.name);
    const auto fused = rewrite(network.graph, {.fuse_epilogue = true,
                                               .place_concat = false,
                                               .fuse_dense_block = true,
                                               .fuse_shuffle = false,
                                               .fold_affine = false,
                                               .fold_upsample = false});
    ASSERT_TRUE(fused);
    for (const Size base : {Size{1, 1}, Size{5, 4}, Size{11, 7}})
      expect_swept_equals_whole(
          *fused, *backend_,
          {base.height * network.padding_multiple, base.width * network.padding_multiple});
  }
}

// Wide enough for several blocks and threads, in which a share of blocks begins within a row.
TEST_P(Amx, ThreadsChangeNoBit) {
  RandomValues random(22);
  const Network network = dense_network(3, 1, 0, 1);
  const Tensor input = random.map({9, 100}, 3);
  const auto expected = swept(network.graph, *backend_, input, 1000, 1);
  ASSERT_TRUE(expected);
  for (const int threads : {2, 3, 5}) {
    const auto actual = swept(network.graph, *backend_, input, 1000, threads);
    ASSERT_TRUE(actual);
    EXPECT_TRUE(same_bits(expected->view(), std::as_const(*actual).view())) << threads;
  }
}

// What overflows or was no number must arrive as such, not as a large or small number.
TEST_P(Amx, NotANumberStaysOne) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::bit_cast<float>(0x7fffffffu),
        std::bit_cast<float>(0xffffffffu), std::numeric_limits<float>::infinity()}) {
    RandomValues random(23);
    Graph graph;
    const ValueId input = graph.add_input(16);
    ASSERT_TRUE(random.convolution(graph, input, 16, 3, 3));
    Tensor map = random.map({3, 5}, 16);
    map.view().at(1, 2)[7] = bad;
    const Tensor output = run(graph, {map});
    for (int64_t c = 0; c < 16; ++c) EXPECT_FALSE(std::isfinite(output.view().at(1, 1)[c]));
    EXPECT_TRUE(std::isfinite(output.view().at(1, 4)[0]));
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, Amx,
                         ::testing::Values(Mode{Isa::kAmxEmulated, Precision::kF32},
                                           Mode{Isa::kAmxEmulated, Precision::kBf16},
                                           Mode{Isa::kAmx, Precision::kF32},
                                           Mode{Isa::kAmx, Precision::kBf16}),
                         mode_name);

// Down to maps whose products are denormal, which the instructions flush.
TEST(AmxHardware, HasTheBitsOfTheEmulator) {
  if (const std::string missing = cpu::missing_for_amx(); !missing.empty())
    GTEST_SKIP() << "this machine lacks " << missing;
  for (const Precision precision : {Precision::kF32, Precision::kBf16}) {
    const auto real = std::move(*cpu::make_cpu_backend(Isa::kAmx, precision));
    const auto emulated = std::move(*cpu::make_cpu_backend(Isa::kAmxEmulated, precision));
    RandomValues random(24);
    for (const Network& network : all_networks()) {
      for (const float scale : {1.0f, 1e-18f, 1e-36f}) {
        SCOPED_TRACE(::testing::Message() << network.name << " " << scale);
        Tensor input = random.map({17 * network.padding_multiple, 37 * network.padding_multiple},
                                  network.graph.value(network.graph.input()).channels);
        for (float& x : input.values()) x *= scale;
        const auto expected = swept(network.graph, *emulated, input, 1000, 1);
        const auto actual = swept(network.graph, *real, input, 1000, 1);
        ASSERT_TRUE(expected && actual);
        EXPECT_TRUE(same_bits(expected->view(), std::as_const(*actual).view()));
      }
    }
  }
  EXPECT_EQ(cpu::emulated_tiles::take_misuse(), nullptr);
}

// --- Choosing -----------------------------------------------------------------------------------

class AmxChoice : public ::testing::Test {
 protected:
  void SetUp() override { unsetenv("FOVEA_FORCE_ISA"); }
  void TearDown() override { unsetenv("FOVEA_FORCE_ISA"); }
};

std::string refusal(const Result<std::unique_ptr<Backend>>& backend) {
  if (backend) return "";
  EXPECT_EQ(backend.error().code, ErrorCode::kDevice);
  return backend.error().message;
}

TEST_F(AmxChoice, IsNeverAutomatic) {
  const auto chosen = cpu::choose_isa();
  ASSERT_TRUE(chosen);
  EXPECT_LT(static_cast<int>(*chosen), static_cast<int>(Isa::kAmx));
}

TEST_F(AmxChoice, ByName) {
  setenv("FOVEA_FORCE_ISA", "amx-emulated", 1);
  EXPECT_EQ(*cpu::choose_isa(), Isa::kAmxEmulated);
  EXPECT_EQ(refusal(make_cpu_backend(Precision::kBf16)), "");
  EXPECT_EQ(refusal(make_cpu_backend(Precision::kF32)), "");
  setenv("FOVEA_FORCE_ISA", "amx", 1);
  const std::string missing = cpu::missing_for_amx();
  if (missing.empty()) {
    EXPECT_EQ(*cpu::choose_isa(), Isa::kAmx);
    EXPECT_EQ(refusal(make_cpu_backend(Precision::kBf16)), "");
  } else {
    EXPECT_NE(refusal(make_cpu_backend()).find("lacks " + missing), std::string::npos);
    EXPECT_NE(refusal(cpu::make_cpu_backend(Isa::kAmx)), "");
  }
}

TEST_F(AmxChoice, Bf16NeedsIt) {
  const std::string missing = cpu::missing_for_amx();
  const std::string refused = refusal(make_backend(DeviceKind::kCpu, Precision::kBf16));
  EXPECT_EQ(refused.empty(), missing.empty());
  EXPECT_NE(refused.find(missing), std::string::npos) << refused;
  setenv("FOVEA_FORCE_ISA", "portable", 1);
  EXPECT_NE(refusal(make_cpu_backend(Precision::kBf16)).find("portable"), std::string::npos);
  EXPECT_NE(refusal(cpu::make_cpu_backend(Isa::kPortable, Precision::kBf16)), "");
  EXPECT_NE(refusal(make_backend(DeviceKind::kReference, Precision::kBf16)), "");
}

}  // namespace
}  // namespace fovea::test
