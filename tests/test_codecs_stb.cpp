// The codecs of the build without dependencies, held to what stb_image can do: whole files exactly,
// cut ones refused.
#include <gtest/gtest.h>

#include "tests/codec_expect.h"

namespace fovea::codecs {
namespace {

using namespace std::string_view_literals;

File encoded(const Picture& picture, Format format, int quality = 95) {
  EncodeOptions options;
  options.quality = quality;
  auto file = encode(picture, format, options, kName);
  EXPECT_TRUE(file) << file.error().message;
  return file ? *file : File{};
}

PngSpec rgb_spec(Size size, int bit_depth) {
  PngSpec spec;
  spec.width = size.width;
  spec.height = size.height;
  spec.colour_type = 2;
  spec.bit_depth = bit_depth;
  spec.sample = [bit_depth](int64_t y, int64_t x, int c) {
    return static_cast<int>((y * 7919 + x * 104729 + c * 1299709 + 12345) & ((1 << bit_depth) - 1));
  };
  return spec;
}

const Size kSizes[] = {{1, 1}, {1, 7}, {7, 1}, {3, 5}, {33, 130}};

TEST(StbCodecs, RoundTripLosslessFormatsExactly) {
  for (Size size : kSizes) {
    for (int channels = 1; channels <= 4; ++channels) {
      const Picture picture = noise_picture(size, channels, 8, 1);
      for (Format format : {Format::kPng, Format::kTga}) {
        const Decoded decoded = decode_or_fail(encoded(picture, format));
        EXPECT_EQ(decoded.format, format);
        EXPECT_TRUE(same_pixels(decoded.picture, picture))
            << extension(format) << ", " << size.height << " x " << size.width << " x " << channels;
      }
      // BMP has no gray: the same value in three channels.
      const Picture bmp = decode_or_fail(encoded(picture, Format::kBmp)).picture;
      ASSERT_EQ(bmp.size(), size);
      ASSERT_EQ(bmp.has_alpha(), picture.has_alpha());
      for (int64_t y = 0; y < size.height; ++y) {
        for (int64_t x = 0; x < size.width; ++x) {
          for (int c = 0; c < 3; ++c) {
            EXPECT_EQ(bmp.sample(y, x, c), picture.sample(y, x, channels >= 3 ? c : 0));
          }
          if (!picture.has_alpha()) continue;
          EXPECT_EQ(bmp.sample(y, x, 3), picture.sample(y, x, channels - 1));
        }
      }
    }
  }
}

TEST(StbCodecs, RoundTripJpegWithinItsQuality) {
  for (Size size : kSizes) {
    const Picture picture = smooth_picture(size, 3);
    const Decoded decoded = decode_or_fail(encoded(picture, Format::kJpeg));
    ASSERT_EQ(decoded.picture.size(), size);
    const Difference off = difference(decoded.picture, picture, 0, 3);
    EXPECT_TRUE(off.largest <= 12) << off.largest;
    EXPECT_TRUE(off.rms <= 2) << off.rms;
  }
}

TEST(StbCodecs, KeepSixteenBitsOfPng) {
  const PngSpec spec = rgb_spec({3, 5}, 16);
  const Picture picture = decode_or_fail(make_png(spec)).picture;
  ASSERT_EQ(picture.bit_depth(), 16);
  for (int64_t y = 0; y < 3; ++y) {
    for (int64_t x = 0; x < 5; ++x) {
      for (int c = 0; c < 3; ++c) EXPECT_EQ(picture.sample(y, x, c), spec.sample(y, x, c));
    }
  }
  // But they cannot be written, which is said.
  EXPECT_FALSE(capability(Format::kPng).sixteen_bit);
  const auto refused = encode(picture, Format::kPng, {}, kName);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kOutput);
  std::vector<std::string> warnings;
  const Picture fitted = fit_to_format(picture.copy().value(), Format::kPng, warnings).value();
  EXPECT_EQ(warnings.size(), 1u);
  EXPECT_TRUE(same_pixels(decode_or_fail(encoded(fitted, Format::kPng)).picture, fitted));
}

TEST(StbCodecs, RefuseEveryTruncation) {
  const Picture picture = smooth_picture({13, 21}, 3);
  for (Format format : {Format::kPng, Format::kJpeg, Format::kBmp, Format::kTga}) {
    const File file = encoded(picture, format);
    for (size_t length = 1; length < file.size(); ++length) {
      const File cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length));
      const auto decoded = decode(cut, kName, {});
      ASSERT_FALSE(decoded) << extension(format) << ", " << length << " of " << file.size();
      EXPECT_EQ(decoded.error().code, ErrorCode::kPicture);
      EXPECT_EQ(decoded.error().message.rfind(std::string(kName) + ": ", 0), 0u);
    }
  }
}

TEST(StbCodecs, RefuseWhatTheyDoNotRead) {
  expect_refused({}, ErrorCode::kPicture,
                 "the file is empty (0 bytes); give a PNG, JPEG, BMP or TGA");
  expect_refused(bytes_of("RIFF\0\0\0\0WEBPVP8 "sv), ErrorCode::kPicture,
                 "WebP file, which this build does not read");
  expect_refused(bytes_of("GIF89a"sv), ErrorCode::kPicture, "GIF file");
  EXPECT_FALSE(can_decode(Format::kWebp) || can_encode(Format::kWebp));
  EXPECT_NE(versions().find("stb_image 2."), std::string::npos) << versions();
  EXPECT_NE(versions().find("trusted files only"), std::string::npos) << versions();
}

TEST(StbCodecs, HoldToTheLimits) {
  Limits limits;
  limits.max_pixels = 100;
  const Picture picture = smooth_picture({13, 21}, 3);
  for (Format format : {Format::kPng, Format::kJpeg, Format::kBmp, Format::kTga}) {
    expect_refused(encoded(picture, format), ErrorCode::kPicture, "21 x 13 (limit 100 pixels)",
                   limits);
  }
  PngSpec bomb = rgb_spec({20000, 20000}, 8);
  expect_refused(png_with(bomb, png_chunk("IDAT", deflated(File(10'000)))), ErrorCode::kPicture,
                 "broken PNG");
}

TEST(StbCodecs, CapTheMemoryOfCompressedBombs) {
  // 15 bytes of pixels, 600 MB of compressed zeros: over what the size explains.
  PngSpec spec = rgb_spec({1, 5}, 8);
  File zeros = deflated(File(size_t{150} << 20));
  expect_refused(png_with(spec, png_chunk("IDAT", zeros)), ErrorCode::kPicture,
                 "more memory than its size explains");
}

TEST(StbCodecs, TurnUprightByExif) {
  const Picture picture = smooth_picture({13, 21}, 3);
  const File jpeg = encoded(picture, Format::kJpeg);
  const Picture stored = decode_or_fail(jpeg).picture;
  const Picture turned =
      decode_or_fail(with_jpeg_segment(jpeg, 0xe1, exif_segment(exif_block(6, true)))).picture;
  ASSERT_EQ(turned.size(), (Size{21, 13}));
  for (int64_t y = 0; y < 21; ++y) {
    for (int64_t x = 0; x < 13; ++x) {
      EXPECT_EQ(turned.sample(y, x, 0), stored.sample(12 - x, y, 0));
    }
  }
  PngSpec spec = rgb_spec({3, 5}, 8);
  spec.extra = png_chunk("eXIf", exif_block(12, true));
  append(spec.extra, png_chunk("acTL", File(8)));
  const Decoded decoded = decode_or_fail(make_png(spec));
  ASSERT_EQ(decoded.warnings.size(), 2u);
  EXPECT_NE(decoded.warnings[0].find("animated PNG"), std::string::npos);
  EXPECT_NE(decoded.warnings[1].find("broken EXIF"), std::string::npos);
}

}  // namespace
}  // namespace fovea::codecs
