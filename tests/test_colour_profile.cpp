// Colour profiles: used where samples are converted, kept where they fit, never misused.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/colour_profiles.h"
#include "tests/jpeg_files.h"
#include "tests/saved_metadata.h"
#include "tools/codecs/colour_profile.h"

namespace fovea::codecs {
namespace {

using namespace std::string_view_literals;

TEST(ColourProfile, CmykIsConvertedByItsOwn) {
  const Size size{8, 16};
  const File profile = odd_cmyk_profile();
  ASSERT_EQ(profile_space(profile), ProfileSpace::kCmyk);
  File segment = bytes_of("ICC_PROFILE\0\1\1"sv);
  append(segment, profile);
  for (const int cyan : {0, 100, 255}) {
    for (const int black : {0, 60}) {
      std::vector<uint8_t> light;  // as Adobe's files, and libjpeg's own, hold it: 255 is no ink
      for (int64_t i = 0; i < size.area(); ++i) {
        for (const int ink : {cyan, 255, 30, black})
          light.push_back(static_cast<uint8_t>(255 - ink));
      }
      const File plain = write_with_libjpeg(size, 4, JCS_CMYK, light, [](jpeg_compress_struct&) {});
      const Decoded decoded = decode_or_fail(with_jpeg_segment(plain, 0xe2, segment));
      EXPECT_TRUE(decoded.warnings.empty());
      EXPECT_TRUE(decoded.metadata.profile.empty());
      const double wanted = srgb_of_lightness(100 * (1 - black / 255.0) * (1 - cyan / 255.0 / 2));
      for (int c = 0; c < 3; ++c) {
        // The table has 9 points an ink, between which lightness is linear as it is; JPEG at
        // quality 95, the table's 16 bits and lcms2's 8-bit path each add less than one step.
        const double error =
            std::abs(static_cast<double>(decoded.picture.sample(4, 8, c)) - wanted);
        EXPECT_TRUE(error <= 3) << cyan << " " << black << " " << c << ": " << error;
      }
    }
  }
}

TEST(ColourProfile, OfOtherColoursIsNotUsed) {
  Metadata metadata;
  metadata.profile = rgb_profile_of(500);
  const Saved gray = saved(said(smooth_picture({9, 12}, 1), metadata), Format::kPng);
  ASSERT_EQ(gray.lost.size(), 1u);
  EXPECT_EQ(gray.lost[0], "its colour profile is not carried over: it is not one of gray pictures");
  metadata.profile = gray_profile(2.2);
  EXPECT_EQ(saved(said(smooth_picture({9, 12}, 3), metadata), Format::kPng).lost.size(), 1u);
  const Decoded kept =
      decode_or_fail(saved(said(smooth_picture({9, 12}, 1), metadata), Format::kPng).file);
  EXPECT_TRUE(kept.metadata.profile == metadata.profile);
}

TEST(ColourProfile, GrayBecomesSrgbInWebp) {
  Metadata metadata;
  metadata.profile = gray_profile(1.0);
  Picture gray = Picture::create({32, 32}, 1, 8).value();
  for (int64_t y = 0; y < 32; ++y) {
    for (int64_t x = 0; x < 32; ++x) gray.set_sample(y, x, 0, 128);
  }
  const Saved webp = saved(said(gray, metadata), Format::kWebp, 100);
  EXPECT_TRUE(webp.lost.empty());
  const Decoded decoded = decode_or_fail(webp.file);
  EXPECT_TRUE(decoded.metadata.profile.empty());
  // Half the light is 188 of sRGB.
  const double error = std::abs(static_cast<double>(decoded.picture.sample(16, 16, 1)) - 188.0);
  EXPECT_TRUE(error <= 2) << error;
}

TEST(ColourProfile, BrokenOnesAreRefused) {
  const File profile = odd_cmyk_profile();
  for (size_t length = 0; length < profile.size(); length += 37) {
    const auto cut = ToSrgb::open(std::span(profile).first(length), true);
    EXPECT_TRUE(length >= 128 || !cut) << length;
  }
  File garbage = profile;
  std::fill(garbage.begin() + 128, garbage.end(), std::byte{0xff});
  EXPECT_FALSE(ToSrgb::open(garbage, true));
}

}  // namespace
}  // namespace fovea::codecs
