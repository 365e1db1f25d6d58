#include <gtest/gtest.h>

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <new>
#include <string>
#include <vector>

#include "engine/control_group.h"
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

// The work lives on the caller's stack: nobody may still use it when the exception arrives.
TEST(ThreadTeam, ThrowsOnWhatItsWorkThrows) {
  for (const int threads : {1, 2, 5}) {
    ThreadTeam team(threads);
    for (int round = 0; round < 300; ++round) {
      std::atomic<int> at_work = 0, done = 0;
      const auto work = [&](int64_t i, int) {
        ++at_work;
        if (i % 7 == round % 7) {
          --at_work;
          throw std::bad_alloc();
        }
        ++done;
        --at_work;
      };
      EXPECT_THROW(team.run(40, work), std::bad_alloc);
      EXPECT_EQ(at_work, 0);
      EXPECT_LE(done, 40 - 5);
      done = 0;
      team.run(40, [&](int64_t, int) { ++done; });
      EXPECT_EQ(done, 40);
    }
  }
}

TEST(ThreadTeam, CountsCores) { EXPECT_GE(available_cores(), 1); }

// A file system of a machine's control groups, made in a folder of its own.
class Groups : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::temp_directory_path() / ("fovea_groups_" + std::to_string(getpid()));
    std::filesystem::remove_all(root_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  ControlGroup group() const { return ControlGroup(root_.string()); }

  std::filesystem::path root_;
};

TEST_F(Groups, NothingLimits) {
  EXPECT_FALSE(group().processors());
  EXPECT_FALSE(group().memory_left());
  write("proc/self/cgroup", "0::/a/b\n");
  write("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  write("sys/fs/cgroup/a/b/memory.max", "max\n");
  write("sys/fs/cgroup/a/b/memory.current", "1000\n");
  EXPECT_FALSE(group().processors());
  EXPECT_FALSE(group().memory_left());
  EXPECT_EQ(available_cores(group()), available_cores(ControlGroup("/nonexistent")));
}

TEST_F(Groups, TheLeastOfAllGroupsAboveCounts) {
  write("proc/self/cgroup", "0::/a/b\n");
  write("sys/fs/cgroup/a/b/cpu.max", "250000 100000\n");
  EXPECT_EQ(group().processors(), 2.5);
  write("sys/fs/cgroup/a/cpu.max", "50000 100000\n");
  EXPECT_EQ(group().processors(), 0.5);
  EXPECT_EQ(available_cores(group()), 1);
  write("sys/fs/cgroup/a/b/memory.max", "5000\n");
  write("sys/fs/cgroup/a/b/memory.current", "3000\n");
  EXPECT_EQ(group().memory_left(), 2000);
  write("sys/fs/cgroup/a/b/memory.stat", "anon 1000\ninactive_file 500\n");
  EXPECT_EQ(group().memory_left(), 2500);
  write("sys/fs/cgroup/memory.max", "4000\n");
  write("sys/fs/cgroup/memory.current", "9000\n");
  EXPECT_EQ(group().memory_left(), 0);
}

TEST_F(Groups, RoundsUpAndNeverAddsCores) {
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/cpu.max", "100001 100000\n");
  EXPECT_LE(available_cores(group()), 2);
  write("sys/fs/cgroup/cpu.max", "99900000 100000\n");
  EXPECT_EQ(available_cores(group()), available_cores(ControlGroup("/nonexistent")));
}

// As version 1 has it in a container: the path begins above what is mounted.
TEST_F(Groups, VersionOne) {
  write("proc/self/cgroup", "9:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n0::/\n");
  write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_FALSE(group().processors());
  write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "150000\n");
  EXPECT_EQ(group().processors(), 1.5);
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "7000\n");
  write("sys/fs/cgroup/memory/memory.usage_in_bytes", "6000\n");
  write("sys/fs/cgroup/memory/memory.stat", "total_inactive_file 100\n");
  EXPECT_EQ(group().memory_left(), 1100);
}

}  // namespace
}  // namespace fovea
