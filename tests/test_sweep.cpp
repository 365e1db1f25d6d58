// Swept equals whole, bit for bit: every network, band heights from one row to all, pictures from
// 1x1 up, one thread and several, in an arena full of NaN.
#include <gtest/gtest.h>

#include "engine/run_swept.h"
#include "engine/run_whole.h"
#include "tests/compare.h"
#include "tests/random_networks.h"
#include "tests/swept.h"

namespace fovea::test {
namespace {

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
  for (const Size base :
       {Size{1, 1}, Size{1, 5}, Size{2, 3}, Size{7, 1}, Size{5, 4}, Size{23, 6}, Size{70, 3}}) {
    SCOPED_TRACE(network.name);
    expect_swept_equals_whole(
        network.graph, *backend,
        {base.height * network.padding_multiple, base.width * network.padding_multiple});
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
  const auto plan = make_plan(network.graph, *steps, {40, 40}, {4, 0, 1});
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
  const auto plan = make_plan(network.graph, *steps, {9, 9}, {2, 0, 1});
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
