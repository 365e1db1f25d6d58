// What plans are predicted to take, one resource at a time, and the bands that are chosen by it.
#include <gtest/gtest.h>

#include "engine/passes/passes.h"
#include "engine/plan.h"
#include "engine/sweep.h"
#include "kernels/cuda/cuda_backend.h"
#include "kernels/cuda/time_model.h"
#include "tests/random_networks.h"

namespace fovea::test {
namespace {

using cuda::DeviceRates;

constexpr double kFree = 1e30;
constexpr MapStorage kStorage{cuda::kPlaneChannels, 2};
constexpr Size kInput{96, 40};

// A device on which nothing takes time.
constexpr DeviceRates kFreeRates{kFree, kFree, kFree, 0.0, int64_t{1} << 40};

class TimeModel : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto backend = cuda::make_cuda_backend(0, Precision::kF16);
    ASSERT_TRUE(backend) << backend.error().message;
    auto graph = rewrite(shuffle_network(1, 3, 4, {1, 1}, 24).graph, (*backend)->rewrites());
    ASSERT_TRUE(graph) << graph.error().message;
    graph_ = std::move(*graph);
    auto steps = (*backend)->lower(graph_);
    ASSERT_TRUE(steps) << steps.error().message;
    steps_ = std::move(*steps);
  }

  Plan plan(int64_t band_height) const {
    const auto made = make_plan(graph_, steps_, kInput, {band_height, 0, 1}, kStorage);
    EXPECT_TRUE(made) << made.error().message;
    return *made;
  }

  int64_t chosen(const DeviceRates& rates) const {
    const auto made = make_plan(graph_, steps_, kInput, {}, kStorage, [&](const Plan& candidate) {
      return cuda::predicted_seconds(graph_, steps_, candidate, rates);
    });
    EXPECT_TRUE(made) << made.error().message;
    return made->band_height;
  }

  double seconds(int64_t band_height, const DeviceRates& rates) const {
    return cuda::predicted_seconds(graph_, steps_, plan(band_height), rates);
  }

  // Bytes of a value's map on the device, its channels filled up to planes.
  static double bytes(Size size, int64_t channels) {
    return 2.0 * static_cast<double>(size.height * size.width * cuda::planes_of(channels) *
                                     cuda::kPlaneChannels);
  }

  Graph graph_;
  Steps steps_;
};

constexpr Size kOutput{4 * kInput.height, 4 * kInput.width};
constexpr double kInputSamples = 3.0 * kInput.height * kInput.width;

TEST_F(TimeModel, WorkIsTheSameInAllBands) {
  DeviceRates rates = kFreeRates;
  rates.multiply_adds = 1e9;
  // 3 to 24 and twice 24 to 24 channels a pixel, 24 to 48 for the last; slopes, shuffle and base
  // are next to nothing.
  const double work = 9.0 * (3 * 24 + 2 * 24 * 24 + 24 * 48) * kInput.height * kInput.width / 1e9;
  for (const int64_t band : {96, 48, 12, 1}) EXPECT_NEAR(seconds(band, rates), work, 0.02 * work);
}

TEST_F(TimeModel, LaunchesAreCounted) {
  DeviceRates rates = kFreeRates;
  rates.launch_seconds = 1;
  for (const int64_t band : {96, 48, 12}) {
    const Plan planned = plan(band);
    Sweep sweep(graph_, steps_, planned.sizes, planned.band_height);
    SweepPiece piece;
    int64_t launches = 0;
    while (sweep.next(piece)) launches += piece.step == SweepPiece::kInput ? 0 : 1;
    EXPECT_EQ(seconds(band, rates), static_cast<double>(launches));
    EXPECT_GE(launches, static_cast<int64_t>(steps_.size()) * planned.bands);
  }
  EXPECT_EQ(chosen(rates), kInput.height);
}

TEST_F(TimeModel, JoinedMapsThatAreInPlaceAreNoWork) {
  Graph graph;
  RandomValues random(2);
  const ValueId input = graph.add_input(8);
  const ValueId a = *random.convolution(graph, input, 8, 3, 3);
  const ValueId b = *random.convolution(graph, a, 8, 3, 3);
  const ValueId joined = *graph.add(Concat{}, {a, b}, "concat");
  ASSERT_TRUE(random.convolution(graph, joined, 8, 3, 3));
  const auto backend = cuda::make_cuda_backend(0, Precision::kF16);
  graph_ = *rewrite(graph, (*backend)->rewrites());
  steps_ = *(*backend)->lower(graph_);
  ASSERT_EQ(steps_.size(), 4u);
  DeviceRates rates = kFreeRates;
  rates.launch_seconds = 1;
  EXPECT_EQ(seconds(96, rates), 3.0);
}

// Rows come and go while others are worked on.
TEST_F(TimeModel, TheBusWaitsForTheWholePictureOrForABand) {
  DeviceRates rates = kFreeRates;
  rates.bus_bytes = 4;  // a sample a second
  EXPECT_NEAR(seconds(96, rates), kInputSamples * 17, 1);
  const double in_bands = seconds(12, rates);
  EXPECT_LT(in_bands, kInputSamples * (16 + 0.5));
  EXPECT_GT(in_bands, kInputSamples * 16);
  EXPECT_LT(chosen(rates), kInput.height);
}

TEST_F(TimeModel, SamplesOfAByteTakeAQuarterOfTheBus) {
  DeviceRates rates = kFreeRates;
  rates.bus_bytes = 1;
  const double floats = cuda::predicted_seconds(graph_, steps_, plan(96), rates);
  const double bytes = cuda::predicted_seconds(graph_, steps_, plan(96), rates, SampleType::kU8);
  EXPECT_NEAR(floats, 4 * bytes, 1);
}

TEST_F(TimeModel, WithoutACacheAllPassesThroughMemory) {
  DeviceRates rates = kFreeRates;
  rates.memory_bytes = 1;
  rates.cache_bytes = 0;
  // Each layer's result is written and read; the last reads the input too, the base.
  const double moved = 2 * bytes(kInput, 3) + 6 * bytes(kInput, 24) + bytes(kOutput, 3);
  EXPECT_NEAR(seconds(96, rates), moved, 1);
  // Two rows more are read of each map a band.
  EXPECT_GT(seconds(12, rates), moved);
}

TEST_F(TimeModel, LowBandsStayInTheCache) {
  DeviceRates rates = kFreeRates;
  rates.memory_bytes = 1;
  rates.cache_bytes = plan(12).arena_bytes();
  EXPECT_LT(seconds(12, rates), 1e-9);  // of bytes, a second each
  EXPECT_GT(seconds(96, rates), 0.0);
  EXPECT_EQ(chosen(rates), 12);
  // Where launches are dearer than the traffic, they are kept few.
  rates.launch_seconds = kFree;
  EXPECT_EQ(chosen(rates), 96);
}

TEST(DeviceRates, AreThoseOfTheDataSheet) {
  cuda::DeviceProperties h200;
  h200.compute_capability = 90;
  h200.multiprocessors = 132;
  h200.clock_rate = 1.98e9;
  h200.memory_rate = 4.8e12;
  h200.cache_bytes = 50 << 20;
  const DeviceRates rates = cuda::device_rates(h200, cuda::ElementType::kF16);
  // 989 TFLOP/s at 1.83 GHz; the share that kernels reach is less.
  EXPECT_GT(rates.multiply_adds, 0.5 * 989e12 / 2);
  EXPECT_LT(rates.multiply_adds, 989e12 / 2);
  EXPECT_LT(rates.memory_bytes, 4.8e12);
  // Nothing is divided by a rate that a device does not tell.
  const DeviceRates untold = cuda::device_rates({}, cuda::ElementType::kF32);
  EXPECT_GT(untold.memory_bytes, 0);
}

}  // namespace
}  // namespace fovea::test
