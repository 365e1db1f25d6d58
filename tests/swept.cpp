#include "tests/swept.h"

#include <limits>

#include "engine/passes/passes.h"
#include "engine/run_swept.h"
#include "engine/run_whole.h"
#include "tests/compare.h"
#include "tests/random_values.h"
#include "tests/row_flow.h"

namespace fovea::test {
namespace {

Result<Tensor> run_whole_after(Rewrites rewrites, const Graph& graph, const Backend& backend,
                               const Tensor& input) {
  rewrites.place_concat = false;  // gives values places in each other's maps, and changes no bit
  FOVEA_ASSIGN_OR_RETURN(const Graph rewritten, rewrite(graph, rewrites));
  return run_whole(backend, rewritten, input);
}

}  // namespace

Result<SweptGraph> SweptGraph::create(const Graph& graph, const Backend& backend) {
  FOVEA_ASSIGN_OR_RETURN(Graph rewritten, rewrite(graph, backend.rewrites()));
  FOVEA_ASSIGN_OR_RETURN(Steps steps, backend.lower(rewritten));
  return SweptGraph(std::move(rewritten), std::move(steps));
}

Result<Tensor> SweptGraph::run(const Tensor& input, int64_t band_height, int threads,
                               int64_t ceiling) const {
  ThreadTeam team(threads);
  FOVEA_ASSIGN_OR_RETURN(const Plan plan, make_plan(graph_, steps_, input.size(),
                                                    {band_height, ceiling, team.size()}));
  AlignedFloats arena(static_cast<size_t>(plan.arena_floats),
                      std::numeric_limits<float>::quiet_NaN());
  const auto output_id = static_cast<size_t>(graph_.output());
  const auto executor = make_host_executor(team, arena.data());
  return run_rows(input, plan.sizes[output_id], graph_.values()[output_id].channels,
                  [&](const RowSource& source, const RowSink& sink) {
                    return run_swept(graph_, steps_, plan, *executor, source, sink);
                  });
}

Result<Tensor> swept(const Graph& graph, const Backend& backend, const Tensor& input,
                     int64_t band_height, int threads) {
  FOVEA_ASSIGN_OR_RETURN(const SweptGraph ready, SweptGraph::create(graph, backend));
  return ready.run(input, band_height, threads);
}

Result<Tensor> whole_rewritten(const Graph& graph, const Backend& backend, const Tensor& input) {
  return run_whole_after(backend.rewrites(), graph, backend, input);
}

void expect_swept_equals_whole(const Graph& graph, const Backend& backend, Size size) {
  RandomValues random(static_cast<uint32_t>(size.height * 100 + size.width));
  const Tensor input = random.map(size, graph.value(graph.input()).channels);
  Rewrites exact = backend.rewrites();
  exact.fold_affine = exact.fold_upsample = false;
  const auto plain = run_whole(backend, graph, input);
  ASSERT_TRUE(plain) << plain.error().message;
  const auto fused = run_whole_after(exact, graph, backend, input);
  ASSERT_TRUE(fused) << fused.error().message;
  ASSERT_TRUE(same_bits(plain->view(), fused->view()));
  const auto whole = whole_rewritten(graph, backend, input);
  ASSERT_TRUE(whole) << whole.error().message;
  const auto ready = SweptGraph::create(graph, backend);
  ASSERT_TRUE(ready) << ready.error().message;
  for (const int64_t band_height : {1, 2, 3, 7, 16, 64, 1000}) {
    // A team larger than the machine sleeps and wakes for every step: two heights of the seven are
    // enough of that.
    const int threads = band_height == 7 || band_height == 1000 ? 3 : 1;
    SCOPED_TRACE(::testing::Message() << size.height << "x" << size.width << " band " << band_height
                                      << " threads " << threads);
    const auto output = ready->run(input, band_height, threads);
    ASSERT_TRUE(output) << output.error().message;
    ASSERT_TRUE(same_bits(whole->view(), output->view()));
  }
}

}  // namespace fovea::test
