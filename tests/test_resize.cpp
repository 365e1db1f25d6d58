// The taps of a resize.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/resize_taps.h"

namespace fovea::test {
namespace {

TEST(ResizeTaps, WeightsSumToOneAndFirstsNeverFall) {
  for (const ResizeFilter filter : {ResizeFilter::kNearest, ResizeFilter::kBilinear,
                                    ResizeFilter::kBicubic, ResizeFilter::kLanczos3}) {
    for (const bool antialias : {true, false}) {
      for (const auto& [in, out] : {std::pair{1, 1},
                                    {1, 9},
                                    {9, 1},
                                    {7, 28},
                                    {28, 7},
                                    {10, 17},
                                    {17, 10},
                                    {5, 320},
                                    {320, 5}}) {
        const ResizeTaps taps({filter, {1, 1}, -0.5, antialias}, in, out);
        std::vector<double> weights;
        int64_t first = 0;
        int64_t last = 0;
        for (int64_t o = 0; o < out; ++o) {
          EXPECT_GE(taps.first(o), first);
          EXPECT_GE(taps.last(o), last);
          first = taps.first(o);
          last = taps.last(o);
          EXPECT_LE(first, last);
          EXPECT_LT(last, in);
          taps.weights(o, weights);
          ASSERT_EQ(static_cast<int64_t>(weights.size()), last - first + 1);
          double sum = 0;
          for (const double weight : weights) sum += weight;
          EXPECT_NEAR(sum, 1.0, 1e-12);
        }
      }
    }
  }
}

// Doubling with half-pixel centres meets the cubic at 1/4 and 3/4: Keys' kernel with a = -1/2
// there, by hand.
TEST(ResizeTaps, BicubicDoublingHasTheKnownWeights) {
  const ResizeTaps taps({ResizeFilter::kBicubic, {2, 1}, -0.5, true}, 8, 16);
  std::vector<double> weights;
  taps.weights(7, weights);  // u = 3.25: samples 2, 3, 4, 5 at 1.25, 0.25, 0.75, 1.75
  ASSERT_EQ(taps.first(7), 2);
  ASSERT_EQ(weights.size(), 4u);
  const double expected[] = {-0.0703125, 0.8671875, 0.2265625, -0.0234375};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(weights[i], expected[i], 1e-12);
}

}  // namespace
}  // namespace fovea::test
