#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/weights.h"

namespace fovea {
namespace {

// Every one of the 65,536 patterns against the definition: (-1)^s 2^(e-15) (1 + f/1024), subnormals
// f 2^-24.
TEST(Half, EveryPatternIsExact) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const int exponent = static_cast<int>(bits >> 10 & 31);
    const double fraction = static_cast<double>(bits & 1023) / 1024;
    const double sign = bits & 0x8000 ? -1 : 1;
    const float got = half_to_float(static_cast<uint16_t>(bits));
    if (exponent == 31) {
      EXPECT_EQ(std::isnan(got), fraction != 0) << bits;
      EXPECT_EQ(std::isinf(got), fraction == 0) << bits;
    } else {
      const double want =
          exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15);
      EXPECT_EQ(static_cast<double>(got), sign * want) << bits;
    }
    EXPECT_EQ(std::signbit(got), (bits & 0x8000) != 0) << bits;
  }
}

TEST(Bfloat16, IsTheUpperHalf) {
  for (const float value : {0.0f, -0.0f, 1.0f, -3.5f, 0x1p-126f, 0x1.fep127f}) {
    EXPECT_EQ(bfloat16_to_float(static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16)),
              value);
  }
}

TEST(Weights, ConvertsEveryFloatType) {
  const double doubles[] = {1.5, -2.25};
  WeightTensor tensor{"t", DType::kF64, {2}, nullptr};
  std::shared_ptr<std::byte[]> bytes(new std::byte[sizeof(doubles)]);
  std::memcpy(bytes.get(), doubles, sizeof(doubles));
  tensor.bytes = bytes;
  EXPECT_EQ(*to_f32(tensor), (std::vector<float>{1.5f, -2.25f}));
  tensor.dtype = DType::kI64;
  const auto refused = to_f32(tensor);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kModel);
  EXPECT_NE(refused.error().message.find("int64"), std::string::npos);
}

TEST(Weights, FindsByNameAndRefusesTwins) {
  Weights weights;
  const float one[] = {1.0f};
  ASSERT_TRUE(weights.add(make_weight("b", {1}, one)));
  ASSERT_TRUE(weights.add(make_weight("a", {1}, one)));
  EXPECT_FALSE(weights.add(make_weight("b", {1}, one)));
  EXPECT_TRUE(weights.contains("a"));
  EXPECT_EQ(weights.find("c"), nullptr);
  EXPECT_EQ(weights.tensors()[0].name, "b");
}

TEST(Weights, NamesTheFirstNonFiniteElement) {
  const float good[] = {1.0f, 2.0f};
  const float bad[] = {1.0f, std::numeric_limits<float>::infinity()};
  EXPECT_TRUE(check_finite(make_weight("good", {2}, good)));
  const auto refused = check_finite(make_weight("bad", {2}, bad));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("bad"), std::string::npos);
  EXPECT_NE(refused.error().message.find("element 1"), std::string::npos);
}

}  // namespace
}  // namespace fovea
