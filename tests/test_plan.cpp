// Plans: nothing that lives overlaps, ceilings are kept, bands save memory.
#include <gtest/gtest.h>

#include "engine/available_memory.h"
#include "engine/passes/passes.h"
#include "engine/plan.h"
#include "tests/random_networks.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

struct Prepared {
  Graph graph;
  Steps steps;
};

Prepared prepare(const Graph& graph) {
  const auto backend = make_reference_backend();
  auto rewritten = rewrite(graph, backend->rewrites());
  auto steps = backend->lower(*rewritten);
  return {std::move(*rewritten), std::move(*steps)};
}

TEST(Plan, KeepsRingsApart) {
  for (const Network& network : all_networks()) {
    SCOPED_TRACE(network.name);
    const Prepared prepared = prepare(network.graph);
    const Size input{8 * network.padding_multiple, 4 * network.padding_multiple};
    const auto plan = make_plan(prepared.graph, prepared.steps, input, {2, 0, 1});
    ASSERT_TRUE(plan) << plan.error().message;
    ASSERT_GT(plan->bands, 1);
    for (size_t a = 0; a < plan->maps.size(); ++a) {
      const MapPlan& first = plan->maps[a];
      EXPECT_LE(first.offset + first.ring_rows * first.row_stride, plan->arena_floats);
      EXPECT_LE(first.ring_rows, plan->sizes[a].height);
      for (size_t b = a + 1; b < plan->maps.size(); ++b) {
        const MapPlan& second = plan->maps[b];
        if (first.ring_rows == 0 || second.ring_rows == 0) continue;
        if (first.died < second.born || second.died < first.born) continue;
        EXPECT_TRUE(first.offset + first.ring_rows * first.row_stride <= second.offset ||
                    second.offset + second.ring_rows * second.row_stride <= first.offset);
      }
    }
  }
}

TEST(Plan, KeepsTheCeilingByNarrowerBands) {
  const Prepared prepared = prepare(shuffle_network(1, 6, 4, {1, 1}).graph);
  const Size input{400, 100};
  const auto whole = make_plan(prepared.graph, prepared.steps, input, {400, 0, 1});
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->bands, 1);
  EXPECT_EQ(whole->band_height, 400);
  const auto smallest = make_plan(prepared.graph, prepared.steps, input, {1, 0, 1});
  ASSERT_TRUE(smallest);
  EXPECT_LT(smallest->arena_floats * 10, whole->arena_floats);

  for (int64_t ceiling = smallest->arena_bytes(); ceiling < whole->arena_bytes(); ceiling *= 2) {
    const auto plan = make_plan(prepared.graph, prepared.steps, input, {0, ceiling, 1});
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_LE(plan->arena_bytes(), ceiling);
    EXPECT_GT(plan->bands, 1);
  }
  const auto refused =
      make_plan(prepared.graph, prepared.steps, input, {0, smallest->arena_bytes() - 1, 1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kMemory);
}

TEST(Plan, ChoosesWhatKeepsLess) {
  const Prepared prepared = prepare(shuffle_network(5, 6, 4, {1, 1}).graph);
  for (const Size input : {Size{8, 8}, Size{40, 8}, Size{400, 8}}) {
    const auto automatic = make_plan(prepared.graph, prepared.steps, input, {});
    const auto whole = make_plan(prepared.graph, prepared.steps, input, {input.height, 0, 1});
    const auto banded = make_plan(prepared.graph, prepared.steps, input, {12, 0, 1});
    ASSERT_TRUE(automatic && whole && banded);
    EXPECT_EQ(automatic->arena_floats, std::min(whole->arena_floats, banded->arena_floats));
  }
}

TEST(Plan, MemoryOfBandsDoesNotGrowWithHeight) {
  const Prepared prepared = prepare(shuffle_network(2, 4, 2, {1, 1}).graph);
  const auto low = make_plan(prepared.graph, prepared.steps, {104, 64}, {8, 0, 1});
  const auto high = make_plan(prepared.graph, prepared.steps, {3000, 64}, {8, 0, 1});
  ASSERT_TRUE(low && high);
  EXPECT_EQ(low->arena_floats, high->arena_floats);
}

TEST(Plan, WholeMapsShareMemoryOverTime) {
  const Prepared prepared = prepare(shuffle_network(3, 12, 2, {1, 1}).graph);
  const auto plan = make_plan(prepared.graph, prepared.steps, {64, 64}, {64, 0, 1});
  ASSERT_TRUE(plan);
  int64_t sum = 0;
  for (const MapPlan& map : plan->maps) sum += map.ring_rows * map.row_stride;
  EXPECT_LT(plan->arena_floats * 3, sum);
}

TEST(Plan, DenseBlocksOverwriteTheirInputs) {
  // As many RRDBs as one likes keep two maps of the trunk: the running one, and the one that a
  // RRDB's residual still needs.
  const auto backend = make_cpu_backend();
  ASSERT_TRUE(backend);
  const auto plan_of = [&](int64_t blocks) {
    const Network network = dense_network(3, blocks, 1, 1);
    const auto graph = rewrite(network.graph, (*backend)->rewrites());
    const auto steps = (*backend)->lower(*graph);
    return make_plan(*graph, *steps, {60, 60}, {60, 0, 1});
  };
  const auto few = plan_of(2);
  const auto many = plan_of(8);
  ASSERT_TRUE(few && many);
  EXPECT_EQ(few->arena_floats, many->arena_floats);

  int64_t in_place = 0;
  for (const MapPlan& map : many->maps) {
    if (map.in_place_of == kNoValue) continue;
    ++in_place;
    const MapPlan& first = many->maps[static_cast<size_t>(map.in_place_of)];
    EXPECT_EQ(map.offset, first.offset);
    EXPECT_EQ(map.row_stride, first.row_stride);
    EXPECT_LE(first.born, map.born);
    EXPECT_GE(first.died, map.died);
  }
  EXPECT_GE(in_place, 8);
}

// A gate of a map's means keeps that map whole, and it alone: what comes before and after it lives
// in rings of a few rows.
TEST(Plan, KeepsWholeOnlyWhatTheWholePictureIsSeenIn) {
  RandomValues random(6);
  Graph graph;
  const ValueId input = graph.add_input(3);
  const ValueId before = *random.convolution(graph, input, 8, 3, 3);
  const ValueId seen = *random.convolution(graph, before, 8, 3, 3);
  const ValueId mean = *graph.add(GlobalAverage{}, {seen}, "mean");
  const ValueId gated = *graph.add(Multiply{}, {seen, mean}, "gated");
  ASSERT_TRUE(random.convolution(graph, gated, 3, 3, 3));
  const Prepared prepared = prepare(graph);
  const Size size{64, 16};
  const auto plan = make_plan(prepared.graph, prepared.steps, size, {4, 0, 1});
  ASSERT_TRUE(plan) << plan.error().message;
  const auto rows = [&](ValueId id) { return plan->maps[static_cast<size_t>(id)].ring_rows; };
  EXPECT_EQ(rows(mean), 1);
  EXPECT_EQ(rows(seen), size.height);
  for (const ValueId id : {input, before, gated}) EXPECT_LE(rows(id), 12) << id;

  const int64_t whole_map = size.area() * 8 * 4;
  const auto refused = make_plan(prepared.graph, prepared.steps, size, {0, whole_map, 1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kMemory);
  EXPECT_TRUE(make_plan(prepared.graph, prepared.steps, size, {0, 2 * whole_map, 1}));
}

TEST(Plan, RefusesTheUnimaginable) {
  const Prepared prepared = prepare(shuffle_network(4, 2, 4, {1, 1}).graph);
  const auto refused =
      make_plan(prepared.graph, prepared.steps, {1 << 26, 1 << 26}, {1 << 20, 0, 1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kMemory);
}

TEST(AvailableMemory, IsReadable) { EXPECT_GT(available_memory(), int64_t{16} << 20); }

}  // namespace
}  // namespace fovea::test
