// A JPEG's coefficients and its quality: those of the file, and of no other.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/codec_expect.h"
#include "tests/jpeg_truth.h"
#include "tools/codecs/dct8.h"
#include "tools/codecs/jpeg_quality.h"

namespace fovea::codecs {
namespace {

using namespace std::string_view_literals;

JpegCoefficients read_or_fail(const File& file) {
  auto read = read_jpeg_coefficients(file, kName, {});
  EXPECT_TRUE(read) << read.error().message;
  EXPECT_TRUE(read && *read) << "no coefficients";
  return read && *read ? std::move(**read) : JpegCoefficients{};
}

TEST(Dct8, IsTheCosineTransform) {
  std::mt19937 random(5);
  Block samples, coefficients, again;
  for (float& sample : samples) sample = static_cast<float>(random() % 256) - 128;
  forward_dct(samples, coefficients);
  inverse_dct(coefficients, again);
  for (int v = 0; v < 8; ++v) {
    for (int u = 0; u < 8; ++u) {
      double sum = 0;
      for (int y = 0; y < 8; ++y) {
        for (int x = 0; x < 8; ++x)
          sum += samples[8 * y + x] * std::cos((2 * y + 1) * v * M_PI / 16) *
                 std::cos((2 * x + 1) * u * M_PI / 16);
      }
      sum *= (v == 0 ? std::sqrt(0.125) : 0.5) * (u == 0 ? std::sqrt(0.125) : 0.5);
      // Two sums of 8 f32 products, of values up to 1024.
      EXPECT_NEAR(coefficients[8 * v + u], sum, 16 * 1024 * 0x1p-24) << v << " " << u;
      EXPECT_NEAR(again[8 * v + u], samples[8 * v + u], 32 * 1024 * 0x1p-24) << v << " " << u;
    }
  }
}

// Dequantised and transformed back they are the pixels that libjpeg decodes.
TEST(JpegCoefficients, AreThoseOfThePicture) {
  const JpegTruth truth = make_truth({"gray", JpegColour::kGray}, {37, 50}, 3);
  const File file = write_truth(truth, 60);
  const Picture picture = decode_or_fail(file).picture;
  const JpegCoefficients read = read_or_fail(file);
  ASSERT_EQ(read.size, truth.size);
  ASSERT_EQ(read.components.size(), 1u);
  const JpegComponent& component = read.components[0];
  ASSERT_EQ(component.blocks, (Size{5, 7}));
  ASSERT_EQ(component.levels.size(), 5u * 7 * 64);
  for (int64_t y = 0; y < truth.size.height; ++y) {
    for (int64_t x = 0; x < truth.size.width; ++x) {
      Block coefficients, samples;
      const int64_t block = y / 8 * 7 + x / 8;
      for (int64_t i = 0; i < 64; ++i)
        coefficients[i] = static_cast<float>(component.levels[static_cast<size_t>(block * 64 + i)] *
                                             component.steps[static_cast<size_t>(i)]);
      inverse_dct(coefficients, samples);
      const double value =
          std::clamp(128.0 + static_cast<double>(samples[y % 8 * 8 + x % 8]), 0.0, 255.0);
      // Rounded by libjpeg, whose integer transform may be off by one.
      EXPECT_NEAR(static_cast<double>(picture.sample(y, x, 0)), value, 1.0) << y << " " << x;
    }
  }
}

TEST(JpegCoefficients, KnowTheLayoutOfEachKind) {
  for (const JpegKind& kind : jpeg_kinds()) {
    SCOPED_TRACE(kind.name);
    const JpegTruth truth = make_truth(kind, {33, 70}, 4);
    const JpegCoefficients read = read_or_fail(write_truth(truth, 50));
    EXPECT_EQ(read.size, truth.size);
    EXPECT_EQ(read.colour, kind.colour);
    EXPECT_EQ(read.orientation, 1);
    ASSERT_EQ(read.components.size(), static_cast<size_t>(kind.components()));
    for (size_t i = 0; i < read.components.size(); ++i) {
      const JpegComponent& component = read.components[i];
      EXPECT_EQ(component.cell_height, i == 0 ? 1 : kind.cell_height);
      EXPECT_EQ(component.cell_width, i == 0 ? 1 : kind.cell_width);
      EXPECT_EQ(component.blocks.height,
                (33 + 8 * component.cell_height - 1) / (8 * component.cell_height));
      EXPECT_EQ(component.blocks.width,
                (70 + 8 * component.cell_width - 1) / (8 * component.cell_width));
      EXPECT_EQ(std::count(component.known.begin(), component.known.end(), true), 64);
    }
    EXPECT_EQ(read.components[0].steps, libjpeg_luma_table(50));
  }
}

// A progressive file holds the same; one that ends before all is told says what it does not know.
TEST(JpegCoefficients, KnowWhatProgressiveFilesTell) {
  const JpegTruth truth = make_truth({"gray", JpegColour::kGray}, {40, 40}, 5);
  const JpegCoefficients whole = read_or_fail(write_truth(truth, 80));
  const JpegCoefficients progressive = read_or_fail(
      write_truth(truth, 80, [](jpeg_compress_struct& info) { jpeg_simple_progression(&info); }));
  EXPECT_EQ(progressive.components[0].levels, whole.components[0].levels);
  EXPECT_EQ(std::count(progressive.components[0].known.begin(),
                       progressive.components[0].known.end(), true),
            64);

  // DC whole, the next two frequencies whole, the next three without their last bit.
  static const jpeg_scan_info kScans[] = {
      {1, {0}, 0, 0, 0, 0}, {1, {0}, 1, 2, 0, 0}, {1, {0}, 3, 5, 0, 1}};
  const JpegCoefficients part = read_or_fail(write_truth(truth, 80, [](jpeg_compress_struct& info) {
    info.scan_info = kScans;
    info.num_scans = 3;
  }));
  const JpegComponent& component = part.components[0];
  // In the file's order DC is followed by one step to the right and one down.
  for (size_t i = 0; i < 64; ++i) EXPECT_EQ(component.known[i], i == 0 || i == 1 || i == 8) << i;
  for (size_t at = 0; at < component.levels.size(); ++at) {
    if (component.known[at % 64]) {
      EXPECT_EQ(component.levels[at], whole.components[0].levels[at]);
    }
  }
}

TEST(JpegCoefficients, AreNotThoseOfOtherFiles) {
  const Picture picture = smooth_picture({16, 16}, 3);
  const auto png = read_jpeg_coefficients(encode_or_fail(picture, Format::kPng, 95), kName, {});
  ASSERT_TRUE(png);
  EXPECT_FALSE(*png);
  const std::vector<uint8_t> inks(16 * 16 * 4, 99);
  for (const J_COLOR_SPACE space : {JCS_CMYK, JCS_YCCK}) {
    const auto cmyk = read_jpeg_coefficients(
        write_with_libjpeg({16, 16}, 4, JCS_CMYK, inks,
                           [&](jpeg_compress_struct& info) { jpeg_set_colorspace(&info, space); }),
        kName, {});
    ASSERT_TRUE(cmyk) << cmyk.error().message;
    EXPECT_FALSE(*cmyk);
  }
}

// What the decoder takes they take, what it refuses they refuse in the same words.
void expect_agreement(const File& file, const Limits& limits) {
  const auto decoded = decode(file, kName, limits);
  const auto read = read_jpeg_coefficients(file, kName, limits);
  ASSERT_EQ(read.has_value(), decoded.has_value())
      << (read ? decoded.error().message : read.error().message);
  if (!read) {
    EXPECT_EQ(read.error().message, decoded.error().message);
    EXPECT_EQ(read.error().code, decoded.error().code);
  }
}

TEST(JpegCoefficients, RefuseWhatTheDecoderRefuses) {
  const JpegTruth truth = make_truth({"4:2:0", JpegColour::kYcbcr, 2, 2}, {21, 35}, 6);
  for (const bool progressive : {false, true}) {
    const File file = write_truth(truth, 70, [&](jpeg_compress_struct& info) {
      if (progressive) jpeg_simple_progression(&info);
    });
    for (size_t length = 3; length < file.size(); ++length)
      expect_agreement(File(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length)), {});
    Limits small;
    small.max_pixels = 100;
    expect_agreement(file, small);
  }
  expect_agreement(bytes_of("\xff\xd8\xff\xd9"sv), {});
}

TEST(JpegCoefficients, SurviveDamage) {
  const JpegTruth truth = make_truth({"4:2:0", JpegColour::kYcbcr, 2, 2}, {21, 35}, 7);
  Limits limits;
  limits.max_pixels = 1 << 20;  // damage to a size must not make a test slow
  for (const bool progressive : {false, true}) {
    const File file = write_truth(truth, 70, [&](jpeg_compress_struct& info) {
      if (progressive) jpeg_simple_progression(&info);
    });
    std::mt19937 random(8);
    for (int round = 0; round < 2000; ++round) {
      File damaged = file;
      for (int hits = 1 + static_cast<int>(random() % 4); hits > 0; --hits)
        damaged[random() % damaged.size()] ^= std::byte(1u << random() % 8);
      const auto read = read_jpeg_coefficients(damaged, kName, limits);
      if (!read) {
        EXPECT_EQ(read.error().code, ErrorCode::kPicture) << read.error().message;
        EXPECT_EQ(read.error().message.rfind(std::string(kName) + ": ", 0), 0u);
      }
      jpeg_quality(damaged);
    }
  }
}

TEST(JpegQuality, IsTheOneThatTheFileWasSavedWith) {
  const JpegTruth truth = make_truth({"gray", JpegColour::kGray}, {8, 8}, 9);
  for (int quality = 1; quality <= 100; ++quality) {
    EXPECT_EQ(nearest_quality(libjpeg_luma_table(quality)), quality);
    const File file = write_truth(truth, quality);
    ASSERT_TRUE(jpeg_quality(file)) << quality;
    EXPECT_EQ(*jpeg_quality(file), quality);
    EXPECT_EQ(read_or_fail(file).components[0].steps, libjpeg_luma_table(quality));
  }
  // Steps of two bytes.
  const File coarse =
      write_truth(truth, 5, [](jpeg_compress_struct& info) { jpeg_set_quality(&info, 5, FALSE); });
  EXPECT_EQ(jpeg_quality(coarse), 5);
}

TEST(JpegQuality, OfOtherTablesIsThatOfTheNearest) {
  // Every step twice that of quality 75 (50 %) is that of quality 50, but for rounding.
  std::array<uint16_t, 64> steps = libjpeg_luma_table(75);
  for (uint16_t& step : steps) step = static_cast<uint16_t>(2 * step);
  EXPECT_NEAR(nearest_quality(steps), 50, 1);
  // A flat table of 20 is far from any; the sums of squares, worked out by hand, are least at 87.
  steps.fill(20);
  EXPECT_EQ(nearest_quality(steps), 87);
  steps.fill(1);
  EXPECT_EQ(nearest_quality(steps), 100);
  steps.fill(65535);
  EXPECT_EQ(nearest_quality(steps), 1);
}

TEST(JpegQuality, IsNotToldWhereThereIsNoTable) {
  const File file = write_truth(make_truth({"gray", JpegColour::kGray}, {8, 8}, 9), 50);
  EXPECT_FALSE(jpeg_quality(bytes_of(""sv)));
  EXPECT_FALSE(jpeg_quality(encode_or_fail(smooth_picture({8, 8}, 1), Format::kPng, 95)));
  const auto table = static_cast<size_t>(find_jpeg_segment(file, 0xdb));
  for (const size_t length : {table, table + 4, table + 30})
    EXPECT_FALSE(jpeg_quality(std::span(file).first(length))) << length;
  File wrong = file;
  wrong[table + 4] = std::byte{0x07};  // table number 7
  EXPECT_FALSE(jpeg_quality(wrong));
}

}  // namespace
}  // namespace fovea::codecs
