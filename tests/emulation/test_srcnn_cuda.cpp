// SRCNN 9-1-5 in one kernel, against its three convolutions in f64 with the roundings that maps in
// memory would have.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <memory>

#include "kernels/cuda/multiprocessor_count.h"
#include "kernels/cuda/srcnn.h"
#include "tests/compare.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/map_buffer.h"
#include "tests/emulation/operator_run.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

using cuda::ElementType;

struct Weights {
  std::vector<float> weight1, bias1, weight2, bias2, weight3, bias3;

  // Of `type`'s values, keeping the variance of what they are applied to.
  Weights(ElementType type, uint32_t seed) {
    RandomValues random(seed);
    weight1 = random.normals(64 * 81, 1.0f / 9);
    bias1 = random.normals(64, 0.1f);
    weight2 = random.normals(32 * 64, 0.125f);
    bias2 = random.normals(32, 0.1f);
    weight3 = random.normals(32 * 25, 0.035f);
    bias3 = random.normals(1, 0.1f);
    for (auto* values : {&weight1, &weight2, &weight3}) {
      for (float& value : *values) value = rounded_to(type, value);
    }
  }

  std::vector<uint8_t> packed(ElementType type) const {
    return cuda::pack_srcnn(type, {weight1, bias1, weight2, bias2, weight3, bias3});
  }
};

// "Same" convolution with zero padding, in f64; weight (out, in, kernel, kernel).
Tensor convolve(const Tensor& input, const std::vector<float>& weight,
                const std::vector<float>& bias, int64_t kernel) {
  const auto out = static_cast<int64_t>(bias.size());
  const int64_t in = input.channels();
  Tensor output(input.size(), out);
  for (int64_t y = 0; y < input.size().height; ++y) {
    for (int64_t x = 0; x < input.size().width; ++x) {
      for (int64_t k = 0; k < out; ++k) {
        double sum = bias[static_cast<size_t>(k)];
        for (int64_t u = 0; u < kernel; ++u) {
          const int64_t row = y + u - kernel / 2;
          if (row < 0 || row >= input.size().height) continue;
          for (int64_t v = 0; v < kernel; ++v) {
            const int64_t column = x + v - kernel / 2;
            if (column < 0 || column >= input.size().width) continue;
            for (int64_t c = 0; c < in; ++c) {
              sum += static_cast<double>(
                         weight[static_cast<size_t>(((k * in + c) * kernel + u) * kernel + v)]) *
                     input.view().at(row, column)[c];
            }
          }
        }
        output.view().at(y, x)[k] = static_cast<float>(sum);
      }
    }
  }
  return output;
}

Tensor rectified(ElementType type, Tensor map) {
  for (float& value : map.values()) value = rounded_to(type, std::max(value, 0.0f));
  return map;
}

Tensor evaluate(ElementType type, const Weights& weights, const Tensor& input) {
  const Tensor h1 = rectified(type, convolve(input, weights.weight1, weights.bias1, 9));
  const Tensor h2 = rectified(type, convolve(h1, weights.weight2, weights.bias2, 1));
  return convolve(h2, weights.weight3, weights.bias3, 5);
}

// |a - b| / |a| over all values; NaN where there is one.
double relative_error(const Tensor& expected, const Tensor& actual) {
  double difference = 0;
  double magnitude = 0;
  for (size_t i = 0; i < expected.values().size(); ++i) {
    const double value = expected.values()[i];
    difference += (value - actual.values()[i]) * (value - actual.values()[i]);
    magnitude += value * value;
  }
  return std::sqrt(difference / magnitude);
}

OperatorRun srcnn_run(ElementType type, Size size, uint32_t seed, int32_t multiprocessors) {
  OperatorRun run;
  run.type = type;
  run.inputs = {rounded_to(type, RandomValues(seed).map(size, 1))};
  run.output_size = size;
  run.output_channels = 1;
  // Aligned as device memory is.
  const std::vector<uint8_t> bytes = Weights(type, seed).packed(type);
  const auto packed = std::make_shared<AlignedFloats>(bytes.size() / sizeof(float));
  std::memcpy(packed->data(), bytes.data(), bytes.size());
  run.launch = [packed, multiprocessors](std::span<const cuda::DeviceMap> inputs,
                                         const cuda::DeviceMap& output, RowRange rows) {
    return cuda::launch_srcnn(
        {inputs[0], output, packed->data(), multiprocessors, rows.begin, rows.end}, nullptr);
  };
  run.rows_needed = [height = size.height](size_t, RowRange rows) {
    return RowRange{std::max<int64_t>(rows.begin - 6, 0), std::min(rows.end + 6, height)};
  };
  return run;
}

class CudaSrcnn : public ::testing::TestWithParam<ElementType> {};

TEST_P(CudaSrcnn, EqualsItsConvolutions) {
  constexpr uint32_t kSeed = 61;
  const Weights weights(GetParam(), kSeed);
  for (const Size size : {Size{1, 1}, Size{7, 5}, Size{33, 65}, Size{64, 64}, Size{3, 720},
                          Size{5, 124}, Size{4, 125}, Size{2, 249}}) {
    SCOPED_TRACE(fmt::format("{}x{}, seed {}", size.height, size.width, kSeed));
    const OperatorRun run = srcnn_run(GetParam(), size, kSeed, 1);
    const Tensor expected = evaluate(GetParam(), weights, run.inputs[0]);
    const Tensor actual = run_on_whole_maps(run);
    const double of_rounding = relative_error(expected, rounded_to(GetParam(), expected));
    const double error = relative_error(expected, actual);
    // A value or two of h1 and h2 may round to the other side than in f64: small maps, where that
    // weighs most, may lose as much as rounding itself is allowed to.
    const double allowed = 2 * std::max(of_rounding, rounding_unit(GetParam()) / 2);
    EXPECT_TRUE(error <= allowed) << error << " where " << allowed << " is allowed";
    if (size.height > 1 && size.area() < 2500) {
      for (const int64_t piece_rows : {1, 4}) expect_same_in_rings(run, actual, piece_rows);
    }
  }
}

TEST_P(CudaSrcnn, SharesItsRowsOutWithoutChangingABit) {
  const Size size{70, 140};
  const Tensor alone = run_on_whole_maps(srcnn_run(GetParam(), size, 62, 1));
  for (const int32_t multiprocessors : {0, 2, 5, 132}) {
    const Tensor shared = run_on_whole_maps(srcnn_run(GetParam(), size, 62, multiprocessors));
    EXPECT_TRUE(same_bits(alone.view(), shared.view())) << multiprocessors;
  }
}

// Of rows [0, h) blocks of b rows multiply their own and two above and below; a row of a strip is
// 64 products in each of 8 warps.
int64_t products(int64_t height, int64_t block_rows, int64_t strips) {
  int64_t rows = 0;
  for (int64_t first = 0; first < height; first += block_rows)
    rows += std::min(first + block_rows + 2, height) - std::max<int64_t>(first - 2, 0);
  return rows * strips * 8 * 64;
}

TEST_P(CudaSrcnn, DoesNoMoreThanItsRowsAndStrips) {
  struct Share {
    int32_t multiprocessors;
    Size size;
    int64_t block_rows;
    int64_t strips;
  };
  int multiprocessors = 0;
  ASSERT_EQ(cuda::multiprocessor_count(multiprocessors), 0);
  ASSERT_EQ(multiprocessors, 4);  // for the last case
  for (const Share& share : {Share{1, {71, 124}, 71, 1},
                             {1, {71, 125}, 71, 2},
                             {5, {71, 140}, 36, 2},
                             {6, {71, 140}, 24, 2},
                             {132, {71, 140}, 16, 2},
                             {0, {71, 140}, 36, 2}}) {
    SCOPED_TRACE(share.multiprocessors);
    const OperatorRun run = srcnn_run(GetParam(), share.size, 65, share.multiprocessors);
    emulation::take_counts();
    run_on_whole_maps(run);
    const emulation::Counts counts = emulation::take_counts();
    const int64_t row_blocks = (share.size.height + share.block_rows - 1) / share.block_rows;
    EXPECT_EQ(counts.blocks, row_blocks * share.strips);
    EXPECT_EQ(counts.mma, products(share.size.height, share.block_rows, share.strips));
  }
}

// Two strips: whichever comes last, each stores its own columns alone.
TEST_P(CudaSrcnn, KeepsItsBitsUnderEverySchedule) {
  const OperatorRun run = srcnn_run(GetParam(), {4, 130}, 63, 1);
  const Tensor expected = run_on_whole_maps(run);
  for (emulation::Schedule schedule : emulation::all_schedules()) {
    for (const uint32_t seed : {schedule.seed, schedule.seed + 100}) {
      schedule.seed = seed;
      emulation::set_schedule(schedule);
      EXPECT_TRUE(same_bits(expected.view(), run_on_whole_maps(run).view()))
          << emulation::schedule_name(schedule);
    }
  }
  emulation::set_schedule({});
}

// The value is multiplied by each tap of the first convolution and what it makes by each of the
// last: nothing in reach may lose it, nothing beyond may see it.
TEST_P(CudaSrcnn, NanReachesSixPixelsAndNoFurther) {
  OperatorRun run = srcnn_run(GetParam(), {20, 130}, 64, 1);
  run.inputs[0].view().at(9, 120)[0] = std::numeric_limits<float>::quiet_NaN();
  const Tensor output = run_on_whole_maps(run);
  for (int64_t y = 0; y < 20; ++y) {
    for (int64_t x = 0; x < 130; ++x) {
      ASSERT_EQ(std::isnan(output.view().at(y, x)[0]),
                std::abs(y - 9) <= 6 && std::abs(x - 120) <= 6)
          << y << ", " << x;
    }
  }
}

TEST_P(CudaSrcnn, RefusesWhatItCannotDo) {
  const MapBuffer in(GetParam(), {20, 20}, 1);
  const MapBuffer out(GetParam(), {20, 20}, 1);
  const MapBuffer two(GetParam(), {20, 20}, 2);
  const MapBuffer ring(GetParam(), {20, 20}, 1, 12);
  const MapBuffer wide(ElementType::kF32, {20, 20}, 1);
  const AlignedFloats weights(10000);
  emulation::take_counts();
  EXPECT_NE(cuda::launch_srcnn({in.map(), out.map(), nullptr, 1, 0, 20}, nullptr), 0);
  EXPECT_NE(cuda::launch_srcnn({in.map(), out.map(), weights.data() + 1, 1, 0, 20}, nullptr), 0);
  EXPECT_NE(cuda::launch_srcnn({in.map(), out.map(), weights.data(), -1, 0, 20}, nullptr), 0);
  EXPECT_NE(cuda::launch_srcnn({in.map(), out.map(), weights.data(), 1, 0, 21}, nullptr), 0);
  EXPECT_NE(cuda::launch_srcnn({two.map(), two.map(), weights.data(), 1, 0, 20}, nullptr), 0);
  EXPECT_NE(cuda::launch_srcnn({wide.map(), wide.map(), weights.data(), 1, 0, 20}, nullptr), 0);
  EXPECT_NE(cuda::launch_srcnn({ring.map(), out.map(), weights.data(), 1, 7, 8}, nullptr), 0);
  EXPECT_NE(cuda::launch_srcnn({in.map(), ring.map(), weights.data(), 1, 0, 20}, nullptr), 0);
  EXPECT_NE(cuda::launch_srcnn({in.map(), out.map(), weights.data(), 1, -1, 20}, nullptr), 0);
  EXPECT_NE(cuda::launch_srcnn({in.map(), out.map(), weights.data(), 1, 8, 7}, nullptr), 0);
  EXPECT_EQ(cuda::launch_srcnn({in.map(), out.map(), weights.data(), 1, 20, 20}, nullptr), 0);
  EXPECT_EQ(emulation::take_counts().launches, 0);
  EXPECT_TRUE(cuda::srcnn_supports(ElementType::kF16, 75));
  EXPECT_FALSE(cuda::srcnn_supports(ElementType::kBf16, 75));
  EXPECT_TRUE(cuda::srcnn_supports(ElementType::kBf16, 80));
  EXPECT_FALSE(cuda::srcnn_supports(ElementType::kF32, 90));
}

INSTANTIATE_TEST_SUITE_P(Types, CudaSrcnn, ::testing::Values(ElementType::kF16, ElementType::kBf16),
                         [](const auto& type) { return type_name(type.param); });

}  // namespace
}  // namespace fovea::test
