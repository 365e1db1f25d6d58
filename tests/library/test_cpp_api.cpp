// fovea.hpp, compiled as C++17 with no other header of the project in sight.
#include <gtest/gtest.h>
#include <fovea.hpp>

#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace {

constexpr fovea_shape kPhoto{4, 3, 3, FOVEA_U8};

static_assert(std::is_nothrow_move_constructible_v<fovea::Model>);
static_assert(std::is_nothrow_move_assignable_v<fovea::Upscaler>);
static_assert(!std::is_copy_constructible_v<fovea::Upscaler>);

std::vector<unsigned char> ramp() {
  std::vector<unsigned char> pixels;
  for (int i = 0; i < 4 * 3 * 3; ++i) pixels.push_back(static_cast<unsigned char>(7 * i));
  return pixels;
}

fovea_upscaler_options at(double scale) {
  fovea_upscaler_options options = fovea::upscaler_options();
  options.scale = scale;
  options.threads = 1;
  return options;
}

TEST(CppApi, EnlargesIntoBuffersOfBothSides) {
  const fovea::Model nearest("nearest");
  fovea::Upscaler made(nearest, at(2));
  fovea::Upscaler upscaler = std::move(made);
  const std::vector<unsigned char> pixels = ramp();
  const fovea::Pixels large = upscaler.upscale(kPhoto, pixels.data());
  ASSERT_EQ(large.shape.width, 8);
  ASSERT_EQ(large.shape.height, 6);
  ASSERT_EQ(large.bytes.size(), 8u * 6 * 3);
  for (std::size_t i = 0; i < large.bytes.size(); ++i)
    ASSERT_EQ(large.bytes[i], pixels[i / 24 / 2 * 12 + i % 24 / 6 * 3 + i % 3]);
  std::vector<unsigned char> mine(6 * 30, 1);
  upscaler.upscale(kPhoto, pixels.data(), 12, mine.data(), 30);
  for (std::size_t i = 0; i < mine.size(); ++i)
    ASSERT_EQ(mine[i], i % 30 < 24 ? large.bytes[i / 30 * 24 + i % 30] : 1);
  EXPECT_EQ(upscaler.plan(kPhoto).output.width, 8);
  EXPECT_EQ(upscaler.report().redone, 0);
}

TEST(CppApi, FailuresAreThrown) {
  try {
    const fovea::Model missing("/no/such.pth");
    FAIL();
  } catch (const fovea::Error& error) {
    EXPECT_EQ(error.code(), FOVEA_ERROR_MODEL);
    EXPECT_EQ(std::string(error.what()).rfind("/no/such.pth: ", 0), 0u) << error.what();
  }
  fovea::Upscaler upscaler(fovea::Model("bicubic"), at(2));
  EXPECT_THROW(upscaler.output({0, 5, 3, FOVEA_U8}), fovea::Error);
  EXPECT_THROW(upscaler.report(), fovea::Error);
  EXPECT_THROW(fovea::Model("", 0, "empty"), fovea::Error);
}

TEST(CppApi, ProgressCancelsAndMayThrow) {
  fovea::Upscaler upscaler(fovea::Model("bicubic"), at(2));
  const std::vector<unsigned char> pixels = ramp();
  try {
    upscaler.upscale(kPhoto, pixels.data(), [](double) { return false; });
    FAIL();
  } catch (const fovea::Error& error) {
    EXPECT_EQ(error.code(), FOVEA_CANCELLED);
  }
  const auto throwing = [](double) -> bool { throw std::out_of_range("mine"); };
  EXPECT_THROW(upscaler.upscale(kPhoto, pixels.data(), throwing), std::out_of_range);
  double last = 0;
  const auto keep = [&last](double done) {
    last = done;
    return true;
  };
  upscaler.upscale(kPhoto, pixels.data(), keep);
  EXPECT_EQ(last, 1);
}

TEST(CppApi, ChainsAndModelsFromMemory) {
  const fovea::Model nearest("nearest"), standard("standard-x2");
  EXPECT_EQ(standard.scale(), 2);
  EXPECT_EQ(standard.architecture(), "SRVGGNetCompact");
  fovea::Upscaler both({&standard, &nearest}, at(4));
  EXPECT_EQ(both.output(kPhoto).width, 16);
}

}  // namespace
