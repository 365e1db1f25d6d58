// Pixel shuffle and its inverse at every kind of factor, against the reference: not a bit may
// differ.
#include <gtest/gtest.h>

#include "kernels/cuda/pixel_shuffle.h"
#include "kernels/reference/reference.h"
#include "tests/compare.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/map_buffer.h"
#include "tests/emulation/operator_run.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

using cuda::ElementType;

class CudaPixelShuffle : public ::testing::TestWithParam<ElementType> {};

OperatorRun shuffle_run(ElementType type, Size small, int64_t channels, int64_t r, bool shuffle) {
  const Size large{small.height * r, small.width * r};
  const int64_t small_channels = channels * r * r;
  OperatorRun run;
  run.type = type;
  run.inputs = {rounded_to(type, shuffle ? RandomValues(41).map(small, small_channels)
                                         : RandomValues(41).map(large, channels))};
  run.output_size = shuffle ? large : small;
  run.output_channels = shuffle ? channels : small_channels;
  run.rows_needed = [r, shuffle](size_t, RowRange rows) {
    return shuffle ? RowRange{rows.begin / r, (rows.end + r - 1) / r}
                   : RowRange{rows.begin * r, rows.end * r};
  };
  run.launch = [r, shuffle](std::span<const cuda::DeviceMap> inputs, const cuda::DeviceMap& output,
                            RowRange rows) {
    const cuda::PixelShuffleArgs args{inputs[0], output, r, rows.begin, rows.end};
    return shuffle ? cuda::launch_pixel_shuffle(args, nullptr)
                   : cuda::launch_pixel_unshuffle(args, nullptr);
  };
  return run;
}

TEST_P(CudaPixelShuffle, HasTheReferencesBits) {
  for (const int64_t factor : {1, 2, 3, 4, 5, 8}) {
    for (const int64_t channels : {1, 3, 8, 12}) {
      for (const Size small : {Size{1, 1}, Size{3, 5}, Size{2, 130}}) {
        if (small.width > 100 && factor > 4) continue;
        for (const bool shuffle : {true, false}) {
          SCOPED_TRACE(std::string(shuffle ? "shuffle" : "unshuffle") + " by " +
                       std::to_string(factor) + ", " + std::to_string(channels) + " channels, " +
                       std::to_string(small.height) + "x" + std::to_string(small.width) +
                       ", seed 41");
          const OperatorRun run = shuffle_run(GetParam(), small, channels, factor, shuffle);
          Tensor expected(run.output_size, run.output_channels);
          const RowRange all{0, run.output_size.height};
          (shuffle ? reference::pixel_shuffle : reference::pixel_unshuffle)(
              factor, run.inputs[0].view(), expected.view(), all);
          const Tensor whole = run_on_whole_maps(run);
          ASSERT_TRUE(same_bits(expected.view(), whole.view()));
          // Pieces that begin and end within the rows that one small row becomes.
          for (const int64_t piece_rows : {1, 3}) expect_same_in_rings(run, whole, piece_rows);
        }
      }
    }
  }
}

TEST_P(CudaPixelShuffle, HasTheReferencesBitsOnEverySize) {
  for (const Size small : kKernelSizes) {
    for (const bool shuffle : {true, false}) {
      const OperatorRun run = shuffle_run(GetParam(), small, 3, 2, shuffle);
      Tensor expected(run.output_size, run.output_channels);
      (shuffle ? reference::pixel_shuffle : reference::pixel_unshuffle)(
          2, run.inputs[0].view(), expected.view(), {0, run.output_size.height});
      EXPECT_TRUE(same_bits(expected.view(), run_on_whole_maps(run).view()))
          << small.height << "x" << small.width << ", seed 41";
    }
  }
}

TEST_P(CudaPixelShuffle, RefusesWhatItCannotDo) {
  const MapBuffer small(GetParam(), {4, 4}, 12);
  const MapBuffer large(GetParam(), {8, 8}, 3);
  const MapBuffer ring(GetParam(), {4, 4}, 12, 1);
  emulation::take_counts();
  const auto shuffle = [&](const MapBuffer& from, const MapBuffer& to, int64_t factor,
                           int64_t first, int64_t last) {
    return cuda::launch_pixel_shuffle({from.map(), to.map(), factor, first, last}, nullptr);
  };
  EXPECT_NE(shuffle(small, large, 3, 0, 8), 0);
  EXPECT_NE(shuffle(small, large, 0, 0, 8), 0);
  EXPECT_NE(shuffle(small, large, int64_t{1} << 40, 0, 8), 0);
  EXPECT_NE(shuffle(large, small, 2, 0, 4), 0);
  EXPECT_NE(shuffle(small, large, 2, 0, 9), 0);
  EXPECT_NE(shuffle(ring, large, 2, 1, 3), 0);  // rows of two small rows
  EXPECT_EQ(shuffle(small, large, 2, 5, 5), 0);
  EXPECT_NE(cuda::launch_pixel_unshuffle({small.map(), large.map(), 2, 0, 8}, nullptr), 0);
  EXPECT_EQ(emulation::take_counts().launches, 0);
}

INSTANTIATE_TEST_SUITE_P(Types, CudaPixelShuffle, ::testing::ValuesIn(kElementTypes),
                         [](const auto& type) { return type_name(type.param); });

}  // namespace
}  // namespace fovea::test
