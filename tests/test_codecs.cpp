// What all formats share: telling them apart, refusing what is none, fitting pictures to them; EXIF
// and turning.
#include "tools/codecs/codec.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/codec_expect.h"
#include "tools/codecs/exif.h"
#include "tools/codecs/orientation.h"
#include "tools/codecs/sniff.h"

namespace fovea::codecs {
namespace {

using namespace std::string_view_literals;

TEST(Codecs, RefuseEmptyAndForeignFiles) {
  expect_refused({}, ErrorCode::kPicture, "the file is empty (0 bytes); give a PNG, JPEG or WebP");
  expect_refused(bytes_of("hello, world"sv), ErrorCode::kPicture,
                 "not a picture (its first bytes are 68 65 6c 6c)");
  expect_refused(bytes_of("x"sv), ErrorCode::kPicture, "not a picture (its first bytes are 78)");
  expect_refused(bytes_of("\x89PN"sv), ErrorCode::kPicture, "not a picture");
  expect_refused(bytes_of("RIFF\x10\0\0\0WAVEfmt "sv), ErrorCode::kPicture, "not a picture");
  expect_refused(File(1000, std::byte{0}), ErrorCode::kPicture, "not a picture");
}

// What the sink says names the file already, and nothing is encoded after it.
TEST(Codecs, PassOnWhatTheSinkFailsWith) {
  for (const Format format : {Format::kPng, Format::kJpeg, Format::kWebp}) {
    ThreadTeam team(2);
    int calls = 0;
    const auto refused = encode(
        noise_picture({700, 900}, 3, 8, 5), format, {}, team,
        [&](std::span<const std::byte>) -> Status {
          ++calls;
          return fail(ErrorCode::kOutput, "disk full");
        },
        kName);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "disk full");
    EXPECT_EQ(calls, 1);
  }
}

TEST(Codecs, RefuseKnownFormatsByName) {
  const struct {
    std::string_view bytes;
    std::string_view name;
  } files[] = {{"GIF89a\1\0\1\0\0\0\0;"sv, "GIF"},
               {"II*\0\x08\0\0\0"sv, "TIFF"},
               {"MM\0*\0\0\0\x08"sv, "TIFF"},
               {"\0\0\0\x1c"
                "ftypavif\0\0\0\0"sv,
                "AVIF"},
               {"\0\0\0\x18"
                "ftypheic\0\0\0\0"sv,
                "HEIC"},
               {"\0\0\0\x18"
                "ftypmif1\0\0\0\0"sv,
                "HEIF"},
               {"\xff\x0a\xff\xff"sv, "JPEG XL"},
               {"\0\0\0\x0cJXL \r\n\x87\n"sv, "JPEG XL"},
               {"\0\0\0\x0cjP  \r\n\x87\n"sv, "JPEG 2000"},
               {"8BPS\0\1"sv, "Photoshop PSD"},
               {"P6\n1 1\n255\n..."sv, "PPM"},
               {"<svg xmlns="sv, "SVG"},
               {"%PDF-1.7"sv, "PDF"},
               {"PK\x03\x04"sv, "ZIP"},
               {"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0"sv, "BMP"},
               {"\0\0\x02\0\0\0\0\0\0\0\0\0\1\0\1\0\x18\0..."sv, "TGA"}};
  for (const auto& file : files) {
    expect_refused(bytes_of(file.bytes), ErrorCode::kPicture,
                   std::string(file.name) +
                       " file, which this build does not read; convert it to PNG, JPEG or WebP");
  }
}

TEST(Codecs, HoldToTheLimitOfBytes) {
  Limits limits;
  limits.max_file_bytes = 11;
  expect_refused(bytes_of("\x89PNG\r\n\x1a\n...."sv), ErrorCode::kPicture,
                 "file too large (12 bytes, limit 11)", limits);
}

TEST(Codecs, MeasureWholeFilesAlone) {
  const Picture picture = noise_picture({23, 31}, 3, 8, 7);
  for (const Format format : {Format::kPng, Format::kJpeg, Format::kWebp}) {
    const File file = encode_or_fail(picture, format, 90);
    const auto size = measure(file, kName, {});
    ASSERT_TRUE(size) << size.error().message;
    EXPECT_EQ(*size, picture.size());
    for (size_t length = 0; length < file.size(); ++length) {
      const File cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length));
      const auto refused = measure(cut, kName, {});
      // The end of a JPEG's scan cannot come by chance: 0xffd9 is nowhere else in it.
      ASSERT_FALSE(refused) << extension(format) << " of " << length << " bytes";
      EXPECT_TRUE(refused.error().message.starts_with(kName)) << refused.error().message;
    }
    EXPECT_FALSE(measure(file, kName, {.max_pixels = 31 * 23 - 1}));
  }
}

TEST(Codecs, WriteLosslessWebp) {
  for (const int channels : {3, 4}) {
    const Picture picture = noise_picture({23, 31}, channels, 8, 11);
    const auto file = encode(picture, Format::kWebp, {.lossless = true}, kName);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_TRUE(same_pixels(decode_or_fail(*file).picture, picture));
  }
  EXPECT_FALSE(encode(noise_picture({3, 3}, 3, 8, 1), Format::kJpeg, {.lossless = true}, kName));
}

TEST(Codecs, KnowExtensions) {
  for (std::string_view name : {"jpg", ".jpg", "JPEG", ".Jpeg", "jpe", "jfif"}) {
    EXPECT_EQ(format_from_extension(name).value(), Format::kJpeg) << name;
  }
  for (Format format : {Format::kPng, Format::kJpeg, Format::kWebp, Format::kBmp, Format::kTga}) {
    EXPECT_EQ(format_from_extension(extension(format)).value(), format);
  }
  for (std::string_view name : {"", ".", "gif", "pngx", "..png"}) {
    const auto format = format_from_extension(name);
    ASSERT_FALSE(format) << name;
    EXPECT_EQ(format.error().code, ErrorCode::kUsage);
    EXPECT_NE(format.error().message.find("PNG, JPEG or WebP"), std::string::npos);
  }
}

TEST(Codecs, SayWhatTheBuildCan) {
  EXPECT_NE(versions().find("libspng "), std::string::npos) << versions();
  EXPECT_NE(versions().find("libjpeg"), std::string::npos) << versions();
  EXPECT_NE(versions().find("libwebp "), std::string::npos) << versions();
  for (Format format : {Format::kPng, Format::kJpeg, Format::kWebp}) {
    EXPECT_TRUE(can_decode(format) && can_encode(format));
  }
  for (Format format : {Format::kBmp, Format::kTga}) {
    EXPECT_FALSE(can_decode(format) || can_encode(format));
    const auto refused = encode(smooth_picture({3, 5}, 3), format, {}, kName);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kOutput);
    EXPECT_NE(refused.error().message.find("does not write"), std::string::npos);
  }
  EXPECT_EQ(capability(Format::kWebp).max_side, 16383);
  EXPECT_EQ(capability(Format::kJpeg).max_side, 65500);
  EXPECT_TRUE(capability(Format::kPng).sixteen_bit && capability(Format::kPng).alpha);
}

TEST(Codecs, RefuseToWriteWhatAFormatCannotHold) {
  const auto expect_output_error = [](const Picture& picture, Format format,
                                      std::string_view text) {
    const auto refused = encode(picture, format, {}, kName);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::kOutput);
    EXPECT_EQ(refused.error().message.rfind(std::string(kName) + ": ", 0), 0u);
    EXPECT_NE(refused.error().message.find(text), std::string::npos) << refused.error().message;
  };
  expect_output_error(smooth_picture({3, 5}, 4), Format::kJpeg, "JPEG holds no alpha");
  expect_output_error(noise_picture({3, 5}, 3, 16, 1), Format::kJpeg, "not 16");
  expect_output_error(noise_picture({3, 5}, 3, 16, 1), Format::kWebp, "not 16");
  expect_output_error(Picture::create({65501, 1}, 1, 8).value(), Format::kJpeg, "limit 65500");
  expect_output_error(Picture(), Format::kPng, "0 x 0");
  for (int quality : {0, 101, -1}) {
    EncodeOptions options;
    options.quality = quality;
    const auto refused = encode(smooth_picture({3, 5}, 3), Format::kJpeg, options, kName);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
    EXPECT_NE(refused.error().message.find(std::to_string(quality)), std::string::npos);
  }
}

TEST(FitToFormat, LeavesAloneWhatFits) {
  std::vector<std::string> warnings;
  const Picture picture = noise_picture({3, 5}, 4, 16, 1);
  EXPECT_TRUE(
      same_pixels(fit_to_format(picture.copy().value(), Format::kPng, warnings).value(), picture));
  EXPECT_TRUE(warnings.empty());
}

TEST(FitToFormat, RoundsEverySixteenBitValueToNearest) {
  Picture picture = Picture::create({1, 65536}, 1, 16).value();
  for (int64_t v = 0; v < 65536; ++v) picture.set_sample(0, v, 0, v);
  std::vector<std::string> warnings;
  const Picture fitted = fit_to_format(picture.copy().value(), Format::kJpeg, warnings).value();
  ASSERT_EQ(fitted.bit_depth(), 8);
  for (int64_t v = 0; v < 65536; ++v) {
    // |v / 257 - result| <= 1/2, in whole numbers.
    EXPECT_TRUE(std::abs(2 * (v - 257 * fitted.sample(0, v, 0))) <= 257) << v;
  }
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("16 bits"), std::string::npos);
}

TEST(FitToFormat, LaysTransparencyOverWhite) {
  for (int depth : {8, 16}) {
    for (int channels : {2, 4}) {
      const Picture picture = noise_picture({9, 11}, channels, depth, 5);
      std::vector<std::string> warnings;
      const Picture fitted = fit_to_format(picture.copy().value(), Format::kJpeg, warnings).value();
      EXPECT_EQ(warnings.size(), depth == 8 ? 1u : 2u);
      EXPECT_NE(warnings[0].find("white"), std::string::npos);
      ASSERT_EQ(fitted.channels(), channels - 1);
      ASSERT_EQ(fitted.bit_depth(), 8);
      const double max = static_cast<double>(picture.max_sample());
      for (int64_t y = 0; y < 9; ++y) {
        for (int64_t x = 0; x < 11; ++x) {
          const double alpha = static_cast<double>(picture.sample(y, x, channels - 1)) / max;
          for (int c = 0; c < channels - 1; ++c) {
            const double colour = static_cast<double>(picture.sample(y, x, c)) / max;
            const double exact = 255 * (colour * alpha + 1 - alpha);
            // Half a level, and at 16 bits half a 16-bit level for the rounding before.
            const double off = std::abs(static_cast<double>(fitted.sample(y, x, c)) - exact);
            EXPECT_TRUE(off <= 0.5 + 0.5 / 257 + 1e-9) << off;
          }
        }
      }
    }
  }
}

// What each orientation means, in the words of the standard: where stored row 0 and column 0 are to
// be seen.
TEST(Orientation, MatchesTheStandard) {
  struct Place {
    int64_t y, x;
  };
  using Seen = std::function<Place(int64_t row, int64_t column, int64_t rows, int64_t columns)>;
  const Seen seen[] = {
      [](int64_t r, int64_t c, int64_t, int64_t) {
        return Place{r, c};
      },  // top, left
      [](int64_t r, int64_t c, int64_t, int64_t w) {
        return Place{r, w - 1 - c};
      },  // top, right
      [](int64_t r, int64_t c, int64_t h, int64_t w) {
        return Place{h - 1 - r, w - 1 - c};
      },
      [](int64_t r, int64_t c, int64_t h, int64_t) {
        return Place{h - 1 - r, c};
      },  // bottom, left
      [](int64_t r, int64_t c, int64_t, int64_t) {
        return Place{c, r};
      },  // left, top
      [](int64_t r, int64_t c, int64_t h, int64_t) {
        return Place{c, h - 1 - r};
      },  // right, top
      [](int64_t r, int64_t c, int64_t h, int64_t w) {
        return Place{w - 1 - c, h - 1 - r};
      },
      [](int64_t r, int64_t c, int64_t, int64_t w) {
        return Place{w - 1 - c, r};
      },  // left, bottom
  };
  for (Size size : {Size{1, 1}, {1, 5}, {3, 5}, {130, 67}}) {
    for (int channels = 1; channels <= 4; ++channels) {
      for (int depth : {8, 16}) {
        const Picture stored = noise_picture(size, channels, depth, 1);
        for (int orientation = 1; orientation <= 8; ++orientation) {
          const Picture upright = oriented(stored.copy().value(), orientation).value();
          ASSERT_EQ(upright.size(), orientation <= 4 ? size : (Size{size.width, size.height}));
          for (int64_t r = 0; r < size.height; ++r) {
            for (int64_t c = 0; c < size.width; ++c) {
              const Place place = seen[orientation - 1](r, c, size.height, size.width);
              for (int k = 0; k < channels; ++k) {
                ASSERT_EQ(upright.sample(place.y, place.x, k), stored.sample(r, c, k))
                    << orientation;
              }
            }
          }
        }
      }
    }
  }
  EXPECT_FALSE(oriented(noise_picture({3, 5}, 3, 8, 1), 0));
  EXPECT_FALSE(oriented(noise_picture({3, 5}, 3, 8, 1), 9));
}

TEST(Exif, ReadsTheOrientationInBothByteOrders) {
  for (bool big_endian : {false, true}) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
      const File block = exif_block(orientation, big_endian);
      EXPECT_EQ(read_orientation(block).value(), orientation);
      EXPECT_EQ(read_orientation(exif_segment(block)).value(), orientation);
    }
  }
  // No such tag: upright.
  EXPECT_EQ(read_orientation(bytes_of("II*\0\x08\0\0\0\0\0"sv)).value(), 1);
}

TEST(Exif, RefusesBrokenBlocks) {
  for (std::string_view block :
       {""sv, "II"sv, "garbage!"sv, "II*\0\x08\0\0"sv, "Exif\0\0"sv,
        "II*\0\0\0\0\0..."sv,                                       // the directory in the header
        "II*\0\x09\0\0\0.."sv,                                      // and beyond the end
        "MM\0*\xff\xff\xff\xff\0\1"sv, "II*\0\x08\0\0\0\1\0"sv}) {  // one entry, no room
    const auto orientation = read_orientation(bytes_of(block));
    ASSERT_FALSE(orientation) << block;
    EXPECT_EQ(orientation.error().code, ErrorCode::kPicture);
    EXPECT_FALSE(orientation.error().message.empty());
  }
  EXPECT_FALSE(read_orientation(exif_block(0, true)));
  EXPECT_FALSE(read_orientation(exif_block(9, false)));
  File text_type = exif_block(3, true);
  text_type[10 + 12 + 3] = std::byte{2};  // the type of the second entry
  EXPECT_FALSE(read_orientation(text_type));
  const File whole = exif_block(6, false);
  for (size_t length = 0; length < whole.size() - 4;
       ++length) {  // the last four bytes are not needed
    const auto cut = read_orientation(std::span(whole).first(length));
    EXPECT_FALSE(cut) << length;
  }
}

TEST(Sniff, TellsFormatsByTheirFirstBytes) {
  EXPECT_EQ(sniff(bytes_of("\x89PNG\r\n\x1a\n"sv)).format, Format::kPng);
  EXPECT_EQ(sniff(bytes_of("\xff\xd8\xff\xe0"sv)).format, Format::kJpeg);
  EXPECT_EQ(sniff(bytes_of("RIFF\0\0\0\0WEBPVP8 "sv)).format, Format::kWebp);
  EXPECT_EQ(sniff(bytes_of("BM\0\0\0\0\0\0\0\0"sv)).format, Format::kBmp);
  EXPECT_FALSE(sniff({}).format);
}

}  // namespace
}  // namespace fovea::codecs
