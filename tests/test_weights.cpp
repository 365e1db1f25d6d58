#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>

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

// A tensor of `bits` with `odd` among zeros, at each place in turn.
template <class Bits>
void expect_finite(DType dtype, Bits odd, bool finite) {
  constexpr size_t kCount = 67;  // no multiple of a vector's lanes
  for (size_t at = 0; at < kCount; ++at) {
    std::shared_ptr<std::byte[]> bytes(new std::byte[kCount * sizeof(Bits)]());
    std::memcpy(bytes.get() + at * sizeof(Bits), &odd, sizeof(Bits));
    const auto checked = check_finite({"t", dtype, {kCount}, std::move(bytes)});
    EXPECT_EQ(checked.has_value(), finite) << to_string(dtype) << " " << odd << " at " << at;
    if (!checked) {
      EXPECT_NE(checked.error().message.find("element " + std::to_string(at) + ";"),
                std::string::npos)
          << checked.error().message;
    }
  }
}

TEST(Weights, FiniteIsWhatIsNoNanAndNoInfinity) {
  for (const uint32_t bits : {0x7f7fffffu, 0xff7fffffu, 1u, 0x80000000u, 0x3f800000u})
    expect_finite(DType::kF32, bits, true);
  for (const uint32_t bits : {0x7f800000u, 0xff800000u, 0x7f800001u, 0xffc00000u, 0x7fffffffu})
    expect_finite(DType::kF32, bits, false);
  for (const uint16_t bits : {0x7bff, 0xfbff, 1, 0x8000, 0x3c00})
    expect_finite(DType::kF16, bits, true);
  for (const uint16_t bits : {0x7c00, 0xfc00, 0x7c01, 0xffff})
    expect_finite(DType::kF16, bits, false);
  for (const uint16_t bits : {0x7f7f, 0xff7f, 1, 0x8000, 0x7c00})
    expect_finite(DType::kBF16, bits, true);
  for (const uint16_t bits : {0x7f80, 0xff80, 0x7f81, 0xffff})
    expect_finite(DType::kBF16, bits, false);
  expect_finite(DType::kF64, std::bit_cast<uint64_t>(3.0e38), true);
  // No f32 holds it.
  expect_finite(DType::kF64, std::bit_cast<uint64_t>(1.0e39), false);
  expect_finite(DType::kF64, uint64_t{0x7ff0000000000000}, false);
  expect_finite(DType::kI64, uint64_t{0x7ff0000000000000}, true);
}

}  // namespace
}  // namespace fovea
