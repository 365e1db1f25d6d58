// How slots share strips of rows.
#include <gtest/gtest.h>

#include <vector>

#include "kernels/cuda/strip_runs.cuh"

namespace fovea::cuda {
namespace {

TEST(StripRuns, GiveEveryRowToOneSlotAndShareEvenly) {
  for (const int strips : {1, 2, 3, 20}) {
    for (const int rows : {1, 2, 7, 100}) {
      for (const int slots : {1, 2, 3, 7, 64, 396}) {
        constexpr int kFirst = 5;
        std::vector<int> given(static_cast<size_t>(strips * rows));
        for (int slot = 0; slot < slots; ++slot) {
          StripRuns runs(strips, kFirst, kFirst + rows, slot, slots);
          StripRun run;
          int count = 0;
          int last_strip = -1;
          while (runs.next(run)) {
            ASSERT_GT(run.strip, last_strip);
            ASSERT_LT(run.strip, strips);
            ASSERT_LT(run.first_row, run.last_row);
            ASSERT_GE(run.first_row, kFirst);
            ASSERT_LE(run.last_row, kFirst + rows);
            last_strip = run.strip;
            for (int row = run.first_row; row < run.last_row; ++row, ++count)
              ++given[static_cast<size_t>(run.strip * rows + row - kFirst)];
          }
          EXPECT_GE(count, strips * rows / slots);
          EXPECT_LE(count, (strips * rows + slots - 1) / slots);
        }
        for (const int times : given) ASSERT_EQ(times, 1);
      }
    }
  }
}

}  // namespace
}  // namespace fovea::cuda
