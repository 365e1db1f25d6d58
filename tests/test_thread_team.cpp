#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "engine/thread_team.h"

namespace fovea {
namespace {

TEST(ThreadTeam, DoesEachItemOnce) {
  for (const int threads : {1, 2, 5, 8}) {
    ThreadTeam team(threads);
    EXPECT_EQ(team.size(), threads);
    // The last is more than a ticket counts blocks.
    for (const int64_t count : {0, 1, 2, 7, 1000, 2'500'000}) {
      std::vector<std::atomic<int>> done(static_cast<size_t>(count));
      team.run(count, [&](int64_t i, int) { ++done[static_cast<size_t>(i)]; });
      for (const auto& times : done) EXPECT_EQ(times.load(), 1);
    }
  }
}

// Many short rounds: a worker that is late for one round must not take items of the next with the
// work of the last.
TEST(ThreadTeam, KeepsRoundsApart) {
  ThreadTeam team(4);
  int64_t total = 0;
  for (int64_t round = 0; round < 5000; ++round) {
    std::atomic<int64_t> sum{0};
    team.run(3, [&](int64_t i, int) { sum += round * 3 + i; });
    total = sum;
    ASSERT_EQ(total, 9 * round + 3);
  }
}

TEST(ThreadTeam, CountsCores) { EXPECT_GE(available_cores(), 1); }

}  // namespace
}  // namespace fovea
