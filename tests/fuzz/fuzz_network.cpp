// Bytes as a recipe: operators with any attributes on any earlier values, a picture's size, the
// height of the bands, threads, a ceiling. The graph refuses what is wrong; what it takes gives the
// same bits swept and whole.
#include <fmt/format.h>
#include <fuzzer/FuzzedDataProvider.h>

#include <bit>
#include <cmath>

#include "kernels/cpu/cpu_backend.h"
#include "tests/compare.h"
#include "tests/fuzz/require.h"
#include "tests/random_values.h"
#include "tests/swept.h"

namespace fovea::fuzz {
namespace {

constexpr int64_t kMaxOperations = 1'000'000;
constexpr int64_t kMaxPixels = 4096;

// A Scale is in lowest terms, if it is one at all.
Scale any_scale(FuzzedDataProvider& recipe) {
  const auto numerator = recipe.ConsumeIntegralInRange<int64_t>(0, 5);
  const auto denominator = recipe.ConsumeIntegralInRange<int64_t>(0, 5);
  if (numerator == 0 || denominator == 0) return {numerator, denominator};
  return make_scale(numerator, denominator);
}

Activation any_activation(FuzzedDataProvider& recipe, ParameterId slopes) {
  const auto kind = recipe.ConsumeIntegralInRange<int>(0, 9);
  return {static_cast<ActivationKind>(kind), 0.2f,
          static_cast<ActivationKind>(kind) == ActivationKind::kPrelu ? slopes : kNoParameter};
}

// The result of each is of no interest: a refusal leaves the graph as it was.
void add_operator(FuzzedDataProvider& recipe, test::RandomValues& random, Graph& graph) {
  const auto pick = [&] {
    return recipe.ConsumeIntegralInRange<ValueId>(0,
                                                  static_cast<ValueId>(graph.values().size()) - 1);
  };
  const auto small = [&](int64_t low, int64_t high) {
    return recipe.ConsumeIntegralInRange<int64_t>(low, high);
  };
  const ValueId a = recipe.ConsumeBool() ? graph.output() : pick();
  const int64_t channels = graph.value(a).channels;
  switch (small(0, 18)) {
    case 0:
    case 1: {
      const int64_t groups = recipe.ConsumeBool() ? 1 : small(1, 4);
      if (channels % groups == 0)
        (void)random.convolution(graph, a, groups * small(1, 10), small(1, 6), small(1, 6), groups);
      break;
    }
    case 2: {
      const ParameterId slopes =
          random.parameter(graph, "slopes", {recipe.ConsumeBool() ? channels : small(1, 9)}, 0.3f);
      (void)graph.add(Activate{any_activation(recipe, slopes)}, {a}, "activate");
      break;
    }
    case 3: {
      std::vector<ValueId> values{a};
      for (int64_t n = small(0, 4); n > 0; --n) values.push_back(pick());
      (void)graph.add(Concat{}, values, "concat");
      break;
    }
    case 4:
      (void)graph.add(Add{{0.5f, 1.0f}}, {a, pick()}, "add");
      break;
    case 5:
      (void)graph.add(Slice{small(-1, 8), small(-1, 9)}, {a}, "slice");
      break;
    case 6:
      (void)graph.add(Resize{static_cast<ResizeFilter>(small(0, 3)), any_scale(recipe), -0.5,
                             recipe.ConsumeBool()},
                      {a}, "resize");
      break;
    case 7:
      (void)graph.add(PixelShuffle{small(-1, 4)}, {a}, "shuffle");
      break;
    case 8:
      (void)graph.add(PixelUnshuffle{small(-1, 4)}, {a}, "unshuffle");
      break;
    case 9:
      (void)graph.add(Multiply{}, {a, pick()}, "multiply");
      break;
    case 10:
      (void)graph.add(GlobalAverage{recipe.ConsumeBool()}, {a}, "average");
      break;
    case 11:
      (void)graph.add(GroupNormFactors{small(-1, 4), 1e-5}, {a}, "group_norm");
      break;
    case 12:
      (void)graph.add(ChannelNorm{recipe.ConsumeBool(), 1e-6}, {a}, "norm");
      break;
    case 13:
      (void)graph.add(Pad{static_cast<PadMode>(small(0, 2)), small(-1, 9), small(0, 5)}, {a},
                      "pad");
      break;
    case 14:
      (void)graph.add(Crop{small(-1, 9), small(0, 4)},
                      recipe.ConsumeBool() ? std::vector{a} : std::vector{a, pick()}, "crop");
      break;
    case 15:
      (void)graph.add(
          Pool{static_cast<PoolKind>(small(0, 1)), small(0, 5), small(0, 4), small(-1, 3)}, {a},
          "pool");
      break;
    case 16:
      (void)graph.add(
          Resize{static_cast<ResizeFilter>(small(0, 3)), kUnknownScale, -0.5, recipe.ConsumeBool()},
          {a, pick()}, "resize");
      break;
    case 17:
      (void)graph.add(GridSample{small(-1, 4), small(-1, 4)}, {a, pick()}, "sample");
      break;
    default:
      (void)graph.add(Clamp{-2, 2}, {a}, "clamp");
  }
}

std::string describe(const Graph& graph) {
  std::string text;
  for (const Node& node : graph.nodes()) {
    text += fmt::format("\n  {} = {}(", node.output, operator_name(node.op));
    for (const ValueId id : node.inputs) text += fmt::format(" {}", id);
    text += fmt::format(" ) {} channels, x{}", graph.value(node.output).channels,
                        to_string(graph.value(node.output).scale));
  }
  return text + fmt::format("\n  result {}", graph.output());
}

void run(const Graph& graph, Size size, FuzzedDataProvider& recipe) {
  const auto sizes = infer_sizes(graph, size);
  const auto work = multiply_accumulates(graph, size);
  if (!sizes || !work || *work > kMaxOperations) return;
  for (size_t id = 0; id < sizes->size(); ++id) {
    if ((*sizes)[id].area() < 1 ||
        (*sizes)[id].area() * graph.values()[id].channels > 16 * kMaxPixels)
      return;
  }
  auto isas = cpu::supported_isas();
  isas.push_back(cpu::Isa::kAmxEmulated);
  const cpu::Isa isa = isas[recipe.ConsumeIntegralInRange<size_t>(0, isas.size() - 1)];
  const auto backend =
      recipe.ConsumeBool() ? make_reference_backend() : std::move(*cpu::make_cpu_backend(isa));
  const int64_t band_height = recipe.ConsumeIntegralInRange<int64_t>(0, 20);
  const int threads = recipe.ConsumeIntegralInRange<int>(1, 3);
  const int64_t ceiling = recipe.ConsumeBool() ? 0 : recipe.ConsumeIntegralInRange(1, 1 << 20);
  test::RandomValues random(3);
  const Tensor input = random.map(size, graph.value(graph.input()).channels);
  const auto whole = test::whole_rewritten(graph, *backend, input);
  const auto ready = test::SweptGraph::create(graph, *backend);
  require(whole.has_value() == ready.has_value(), "both runners take the graph or refuse it");
  if (!whole) return;
  const auto swept = ready->run(input, band_height, threads, ceiling);
  if (!swept) {
    require(swept.error().code == ErrorCode::kMemory, swept.error().message);
    require(ceiling > 0, "without a ceiling it fits");
    return;
  }
  require(whole->values().size() == swept->values().size(), "both results have one size");
  for (size_t i = 0; i < whole->values().size(); ++i) {
    const float want = whole->values()[i], got = swept->values()[i];
    // Squares of squares overflow; which NaN comes of them is the processor's choice.
    if (std::bit_cast<uint32_t>(want) == std::bit_cast<uint32_t>(got)) continue;
    if (std::isnan(want) && std::isnan(got)) continue;
    require(false,
            fmt::format("swept equals whole: value {} of {} is {}, not {}; {} at {}, {}x{} "
                        "pixels, bands of {}, {} threads:{}",
                        i, whole->values().size(), got, want, backend->name(), cpu::to_string(isa),
                        size.height, size.width, band_height, threads, describe(graph)));
  }
}

}  // namespace
}  // namespace fovea::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fovea;
  FuzzedDataProvider recipe(data, size);
  test::RandomValues random(recipe.ConsumeIntegral<uint8_t>());
  Graph graph;
  graph.add_input(recipe.ConsumeIntegralInRange<int64_t>(1, 12));
  const Size picture{recipe.ConsumeIntegralInRange<int64_t>(1, 40),
                     recipe.ConsumeIntegralInRange<int64_t>(1, 40)};
  const int operators = recipe.ConsumeIntegralInRange<int>(0, 16);
  for (int i = 0; i < operators; ++i) fuzz::add_operator(recipe, random, graph);
  if (recipe.ConsumeBool())
    graph.set_output(
        recipe.ConsumeIntegralInRange<ValueId>(0, static_cast<ValueId>(graph.values().size()) - 1));
  fuzz::run(graph, picture, recipe);
  return 0;
}
