// check_random_networks MINUTES SEED: random networks, sizes, bands, threads and ceilings, at every
// instruction set: swept equals whole bit for bit, and every step equals its formula in f64.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "engine/passes/passes.h"
#include "kernels/cpu/cpu_backend.h"
#include "tests/compare.h"
#include "tests/instruction_sets.h"
#include "tests/naive_operators.h"
#include "tests/random_networks.h"
#include "tests/swept.h"

namespace fovea::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Counts {
  int64_t networks = 0;
  int64_t sweeps = 0;
  int64_t steps = 0;   // held to their formula
  int64_t groups = 0;  // cover several operators: swept and whole only
  int64_t over_ceiling = 0;
};

Network any_network(uint32_t seed, RandomValues& random) {
  switch (random.integer(0, 9)) {
    case 0:
      return dense_network(seed, random.integer(1, 2), random.integer(0, 2),
                           random.integer(0, 3) == 0 ? 2 : 1);
    case 1:
      return shuffle_network(seed, random.integer(1, 5), random.integer(1, 4), {1, 1});
    case 2:
      return srcnn_network(seed, {random.integer(1, 2) == 1 ? 2 : 3, 1});
    case 3:
    case 4:
      return reaching_network(seed);
    default:
      return random_network(seed);
  }
}

// Often small, sometimes one pixel high or wide.
Size any_size(RandomValues& random, int64_t multiple) {
  const auto side = [&] {
    return random.integer(0, 7) == 0 ? 1 : random.integer(1, random.integer(0, 3) == 0 ? 40 : 14);
  };
  const int64_t height = side();
  return {height * multiple, side() * multiple};
}

// As in test_cpu_kernels: Winograd mixes the inputs of a tile, so the error of a value is bounded
// by the largest magnitude of its map, times what the transforms grow by.
constexpr double kTransformGrowth = 64;

::testing::AssertionResult equals_formula(const NaiveResult& naive, const Tensor& actual) {
  const double largest = max_magnitude(naive.magnitude.view());
  const double epsilon = std::numeric_limits<float>::epsilon();
  return all_within(naive.value.view(), actual.view(), [&](int64_t y, int64_t x, int64_t c) {
    return epsilon *
           (kTransformGrowth * largest + naive.terms * naive.magnitude.view().at(y, x)[c] +
            std::abs(naive.value.view().at(y, x)[c]));
  });
}

// Every step of `graph` on the inputs that the formulas give, so that no error adds to another's.
::testing::AssertionResult check_steps(const Graph& graph, const Backend& backend,
                                       const Tensor& input, int threads, Counts& counts) {
  Rewrites rewrites = backend.rewrites();
  rewrites.place_concat = false;
  const auto rewritten = rewrite(graph, rewrites);
  if (!rewritten) return ::testing::AssertionFailure() << rewritten.error().message;
  const auto steps = backend.lower(*rewritten);
  if (!steps) return ::testing::AssertionFailure() << steps.error().message;

  std::vector<NaiveResult> values(rewritten->values().size());
  values[static_cast<size_t>(rewritten->input())].value = input;
  std::vector<std::vector<ValueId>> inputs_of(values.size());
  for (const Node& node : rewritten->nodes()) {
    std::vector<Tensor> inputs;
    for (const ValueId id : node.inputs) inputs.push_back(values[static_cast<size_t>(id)].value);
    values[static_cast<size_t>(node.output)] = evaluate_naively(*rewritten, node, inputs);
    inputs_of[static_cast<size_t>(node.output)] = node.inputs;
  }
  ThreadTeam team(threads);
  for (const auto& step : *steps) {
    const auto id = static_cast<size_t>(step->output());
    if (step->inputs() != inputs_of[id]) {
      ++counts.groups;
      continue;
    }
    std::vector<ConstTensorView> views;
    for (const ValueId from : step->inputs())
      views.push_back(std::as_const(values[static_cast<size_t>(from)].value).view());
    Tensor output(values[id].value.size(), values[id].value.channels());
    std::fill(output.values().begin(), output.values().end(),
              std::numeric_limits<float>::quiet_NaN());
    AlignedFloats scratch(static_cast<size_t>(step->scratch_floats(output.size(), team.size())),
                          std::numeric_limits<float>::quiet_NaN());
    host_step(*step).run(team, views, output.view(), {0, output.size().height}, scratch.data());
    auto equal = equals_formula(values[id], output);
    if (!equal) return equal << " (the step that makes value " << id << ")";
    ++counts.steps;
  }
  return ::testing::AssertionSuccess();
}

::testing::AssertionResult check_sweeps(const Graph& graph, const Backend& backend,
                                        const Tensor& input, RandomValues& random, Counts& counts) {
  const auto whole = whole_rewritten(graph, backend, input);
  if (!whole) return ::testing::AssertionFailure() << whole.error().message;
  const auto ready = SweptGraph::create(graph, backend);
  if (!ready) return ::testing::AssertionFailure() << ready.error().message;
  for (int i = 0; i < 4; ++i) {
    const int64_t band_height = random.integer(0, 20);
    const auto threads = static_cast<int>(random.integer(1, 4));
    const int64_t ceiling = random.integer(0, 3) == 0 ? int64_t{1} << random.integer(12, 24) : 0;
    const auto swept = ready->run(input, band_height, threads, ceiling);
    if (!swept && swept.error().code == ErrorCode::kMemory && ceiling > 0) {
      ++counts.over_ceiling;
      continue;
    }
    if (!swept) return ::testing::AssertionFailure() << swept.error().message;
    auto equal = same_bits(whole->view(), std::as_const(*swept).view());
    if (!equal)
      return equal << " (bands of " << band_height << ", " << threads << " threads, ceiling "
                   << ceiling << ")";
    ++counts.sweeps;
  }
  return ::testing::AssertionSuccess();
}

bool check(uint32_t seed, Counts& counts) {
  RandomValues random(seed);
  const Network network = any_network(seed, random);
  const Size size = any_size(random, network.padding_multiple);
  const Tensor input = random.map(size, network.graph.value(network.graph.input()).channels);
  for (const cpu::Isa isa : all_isas()) {
    // The emulated tiles run everywhere; that their sums hold f32's accuracy is test_amx's to show.
    const bool is_amx = isa >= cpu::Isa::kAmx;
    if (isa != cpu::Isa::kAmxEmulated && !reason_to_skip(isa).empty()) continue;
    const auto backend = std::move(*cpu::make_cpu_backend(isa));
    auto result = check_sweeps(network.graph, *backend, input, random, counts);
    if (result && !is_amx)
      result = check_steps(network.graph, *backend, input, 1 + seed % 3, counts);
    if (!result) {
      fmt::print("seed {}: {} on {}, {}x{}: {}\n", seed, network.name, cpu::to_string(isa),
                 size.height, size.width, result.message());
      return false;
    }
  }
  ++counts.networks;
  return true;
}

}  // namespace
}  // namespace fovea::test

int main(int count, char** arguments) {
  using namespace fovea::test;
  if (count != 3) {
    fmt::print(stderr, "usage: check_random_networks MINUTES SEED\n");
    return 2;
  }
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(60 * std::atof(arguments[1])));
  const auto first = static_cast<uint32_t>(std::atol(arguments[2]));
  fmt::print("{}\n", describe_isas());
  Counts counts;
  int failures = 0;
  for (uint32_t seed = first; Clock::now() < end && failures < 10; ++seed)
    failures += !check(seed, counts);
  fmt::print(
      "seeds {} on: {} networks, {} sweeps equal to whole, {} refused by their ceiling, {} "
      "steps within their formula's bounds, {} fused steps swept only, {} failures\n",
      first, counts.networks, counts.sweeps, counts.over_ceiling, counts.steps, counts.groups,
      failures);
  return failures == 0 && counts.networks > 0 ? 0 : 1;
}
