// Picture: creation and its limits, samples, and the way to floats and back.
#include "engine/picture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace fovea {
namespace {

TEST(Picture, IsBornBlackWithTheShapeAskedFor) {
  for (int depth : {8, 16}) {
    for (int channels = 1; channels <= 4; ++channels) {
      auto picture = Picture::create({3, 5}, channels, depth);
      ASSERT_TRUE(picture) << picture.error().message;
      EXPECT_EQ(picture->size(), (Size{3, 5}));
      EXPECT_EQ(picture->channels(), channels);
      EXPECT_EQ(picture->bit_depth(), depth);
      EXPECT_EQ(picture->has_alpha(), channels == 2 || channels == 4);
      EXPECT_EQ(picture->colour_channels(), channels <= 2 ? 1 : 3);
      EXPECT_EQ(picture->max_sample(), depth == 8 ? 255 : 65535);
      EXPECT_EQ(picture->row_byte_count(), 5 * channels * depth / 8);
      for (int64_t y = 0; y < 3; ++y) {
        for (int64_t x = 0; x < 5; ++x) {
          for (int c = 0; c < channels; ++c) EXPECT_EQ(picture->sample(y, x, c), 0);
        }
      }
    }
  }
}

TEST(Picture, LiesOverMemoryOfTheCaller) {
  std::vector<uint8_t> bytes(1 + 20 * 3, 9);
  auto picture = Picture::over(bytes.data() + 1, 20, {3, 4}, 2, 16);
  ASSERT_TRUE(picture) << picture.error().message;
  EXPECT_EQ(picture->row_byte_count(), 16);
  for (int64_t y = 0; y < 3; ++y) {
    for (int64_t x = 0; x < 4; ++x) {
      for (int c = 0; c < 2; ++c) picture->set_sample(y, x, c, 1000 * y + 10 * x + c);
    }
  }
  const Picture copy = *picture->copy();
  EXPECT_EQ(copy.row_bytes(1) - copy.row_bytes(0), 16);
  for (int64_t y = 0; y < 3; ++y) {
    EXPECT_EQ(picture->row_bytes(y), bytes.data() + 1 + 20 * y);
    for (size_t gap = 17; gap < 21; ++gap) EXPECT_EQ(bytes[static_cast<size_t>(20 * y) + gap], 9);
    for (int64_t x = 0; x < 4; ++x) {
      for (int c = 0; c < 2; ++c) EXPECT_EQ(copy.sample(y, x, c), 1000 * y + 10 * x + c);
    }
  }
  EXPECT_EQ(Picture::over(bytes.data(), 0, {3, 4}, 2, 16)->row_bytes(2), bytes.data() + 32);
  EXPECT_EQ(Picture::over(bytes.data(), 15, {3, 4}, 2, 16).error().code, ErrorCode::kUsage);
  EXPECT_EQ(Picture::over(bytes.data(), -16, {3, 4}, 2, 16).error().code, ErrorCode::kUsage);
  const int64_t huge = std::numeric_limits<int64_t>::max();
  for (const Size size : {Size{huge, huge}, Size{1, huge}, Size{huge, 1}}) {
    for (const int64_t stride : {int64_t{0}, huge})
      EXPECT_EQ(Picture::over(bytes.data(), stride, size, 4, 32).error().code, ErrorCode::kUsage);
  }
}

TEST(Picture, KeepsFloatsAsTheyAre) {
  Picture picture = *Picture::create({1, 3}, 4, 32);
  EXPECT_EQ(picture.row_byte_count(), 48);
  const std::vector<float> values = {-1.5f, 0.25f, 7.0f};
  picture.store_row(0, 2, 1, values.data());
  std::vector<float> row(12, 9), channel(3);
  picture.load_row(0, 0, 4, row.data());
  EXPECT_EQ(row, (std::vector<float>{0, 0, -1.5f, 0, 0, 0, 0.25f, 0, 0, 0, 7, 0}));
  picture.load_row(0, 2, 1, channel.data());
  EXPECT_EQ(channel, values);
}

TEST(Picture, RefusesShapesThatMakeNoSense) {
  const struct {
    Size size;
    int channels;
    int depth;
  } cases[] = {{{0, 5}, 3, 8}, {{5, 0}, 3, 8},  {{-1, 5}, 3, 8}, {{5, 5}, 0, 8},
               {{5, 5}, 5, 8}, {{5, 5}, 3, 12}, {{5, 5}, 3, 0}};
  for (const auto& bad : cases) {
    auto picture = Picture::create(bad.size, bad.channels, bad.depth);
    ASSERT_FALSE(picture);
    EXPECT_EQ(picture.error().code, ErrorCode::kUsage);
  }
}

TEST(Picture, SaysSoWhenItDoesNotFitInMemory) {
  const int64_t huge = std::numeric_limits<int64_t>::max();
  for (Size size :
       {Size{huge, huge}, Size{1, huge}, Size{huge, 1}, Size{int64_t{1} << 31, int64_t{1} << 31},
        Size{int64_t{1} << 29, int64_t{1} << 31}}) {
    auto picture = Picture::create(size, 4, 16);
    ASSERT_FALSE(picture);
    EXPECT_EQ(picture.error().code, ErrorCode::kMemory);
    EXPECT_NE(picture.error().message.find(std::to_string(size.width)), std::string::npos);
  }
}

TEST(Picture, SamplesAndRowBytesAgree) {
  auto picture = Picture::create({2, 3}, 2, 16).value();
  picture.set_sample(1, 2, 1, 0x1234);
  const uint8_t* bytes = picture.row_bytes(1) + (2 * 2 + 1) * 2;
  uint16_t value;
  std::memcpy(&value, bytes, 2);
  EXPECT_EQ(value, 0x1234);
  EXPECT_EQ(picture.sample(1, 2, 1), 0x1234);

  auto narrow = Picture::create({2, 3}, 3, 8).value();
  narrow.set_sample(1, 0, 2, 200);
  EXPECT_EQ(narrow.row_bytes(1)[2], 200);
  EXPECT_EQ(narrow.sample(1, 0, 2), 200);
}

// Every value a sample can have survives the way to floats and back, and is the correctly rounded
// quotient.
TEST(Picture, EverySampleValueSurvivesFloats) {
  for (int depth : {8, 16}) {
    const int64_t levels = int64_t{1} << depth;
    auto picture = Picture::create({1, levels}, 1, depth).value();
    for (int64_t x = 0; x < levels; ++x) picture.set_sample(0, x, 0, x);
    std::vector<float> row(static_cast<size_t>(levels));
    picture.load_row(0, 0, 1, row.data());
    for (int64_t x = 0; x < levels; ++x) {
      EXPECT_EQ(row[static_cast<size_t>(x)],
                static_cast<float>(static_cast<double>(x) / static_cast<double>(levels - 1)));
    }
    auto back = Picture::create({1, levels}, 1, depth).value();
    back.store_row(0, 0, 1, row.data());
    for (int64_t x = 0; x < levels; ++x) EXPECT_EQ(back.sample(0, x, 0), x);
  }
}

TEST(Picture, LoadsAndStoresOnlyTheChannelsAskedFor) {
  auto picture = Picture::create({2, 3}, 4, 8).value();
  for (int64_t x = 0; x < 3; ++x) {
    for (int c = 0; c < 4; ++c) picture.set_sample(1, x, c, 10 * x + c);
  }
  std::vector<float> alpha(3);
  picture.load_row(1, 3, 1, alpha.data());
  for (int64_t x = 0; x < 3; ++x) {
    EXPECT_EQ(alpha[static_cast<size_t>(x)], static_cast<float>(10 * x + 3) / 255.0f);
  }
  std::vector<float> colour(3 * 3, 1.0f);
  picture.store_row(1, 0, 3, colour.data());
  for (int64_t x = 0; x < 3; ++x) {
    for (int c = 0; c < 3; ++c) EXPECT_EQ(picture.sample(1, x, c), 255);
    EXPECT_EQ(picture.sample(1, x, 3), 10 * x + 3);
    for (int c = 0; c < 4; ++c) EXPECT_EQ(picture.sample(0, x, c), 0);
  }
}

TEST(Picture, StoreClampsAndRoundsTiesToEven) {
  auto picture = Picture::create({1, 8}, 1, 8).value();
  // 0.5 * 255 = 127.5 and 0.1 * 255 = 25.5 exactly in float; 0.3f * 255 = 76.5 exactly: ties to
  // even.
  const float values[8] = {-0.25f, 1.5f, 0.5f, 0.1f, 0.3f, 1e30f, -1e30f, 1.0f};
  picture.store_row(0, 0, 1, values);
  for (int64_t x = 0; x < 8; ++x) {
    const float v = values[x];
    const float expected = std::nearbyint((v < 0 ? 0.0f : (v > 1 ? 1.0f : v)) * 255.0f);
    EXPECT_EQ(picture.sample(0, x, 0), static_cast<int64_t>(expected)) << v;
  }
  EXPECT_EQ(picture.sample(0, 2, 0), 128);
  EXPECT_EQ(picture.sample(0, 3, 0), 26);
  EXPECT_EQ(picture.sample(0, 4, 0), 76);
}

// Every way through the loop: runs of any length, all channels or some, both depths.
TEST(Picture, StoresEveryValueAsNearbyintDoes) {
  constexpr int64_t kWidth = 517;
  std::mt19937 random(20);
  std::uniform_real_distribution<float> around(-0.25f, 1.25f);
  for (const int depth : {8, 16}) {
    for (const int count : {1, 3, 4}) {
      auto picture = Picture::create({1, kWidth}, 4, depth).value();
      std::vector<float> values(static_cast<size_t>(kWidth * count));
      for (float& value : values) value = around(random);
      values[0] = -0.0f;
      values[1] = std::numeric_limits<float>::denorm_min();
      values[2] = std::nextafter(1.0f, 0.0f);
      values[3] = std::nextafter(1.0f, 2.0f);
      values[4] = std::numeric_limits<float>::max();
      values[5] = std::numeric_limits<float>::lowest();
      picture.store_row(0, 4 - count, count, values.data());
      for (int64_t i = 0; i < kWidth * count; ++i) {
        const float v = values[static_cast<size_t>(i)];
        const float clamped = v > 0.0f ? (v < 1.0f ? v : 1.0f) : 0.0f;
        const float expected = std::nearbyint(clamped * static_cast<float>(picture.max_sample()));
        EXPECT_EQ(picture.sample(0, i / count, 4 - count + static_cast<int>(i % count)),
                  static_cast<int64_t>(expected))
            << v;
      }
    }
  }
}

TEST(Picture, LargeOnesAreBlackToo) {
  constexpr int64_t kSide = 1500;         // 6.4 MiB: fresh from the system
  for (int time = 0; time < 2; ++time) {  // the same memory may come again
    auto picture = Picture::create({kSide, kSide}, 3, 8).value();
    for (int64_t y = 0; y < kSide; ++y) {
      uint8_t* const row = picture.row_bytes(y);
      ASSERT_TRUE(std::all_of(row, row + picture.row_byte_count(), [](uint8_t byte) {
        return byte == 0;
      })) << y;
      std::fill_n(row, picture.row_byte_count(), uint8_t{7});
    }
  }
}

}  // namespace
}  // namespace fovea
