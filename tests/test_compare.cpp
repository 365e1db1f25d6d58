// The comparers themselves: what they must not let pass.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/compare.h"

namespace fovea::test {
namespace {

Tensor filled(float value) {
  Tensor map({2, 3}, 2);
  for (float& v : map.values()) v = value;
  return map;
}

const Tensor& as_const(const Tensor& map) { return map; }

TEST(Compare, AcceptsEqualAndClose) {
  const Tensor a = filled(1.0f);
  const Tensor b = filled(1.001f);
  EXPECT_TRUE(all_within(a.view(), a.view(), 0.0));
  EXPECT_TRUE(same_bits(a.view(), a.view()));
  EXPECT_TRUE(all_within(a.view(), b.view(), 0.01));
  EXPECT_FALSE(all_within(a.view(), b.view(), 0.0001));
}

TEST(Compare, RefusesNanAndInfinityOnEitherSide) {
  const Tensor good = filled(1.0f);
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Tensor broken = filled(1.0f);
    broken.values()[7] = bad;
    EXPECT_FALSE(all_within(good.view(), as_const(broken).view(), 1e30));
    EXPECT_FALSE(all_within(as_const(broken).view(), good.view(), 1e30));
    EXPECT_FALSE(all_within(as_const(broken).view(), as_const(broken).view(), 1e30));
  }
  const Tensor nan = filled(std::nanf(""));
  EXPECT_FALSE(same_bits(nan.view(), nan.view()));
  EXPECT_TRUE(std::isnan(max_magnitude(nan.view())));
}

TEST(Compare, RefusesNanTolerance) {
  const Tensor good = filled(1.0f);
  EXPECT_FALSE(all_within(good.view(), good.view(), std::nan("")));
}

TEST(Compare, RefusesOtherShapes) {
  const Tensor a({2, 3}, 2);
  EXPECT_FALSE(all_within(a.view(), Tensor({3, 2}, 2).view(), 1.0));
  EXPECT_FALSE(same_bits(a.view(), Tensor({2, 3}, 1).view()));
}

TEST(Compare, TellsZerosApartByBits) {
  const Tensor plus = filled(0.0f);
  const Tensor minus = filled(-0.0f);
  EXPECT_TRUE(all_within(plus.view(), minus.view(), 0.0));
  EXPECT_FALSE(same_bits(plus.view(), minus.view()));
}

}  // namespace
}  // namespace fovea::test
