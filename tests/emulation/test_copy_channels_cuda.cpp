// Channels copied from map to map at any offset.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "kernels/cuda/copy_channels.h"
#include "tests/compare.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/map_buffer.h"
#include "tests/emulation/operator_run.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

using cuda::ElementType;

class CudaCopyChannels : public ::testing::TestWithParam<ElementType> {};

TEST_P(CudaCopyChannels, EveryOffsetAndTheRestIsKept) {
  constexpr Size kSize{2, 20};  // a plane more than the guards, for AddressSanitizer
  constexpr int64_t kIn = 19;
  constexpr int64_t kOut = 21;
  RandomValues random(31);
  const Tensor input = rounded_to(GetParam(), random.map(kSize, kIn));
  const Tensor before = rounded_to(GetParam(), random.map(kSize, kOut));
  MapBuffer in(GetParam(), kSize, kIn);
  in.write(input);
  for (int64_t from = 0; from < kIn; ++from) {
    for (int64_t to = 0; to < kOut; ++to) {
      for (const int64_t count : {1, 5, 8, 11, 16, 19}) {
        if (from + count > kIn || to + count > kOut) continue;
        SCOPED_TRACE(std::to_string(count) + " channels from " + std::to_string(from) + " to " +
                     std::to_string(to) + ", seed 31");
        MapBuffer out(GetParam(), kSize, kOut);
        out.write(before);
        ASSERT_EQ(cuda::launch_copy_channels({in.map(), out.map(), from, to, count, 0, 2}, nullptr),
                  0);
        Tensor expected = before;
        for (int64_t y = 0; y < 2; ++y) {
          for (int64_t x = 0; x < 20; ++x)
            std::copy_n(input.view().at(y, x) + from, count, expected.view().at(y, x) + to);
        }
        ASSERT_TRUE(same_bits(expected.view(), out.read().view()));
        ASSERT_TRUE(out.is_written_only_in({0, 2}));
      }
    }
  }
  EXPECT_EQ(kernel_faults(), "");
}

TEST_P(CudaCopyChannels, JoinsMapsOnEverySize) {
  for (const Size size : kKernelSizes) {
    SCOPED_TRACE(std::to_string(size.height) + "x" + std::to_string(size.width) + ", seed 32");
    RandomValues random(32);
    OperatorRun run;
    run.type = GetParam();
    run.output_size = size;
    run.output_channels = 0;
    for (const int64_t channels : {3, 10, 1}) {
      run.inputs.push_back(rounded_to(GetParam(), random.map(size, channels)));
      run.output_channels += channels;
    }
    run.rows_needed = [](size_t, RowRange rows) { return rows; };
    run.launch = [](std::span<const cuda::DeviceMap> inputs, const cuda::DeviceMap& output,
                    RowRange rows) {
      int64_t channel = 0;
      for (const cuda::DeviceMap& input : inputs) {
        const cuda::CudaError error = cuda::launch_copy_channels(
            {input, output, 0, channel, input.channels, rows.begin, rows.end}, nullptr);
        if (error != 0) return error;
        channel += input.channels;
      }
      return 0;
    };
    Tensor expected(size, run.output_channels);
    for (int64_t y = 0; y < size.height; ++y) {
      for (int64_t x = 0; x < size.width; ++x) {
        float* pixel = expected.view().at(y, x);
        for (const Tensor& input : run.inputs)
          pixel = std::copy_n(input.view().at(y, x), input.channels(), pixel);
      }
    }
    const Tensor whole = run_on_whole_maps(run);
    EXPECT_TRUE(same_bits(expected.view(), whole.view()));
    if (size.area() < 5000) expect_same_in_rings(run, whole, 5);
  }
}

TEST_P(CudaCopyChannels, RefusesWhatItCannotDo) {
  const MapBuffer in(GetParam(), {4, 4}, 8);
  const MapBuffer out(GetParam(), {4, 4}, 9);
  const MapBuffer wide(GetParam(), {4, 5}, 9);
  emulation::take_counts();
  const auto copy = [&](const MapBuffer& to, int64_t a, int64_t b, int64_t count, int64_t first,
                        int64_t last) {
    return cuda::launch_copy_channels({in.map(), to.map(), a, b, count, first, last}, nullptr);
  };
  EXPECT_NE(copy(out, 1, 0, 8, 0, 4), 0);
  EXPECT_NE(copy(out, 0, 2, 8, 0, 4), 0);
  EXPECT_NE(copy(out, -1, 0, 4, 0, 4), 0);
  EXPECT_NE(copy(out, 0, -1, 4, 0, 4), 0);
  EXPECT_NE(copy(out, 0, 0, 0, 0, 4), 0);
  EXPECT_NE(copy(out, 0, 0, std::numeric_limits<int64_t>::max(), 0, 4), 0);
  EXPECT_NE(copy(out, 0, 0, 8, 0, 5), 0);
  EXPECT_NE(copy(wide, 0, 0, 8, 0, 4), 0);
  EXPECT_EQ(copy(out, 0, 1, 8, 3, 3), 0);
  EXPECT_EQ(emulation::take_counts().launches, 0);
}

INSTANTIATE_TEST_SUITE_P(Types, CudaCopyChannels, ::testing::ValuesIn(kElementTypes),
                         [](const auto& type) { return type_name(type.param); });

}  // namespace
}  // namespace fovea::test
