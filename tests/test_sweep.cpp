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

// Nearest x2 in groups of 14 rows of which the first has one above the picture, as the upsample
// convolution of kernels/cpu works; notes the rows it is given.
class GroupedStep : public OperatorStep {
 public:
  GroupedStep(const Node& node, double work_per_pixel, std::vector<RowRange>& runs)
      : OperatorStep(node, work_per_pixel), runs_(runs) {}

  int64_t row_granule() const override { return 14; }
  int64_t rows_above() const override { return 1; }
  void run(ThreadTeam&, std::span<const ConstTensorView>, TensorView, RowRange rows,
           float*) const override {
    runs_.push_back(rows);
  }

 private:
  std::vector<RowRange>& runs_;
};

TEST(Sweep, ProducesWholeGroupsOfRows) {
  Graph graph;
  const ValueId input = graph.add_input(1);
  ASSERT_TRUE(graph.add(Resize{ResizeFilter::kNearest, {2, 1}, -0.5, true}, {input}, "up"));
  // Work enough that each group is a chunk of its own, and so little that there are no chunks.
  for (const double work : {1e12, 1.0}) {
    for (const Size size : {Size{1, 1}, Size{6, 2}, Size{7, 2}, Size{13, 3}, Size{40, 2}}) {
      for (const int64_t band_height : {1, 3, 7, 12, 1000}) {
        SCOPED_TRACE(::testing::Message()
                     << size.height << " rows, bands of " << band_height << ", work " << work);
        std::vector<RowRange> runs;
        Steps steps;
        steps.push_back(std::make_unique<GroupedStep>(graph.nodes()[0], work, runs));
        const auto plan = make_plan(graph, steps, size, {band_height, 0, 1});
        ASSERT_TRUE(plan);
        AlignedFloats arena(static_cast<size_t>(plan->arena_floats));
        ThreadTeam team(1);
        const auto none = [](RowRange, auto) { return Status{}; };
        ASSERT_TRUE(
            run_swept(graph, steps, *plan, *make_host_executor(team, arena.data()), none, none));
        int64_t next = 0;
        for (const RowRange rows : runs) {
          EXPECT_EQ(rows.begin, next);
          EXPECT_LT(rows.begin, rows.end);
          next = rows.end;
          EXPECT_TRUE(next == 2 * size.height || (next + 1) % 14 == 0) << next;
        }
        EXPECT_EQ(next, 2 * size.height);
        const auto groups = static_cast<size_t>((2 * size.height + 1 + 13) / 14);
        EXPECT_LE(runs.size(), groups);
        // A map of no more rows than a whole group has is one chunk.
        if (work > 1 && 2 * size.height > 14) {
          EXPECT_EQ(runs.size(), groups);
        }
      }
    }
  }
}

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
      run_swept(network.graph, *steps, *plan, *make_host_executor(team, arena.data()), none, none,
                [&](double done) {
                  EXPECT_GE(done, last);
                  last = done;
                  return ++calls < 10;
                });
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(calls, 10);
  last = 0;
  ASSERT_TRUE(run_swept(network.graph, *steps, *plan, *make_host_executor(team, arena.data()), none,
                        none, [&](double done) {
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
      network.graph, *steps, *plan, *make_host_executor(team, arena.data()),
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
