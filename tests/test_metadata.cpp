// What files say beside their pixels: profiles, EXIF, densities, texts, from every format to every
// format.
#include <gtest/gtest.h>

#include <array>

#include "tests/codec_expect.h"
#include "tests/colour_profiles.h"
#include "tests/saved_metadata.h"
#include "tools/codecs/exif.h"

namespace fovea::codecs {
namespace {

using namespace std::string_view_literals;

constexpr Density kDensity{11811, 5906};  // 300 and 150 an inch

Metadata everything() {
  Metadata metadata;
  metadata.profile = rgb_profile_of(3000);
  metadata.exif = exif_block(1, true);
  metadata.xmp = bytes_of("<x:xmpmeta>\xc3\xa9</x:xmpmeta>"sv);
  metadata.density = kDensity;
  return metadata;
}

void expect_everything(const Metadata& found) {
  const Metadata wanted = everything();
  EXPECT_TRUE(found.profile == wanted.profile);
  EXPECT_TRUE(found.exif == wanted.exif);
  EXPECT_TRUE(found.xmp == wanted.xmp);
}

TEST(Metadata, GoesFromEveryFormatToEveryFormat) {
  for (const Format from : {Format::kPng, Format::kJpeg, Format::kWebp}) {
    for (const Format to : {Format::kPng, Format::kJpeg, Format::kWebp}) {
      SCOPED_TRACE(testing::Message() << extension(from) << " to " << extension(to));
      const Saved first = saved(said(smooth_picture({40, 52}, 3), everything()), from);
      EXPECT_TRUE(first.lost.empty());
      const Saved second = saved(decode_or_fail(first.file), to);
      EXPECT_TRUE(second.lost.empty());
      const Decoded end = decode_or_fail(second.file);
      EXPECT_TRUE(end.warnings.empty());
      EXPECT_EQ(end.picture.size(), (Size{40, 52}));
      expect_everything(end.metadata);
      // The EXIF block tells no density, and WebP has no other place for one.
      const bool knows = from != Format::kWebp && to != Format::kWebp;
      EXPECT_EQ(end.metadata.density, knows ? std::optional(kDensity) : std::nullopt);
    }
  }
}

TEST(Metadata, SaysNothingWhereNothingWasSaid) {
  for (const Format format : {Format::kPng, Format::kJpeg, Format::kWebp}) {
    const Picture picture = smooth_picture({9, 12}, 3);
    const Saved file = saved(said(picture, {}), format);
    EXPECT_TRUE(file.file == encode_or_fail(picture, format, 95));
    const Decoded again = decode_or_fail(file.file);
    EXPECT_TRUE(again.metadata.profile.empty() && again.metadata.exif.empty());
    EXPECT_EQ(again.metadata.density, std::nullopt);
  }
}

TEST(Metadata, ADensityGoesThroughAWebp) {
  for (const uint32_t dpi : {72u, 96u, 150u, 300u, 1200u}) {
    Metadata metadata;
    metadata.density = Density{static_cast<uint32_t>(dpi / 0.0254 + 0.5), 11800};
    const Decoded webp =
        decode_or_fail(saved(said(smooth_picture({9, 12}, 3), metadata), Format::kWebp).file);
    EXPECT_EQ(webp.metadata.density, metadata.density);
  }
}

// JFIF keeps whole numbers an inch or a centimetre.
TEST(Metadata, DensitiesStayWhatTheyWereInJpeg) {
  const Picture picture = smooth_picture({9, 12}, 3);
  const auto through = [&](Density density, Format between) {
    Metadata metadata;
    metadata.density = density;
    const Decoded there = decode_or_fail(saved(said(picture, metadata), Format::kJpeg).file);
    const Decoded back = decode_or_fail(saved(there, between).file);
    const File again = saved(back, Format::kJpeg).file;
    const auto at = static_cast<size_t>(find_jpeg_segment(again, 0xe0)) + 4;
    return std::array<int, 3>{
        std::to_integer<int>(again[at + 7]),
        std::to_integer<int>(again[at + 8]) << 8 | std::to_integer<int>(again[at + 9]),
        std::to_integer<int>(again[at + 10]) << 8 | std::to_integer<int>(again[at + 11])};
  };
  for (const Format between : {Format::kJpeg, Format::kPng}) {
    for (const int dpi : {1, 71, 72, 96, 118, 300, 301, 65535}) {
      const auto metres = static_cast<uint32_t>(dpi / 0.0254 + 0.5);
      EXPECT_EQ(through({metres, metres}, between), (std::array{1, dpi, dpi}));
    }
    EXPECT_EQ(through({11800, 5900}, between), (std::array{2, 118, 59}));
  }
}

TEST(Metadata, TextsStayInPngAndAreNamedWhereTheyAreLost) {
  PngSpec spec;
  spec.width = 7;
  spec.height = 5;
  spec.colour_type = 2;
  spec.sample = [](int64_t y, int64_t x, int c) { return static_cast<int>(9 * y + 5 * x + c); };
  const File parameters = bytes_of("parameters\0a cat, steps: 20"sv);
  append(spec.extra, png_chunk("tEXt", parameters));
  append(spec.extra, png_chunk("zTXt", bytes_of("Comment\0\0not zlib at all"sv)));
  append(spec.extra, png_chunk("iTXt", bytes_of("Title\0\0\0de\0Titel\0Katze"sv)));
  append(spec.extra, png_chunk("gAMA", bytes_of("\0\0\xb1\x8f"sv)));
  append(spec.extra, png_chunk("tIME", bytes_of("\x07\xea\1\1\0\0\0"sv)));
  const Decoded decoded = decode_or_fail(make_png(spec));
  EXPECT_TRUE(decoded.warnings.empty());
  const Saved png = saved(decoded, Format::kPng);
  EXPECT_TRUE(png.lost.empty());
  const auto chunks = decode_or_fail(png.file).metadata.png_chunks;
  ASSERT_EQ(chunks.size(), 4u);
  EXPECT_TRUE(chunks[0].payload == parameters);
  EXPECT_EQ(chunk_name(chunks[2]), "the text 'Title'");

  const Saved jpeg = saved(decoded, Format::kJpeg);
  ASSERT_EQ(jpeg.lost.size(), 1u);
  EXPECT_EQ(
      jpeg.lost[0],
      "the text 'parameters', the text 'Comment', the text 'Title', gAMA is not carried over: "
      "JPEG has no place for it");
}

TEST(Metadata, BrokenChunksAreLeftOutWithAWarning) {
  PngSpec spec;
  spec.sample = [](int64_t, int64_t, int) { return 3; };
  File broken = png_chunk("tEXt", bytes_of("Comment\0text"sv));
  broken.back() ^= std::byte{1};
  spec.extra = broken;
  const Decoded text = decode_or_fail(make_png(spec));
  expect_warning(text, "broken chunk tEXt ignored");
  EXPECT_TRUE(text.metadata.png_chunks.empty());

  spec.extra = png_chunk("iCCP", bytes_of("name\0\0broken"sv));
  append(spec.extra, png_chunk("pHYs", bytes_of("\0\0"sv)));
  const Decoded profile = decode_or_fail(make_png(spec));
  expect_warning(profile, "broken colour profile ignored");
  EXPECT_TRUE(profile.metadata.profile.empty());
  EXPECT_EQ(profile.metadata.density, std::nullopt);
}

TEST(Metadata, CommentsAndIptcStayInJpeg) {
  const File iptc = bytes_of(
      "Photoshop 3.0\0"
      "8BIM\4\4\0\0\0\0\0\2ab"sv);
  File file = encode_or_fail(smooth_picture({9, 12}, 3), Format::kJpeg, 95);
  file = with_jpeg_segment(file, 0xed, iptc);
  file = with_jpeg_segment(file, 0xfe, bytes_of("by hand"sv));
  const Saved again = saved(decode_or_fail(file), Format::kJpeg);
  EXPECT_TRUE(again.lost.empty());
  const auto segments = decode_or_fail(again.file).metadata.jpeg_segments;
  ASSERT_EQ(segments.size(), 2u);
  EXPECT_TRUE(segments[0].payload == bytes_of("by hand"sv));
  EXPECT_TRUE(segments[1].payload == iptc);
  const Saved png = saved(decode_or_fail(file), Format::kPng);
  ASSERT_EQ(png.lost.size(), 1u);
  EXPECT_NE(png.lost[0].find("comments are not carried over"), std::string::npos);
}

TEST(Metadata, LargeProfilesAreSpreadOverSegmentsAndJoined) {
  for (const size_t bytes : {size_t{65518}, size_t{65519}, size_t{65520}, size_t{700'000}}) {
    Metadata metadata;
    metadata.profile = rgb_profile_of(bytes);
    const Decoded decoded =
        decode_or_fail(saved(said(smooth_picture({9, 12}, 3), metadata), Format::kJpeg).file);
    EXPECT_TRUE(decoded.metadata.profile == metadata.profile) << bytes;
  }
  // Parts in another order, one missing, one twice.
  const File jpeg = encode_or_fail(smooth_picture({9, 12}, 3), Format::kJpeg, 95);
  const auto with_parts = [&](std::initializer_list<int> numbers) {
    File file = jpeg;
    for (const int number : numbers) {  // each is put before the ones before
      File part = bytes_of("ICC_PROFILE\0"sv);
      part.push_back(static_cast<std::byte>(number));
      part.push_back(std::byte{2});
      append(part, bytes_of(number == 1 ? "first " : "second"));
      file = with_jpeg_segment(file, 0xe2, part);
    }
    return decode_or_fail(file);
  };
  EXPECT_TRUE(with_parts({1, 2}).metadata.profile == bytes_of("first second"));
  EXPECT_TRUE(with_parts({2, 1}).metadata.profile == bytes_of("first second"));
  for (const auto& numbers : {std::initializer_list<int>{1}, {2, 2}, {0, 1}, {1, 3}, {1, 2, 2}}) {
    const Decoded broken = with_parts(numbers);
    EXPECT_TRUE(broken.metadata.profile.empty());
    expect_warning(broken, "broken colour profile ignored");
  }
}

TEST(Metadata, BlocksThatAJpegHasNoRoomForAreNamed) {
  Metadata metadata;
  metadata.exif = exif_block(1, false);
  metadata.exif.resize(65528);
  metadata.xmp = File(65505, std::byte{'x'});
  const Saved jpeg = saved(said(smooth_picture({9, 12}, 3), metadata), Format::kJpeg);
  ASSERT_EQ(jpeg.lost.size(), 2u);
  EXPECT_EQ(jpeg.lost[0], "EXIF of 65528 bytes is not carried over: JPEG has room for 65527");
  metadata.exif.resize(65527);
  metadata.xmp.resize(65504);
  const Saved fits = saved(said(smooth_picture({9, 12}, 3), metadata), Format::kJpeg);
  EXPECT_TRUE(fits.lost.empty());
  EXPECT_TRUE(decode_or_fail(fits.file).metadata.exif == metadata.exif);
  EXPECT_TRUE(decode_or_fail(fits.file).metadata.xmp == metadata.xmp);
}

TEST(Metadata, ATurnedPictureSaysThatItIsUpright) {
  const File jpeg = encode_or_fail(smooth_picture({9, 12}, 3), Format::kJpeg, 95);
  for (const bool big_endian : {false, true}) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
      const File turned =
          with_jpeg_segment(jpeg, 0xe1, exif_segment(exif_block(orientation, big_endian)));
      const Decoded decoded = decode_or_fail(turned);
      for (const Format format : {Format::kPng, Format::kJpeg, Format::kWebp}) {
        const Decoded again = decode_or_fail(saved(decoded, format).file);
        EXPECT_EQ(read_orientation(again.metadata.exif).value(), 1);
        EXPECT_EQ(again.picture.size(), orientation >= 5 ? (Size{12, 9}) : (Size{9, 12}));
      }
    }
  }
}

}  // namespace
}  // namespace fovea::codecs
