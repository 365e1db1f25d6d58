#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "engine/enlarging_passes.h"

namespace fovea {
namespace {

// The scales of the networks that are chosen, in their order.
std::vector<int64_t> chosen(const std::vector<int64_t>& own, Scale wanted) {
  std::vector<int64_t> scales;
  for (const size_t number : enlarging_passes(own, wanted)) scales.push_back(own[number]);
  return scales;
}

using Scales = std::vector<int64_t>;

TEST(EnlargingPasses, RepeatsTheOnlyNetwork) {
  EXPECT_EQ(chosen({4}, {4, 1}), (Scales{4}));
  EXPECT_EQ(chosen({4}, {8, 1}), (Scales{4, 4}));
  EXPECT_EQ(chosen({2}, {3, 1}), (Scales{2, 2}));
  EXPECT_EQ(chosen({2}, {8, 1}), (Scales{2, 2, 2}));
  EXPECT_EQ(chosen({2}, {64, 1}), (Scales{2, 2, 2, 2, 2, 2}));
}

TEST(EnlargingPasses, LeavesLittleToTheResize) {
  EXPECT_EQ(chosen({4}, {5, 1}), (Scales{4}));
  EXPECT_EQ(chosen({4}, {1, 2}), (Scales{4}));
  EXPECT_EQ(chosen({2}, {299, 100}), (Scales{2}));
}

TEST(EnlargingPasses, TakesWhatComesNearestOfAFamily) {
  const Scales family{2, 3, 4};
  EXPECT_EQ(chosen(family, {2, 1}), (Scales{2}));
  EXPECT_EQ(chosen(family, {5, 2}), (Scales{3}));
  EXPECT_EQ(chosen(family, {6, 1}), (Scales{3, 2}));
  EXPECT_EQ(chosen(family, {7, 1}), (Scales{4, 2}));
  EXPECT_EQ(chosen(family, {8, 1}), (Scales{4, 2}));
  EXPECT_EQ(chosen(family, {9, 1}), (Scales{3, 3}));
  EXPECT_EQ(chosen(family, {12, 1}), (Scales{4, 3}));
  EXPECT_EQ(chosen(family, {24, 1}), (Scales{4, 3, 2}));
  // Nothing of two reaches it, and what is left is little.
  EXPECT_EQ(chosen(family, {17, 1}), (Scales{4, 4}));
}

TEST(EnlargingPasses, HoldsItsWordForEveryScale) {
  const Scales family{4, 2, 3};
  for (int64_t hundredths = 1; hundredths <= 6400; ++hundredths) {
    const Scale wanted = make_scale(hundredths, 100);
    const Scales scales = chosen(family, wanted);
    ASSERT_FALSE(scales.empty());
    EXPECT_TRUE(std::is_sorted(scales.rbegin(), scales.rend()));
    const int64_t product =
        std::accumulate(scales.begin(), scales.end(), int64_t{1}, std::multiplies<>());
    EXPECT_LT(wanted.value() / static_cast<double>(product), 1.5) << hundredths;
  }
}

}  // namespace
}  // namespace fovea
