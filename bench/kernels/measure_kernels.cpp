// bench_kernels: every kernel case at every instruction set this machine runs, on one thread and on
// two. Steps are run as in a network, by the swept runner on the whole picture, and timed by it, so
// that whatever step the backend chooses is measured.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "bench/kernels/kernel_cases.h"
#include "bench/machine_speed.h"
#include "engine/passes/passes.h"
#include "engine/run_swept.h"
#include "kernels/cpu/cpu_backend.h"
#include "tests/random_values.h"

namespace fovea::bench {
namespace {

// Measured once for each level and number of threads, between the benchmarks that are told by it.
double peak_of(cpu::Isa isa, ThreadTeam& team) {
  static std::map<std::pair<cpu::Isa, int>, double> known;
  const auto [place, is_new] = known.try_emplace({isa, team.size()});
  if (is_new) place->second = peak_gflops(isa, team);
  return place->second;
}

// A case made ready for one instruction set and one team.
class Prepared {
 public:
  static Result<Prepared> make(const KernelCase& measured, cpu::Isa isa, ThreadTeam& team) {
    Prepared prepared;
    FOVEA_ASSIGN_OR_RETURN(const auto backend, cpu::make_cpu_backend(isa));
    prepared.graph_ = measured.graph;
    if (!measured.only_last) {
      FOVEA_ASSIGN_OR_RETURN(prepared.graph_, rewrite(measured.graph, backend->rewrites()));
    }
    FOVEA_ASSIGN_OR_RETURN(prepared.steps_, backend->lower(prepared.graph_));
    FOVEA_ASSIGN_OR_RETURN(prepared.plan_,
                           make_plan(prepared.graph_, prepared.steps_, measured.input,
                                     {measured.input.height, 0, team.size()}));
    prepared.arena_.resize(static_cast<size_t>(prepared.plan_.arena_floats));
    prepared.input_ = test::RandomValues(1).map(
        measured.input, prepared.graph_.value(prepared.graph_.input()).channels);
    prepared.only_last_ = measured.only_last;
    return prepared;
  }

  /// Milliseconds in the steps that are measured.
  Result<double> run(ThreadTeam& team) {
    step_ms_.assign(steps_.size(), 0.0);
    const RowSource source = [&](RowRange rows, TensorView map) -> Status {
      for (int64_t y = rows.begin; y < rows.end; ++y)
        std::copy_n(input_.view().row(y), map.width * map.channels, map.row(y));
      return {};
    };
    const RowSink sink = [](RowRange, ConstTensorView) { return Status{}; };
    const auto executor = make_host_executor(team, arena_.data());
    FOVEA_TRY(run_swept(graph_, steps_, plan_, *executor, source, sink, {}, &step_ms_));
    return only_last_ ? step_ms_.back() : std::accumulate(step_ms_.begin(), step_ms_.end(), 0.0);
  }

 private:
  Graph graph_;
  Steps steps_;
  Plan plan_;
  AlignedFloats arena_;
  Tensor input_;
  std::vector<double> step_ms_;
  bool only_last_ = false;
};

void measure(benchmark::State& state, const KernelCase& measured, cpu::Isa isa, int threads) {
  ThreadTeam team(threads);
  auto prepared = Prepared::make(measured, isa, team);
  if (!prepared) return state.SkipWithError(prepared.error().message.c_str());
  double seconds = 0;
  for (auto _ : state) {
    const auto ms = prepared->run(team);
    if (!ms) return state.SkipWithError(ms.error().message.c_str());
    state.SetIterationTime(*ms * 1e-3);
    seconds += *ms * 1e-3;
  }
  const double runs = static_cast<double>(state.iterations());
  const auto bytes = static_cast<double>(least_bytes(measured));
  state.counters["MB"] = bytes * 1e-6;
  state.counters["GB/s"] = bytes * runs / seconds * 1e-9;
  if (const int64_t products = multiply_accumulates(measured); products > 0) {
    const double gflops = 2e-9 * static_cast<double>(products) * runs / seconds;
    state.counters["GFLOP/s"] = gflops;
    state.counters["of_peak"] = gflops / peak_of(isa, team);
  }
}

void register_cases(const std::vector<KernelCase>& cases) {
  for (const KernelCase& measured : cases) {
    for (const cpu::Isa isa : cpu::supported_isas()) {
      for (const int threads : {1, 2}) {
        if (threads > available_cores()) continue;
        const std::string name =
            fmt::format("{}/{}/threads:{}", measured.name, cpu::to_string(isa), threads);
        benchmark::RegisterBenchmark(name.c_str(),
                                     [&measured, isa, threads](benchmark::State& state) {
                                       measure(state, measured, isa, threads);
                                     })
            ->UseManualTime()
            ->Unit(measured.only_last ? benchmark::kMicrosecond : benchmark::kMillisecond);
      }
    }
  }
}

void tell_the_machine() {
  benchmark::AddCustomContext("clock", fmt::format("{:.2f} GHz", clock_ghz()));
  for (const cpu::Isa isa : cpu::supported_isas()) {
    for (const int threads : {1, 2}) {
      if (threads > available_cores()) continue;
      ThreadTeam team(threads);
      benchmark::AddCustomContext(
          fmt::format("multiply-add peak, {}, {} thread(s)", cpu::to_string(isa), threads),
          fmt::format("{:.0f} GFLOP/s", peak_of(isa, team)));
    }
  }
}

}  // namespace
}  // namespace fovea::bench

int main(int count, char** arguments) {
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  const auto networks = fovea::bench::network_cases();
  const auto tests = fovea::bench::test_cases();
  fovea::bench::register_cases(networks);
  fovea::bench::register_cases(tests);
  fovea::bench::tell_the_machine();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
