// Swept equals whole, bit for bit: every network, band heights from one row to all, pictures from
// 1x1 up, one thread and several, in an arena full of NaN.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "engine/passes/passes.h"
#include "engine/run_swept.h"
#include "engine/run_whole.h"
#include "tests/compare.h"
#include "tests/random_networks.h"

namespace fovea::test {
namespace {

Result<Tensor> swept(const Graph& graph, const Backend& backend, const Tensor& input,
                     int64_t band_height, int threads) {
  FOVEA_ASSIGN_OR_RETURN(const Graph rewritten, rewrite(graph, backend.rewrites()));
  FOVEA_ASSIGN_OR_RETURN(const Steps steps, backend.lower(rewritten));
  FOVEA_ASSIGN_OR_RETURN(const Plan plan,
                         make_plan(rewritten, steps, input.size(), {band_height, 0}));
  AlignedFloats arena(static_cast<size_t>(plan.arena_floats),
                      std::numeric_limits<float>::quiet_NaN());
  ThreadTeam team(threads);
  const auto output_id = static_cast<size_t>(rewritten.output());
  Tensor output(plan.sizes[output_id], rewritten.values()[output_id].channels);
  int64_t next_row = 0;
  const auto copy_rows = [](RowRange rows, ConstTensorView from, TensorView to) {
    for (int64_t y = rows.begin; y < rows.end; ++y) {
      for (int64_t x = 0; x < from.width; ++x)
        std::copy_n(from.at(y, x), from.channels, to.at(y, x));
    }
  };
  FOVEA_TRY(run_swept(
      rewritten, steps, plan, arena.data(), team,
      [&](RowRange rows, TensorView map) {
        copy_rows(rows, input.view(), map);
        return Status{};
      },
      [&](RowRange rows, ConstTensorView map) -> Status {
        if (rows.begin != next_row) return fail(ErrorCode::kUsage, "rows out of order");
        next_row = rows.end;
        copy_rows(rows, map, output.view());
        return {};
      }));
  if (next_row != output.size().height) return fail(ErrorCode::kUsage, "rows are missing");
  return output;
}

class Sweeps : public ::testing::TestWithParam<size_t> {
 protected:
  static const std::vector<Network>& networks() {
    static const std::vector<Network> list = all_networks();
    return list;
  }
};

TEST_P(Sweeps, EqualWhole) {
  const Network& network = networks()[GetParam()];
  const auto backend = make_reference_backend();
  const int64_t channels = network.graph.value(network.graph.input()).channels;
  for (const Size base :
       {Size{1, 1}, Size{1, 5}, Size{2, 3}, Size{7, 1}, Size{5, 4}, Size{23, 6}, Size{70, 3}}) {
    const Size size{base.height * network.padding_multiple, base.width * network.padding_multiple};
    RandomValues random(static_cast<uint32_t>(base.height * 100 + base.width));
    const Tensor input = random.map(size, channels);
    const auto whole = run_whole(*backend, network.graph, input);
    ASSERT_TRUE(whole) << whole.error().message;
    for (const int64_t band_height : {1, 2, 3, 7, 16, 64, 1000}) {
      for (const int threads : {1, 3}) {
        SCOPED_TRACE(::testing::Message() << network.name << " " << size.height << "x" << size.width
                                          << " band " << band_height << " threads " << threads);
        const auto output = swept(network.graph, *backend, input, band_height, threads);
        ASSERT_TRUE(output) << output.error().message;
        ASSERT_TRUE(same_bits(whole->view(), output->view()));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, Sweeps, ::testing::Range(size_t{0}, all_networks().size()),
                         [](const ::testing::TestParamInfo<size_t>& tested) {
                           static const std::vector<Network> list = all_networks();
                           return list[tested.param].name;
                         });

TEST(Sweep, StopsWhenToldTo) {
  const Network network = shuffle_network(1, 4, 2, {1, 1});
  const auto backend = make_reference_backend();
  const auto steps = backend->lower(network.graph);
  const auto plan = make_plan(network.graph, *steps, {40, 40}, {4, 0});
  ASSERT_TRUE(plan);
  AlignedFloats arena(static_cast<size_t>(plan->arena_floats));
  ThreadTeam team(1);
  double last = 0;
  int calls = 0;
  const auto none = [](RowRange, auto) { return Status{}; };
  const auto cancelled =
      run_swept(network.graph, *steps, *plan, arena.data(), team, none, none, [&](double done) {
        EXPECT_GE(done, last);
        last = done;
        return ++calls < 10;
      });
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(calls, 10);
  last = 0;
  ASSERT_TRUE(
      run_swept(network.graph, *steps, *plan, arena.data(), team, none, none, [&](double done) {
        EXPECT_GE(done, last);
        EXPECT_LE(done, 1.0);
        last = done;
        return true;
      }));
  EXPECT_NEAR(last, 1.0, 1e-9);
}

TEST(Sweep, PassesOnWhatTheSourceReports) {
  const Network network = shuffle_network(2, 2, 2, {1, 1});
  const auto steps = make_reference_backend()->lower(network.graph);
  const auto plan = make_plan(network.graph, *steps, {9, 9}, {2, 0});
  AlignedFloats arena(static_cast<size_t>(plan->arena_floats));
  ThreadTeam team(1);
  const auto status = run_swept(
      network.graph, *steps, *plan, arena.data(), team,
      [](RowRange rows, TensorView) -> Status {
        if (rows.begin >= 4) return fail(ErrorCode::kPicture, "row {} is gone", rows.begin);
        return {};
      },
      [](RowRange, ConstTensorView) { return Status{}; });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "row 4 is gone");
}

}  // namespace
}  // namespace fovea::test
