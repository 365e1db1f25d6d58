#include <gtest/gtest.h>

#include "engine/scale.h"

namespace fovea {
namespace {

TEST(Scale, ParsesDecimals) {
  EXPECT_EQ(*parse_scale("4"), (Scale{4, 1}));
  EXPECT_EQ(*parse_scale("4x"), (Scale{4, 1}));
  EXPECT_EQ(*parse_scale("1.5"), (Scale{3, 2}));
  EXPECT_EQ(*parse_scale("0.75"), (Scale{3, 4}));
  EXPECT_EQ(*parse_scale("0.000001"), (Scale{1, 1000000}));
  EXPECT_EQ(*parse_scale("64"), (Scale{64, 1}));
  EXPECT_EQ(*parse_scale("2."), (Scale{2, 1}));
}

TEST(Scale, RefusesWhatIsNoScale) {
  for (const char* text :
       {"", "x", "0", "0.0", "-2", "+2", "64.1", "1e3", "nan", "inf", "1.0000001", ".5", "4xx",
        " 4", "4 ", "0x4", "99999999999999999999", "1.5.5", "2,5"}) {
    const auto scale = parse_scale(text);
    ASSERT_FALSE(scale) << text;
    EXPECT_EQ(scale.error().code, ErrorCode::kUsage);
    EXPECT_NE(scale.error().message.find("64"), std::string::npos) << scale.error().message;
  }
}

TEST(Scale, MultipliesAndDividesExactly) {
  EXPECT_EQ(*multiply({4, 1}, {3, 4}), (Scale{3, 1}));
  EXPECT_EQ(*divide({2, 1}, {4, 1}), (Scale{1, 2}));
  EXPECT_FALSE(multiply({1 << 30, 1}, {2, 1}));
}

TEST(Scale, RoundsLengthsHalfUpToAtLeastOne) {
  EXPECT_EQ(scaled_length(5, {3, 2}), 8);
  EXPECT_EQ(scaled_length(5, {1, 2}), 3);
  EXPECT_EQ(scaled_length(1, {1, 64}), 1);
  EXPECT_EQ(scaled_length(180, {4, 1}), 720);
  EXPECT_EQ(scaled_length(10, {17, 10}), 17);
}

TEST(Scale, PrintsTheShortestForm) {
  EXPECT_EQ(to_string(Scale{4, 1}), "4");
  EXPECT_EQ(to_string(Scale{3, 2}), "1.5");
  EXPECT_EQ(to_string(Scale{1, 8}), "0.125");
  EXPECT_EQ(to_string(Scale{21, 20}), "1.05");
  EXPECT_EQ(to_string(Scale{2, 3}), "2/3");
  EXPECT_EQ(to_string(kUnknownScale), "unknown");
}

}  // namespace
}  // namespace fovea
