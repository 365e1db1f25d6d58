// PNG: every kind the standard has, both ways, and every kind of damage.
#include <gtest/gtest.h>

#include <limits>

#include "tests/codec_expect.h"

namespace fovea::codecs {
namespace {

using namespace std::string_view_literals;

const Size kSizes[] = {{1, 1}, {1, 7}, {7, 1}, {3, 5}, {8, 8}, {9, 17}, {33, 130}};

// A value of any depth that differs from its neighbours'.
int pattern(int64_t y, int64_t x, int c, int bit_depth) {
  const uint64_t mixed = static_cast<uint64_t>(y * 40503 + x * 25717 + c * 9973 + 77) * 2654435761u;
  return static_cast<int>(mixed >> 13 & ((uint64_t{1} << bit_depth) - 1));
}

PngSpec spec_of(Size size, int colour_type, int bit_depth, bool interlaced = false) {
  PngSpec spec;
  spec.width = size.width;
  spec.height = size.height;
  spec.colour_type = colour_type;
  spec.bit_depth = bit_depth;
  spec.interlaced = interlaced;
  spec.sample = [bit_depth](int64_t y, int64_t x, int c) { return pattern(y, x, c, bit_depth); };
  return spec;
}

File small_png() { return make_png(spec_of({3, 5}, 2, 8)); }

File u16_big(std::initializer_list<int> values) {
  File bytes;
  for (int value : values) {
    bytes.push_back(std::byte(value >> 8));
    bytes.push_back(std::byte(value & 0xff));
  }
  return bytes;
}

// The file with the payload or checksum of its first chunk of this type changed at `offset` from
// the payload's start; the checksum is not set right.
File with_changed_byte(File file, std::string_view type, size_t offset) {
  const auto at =
      std::search(file.begin(), file.end(), reinterpret_cast<const std::byte*>(type.data()),
                  reinterpret_cast<const std::byte*>(type.data()) + 4);
  EXPECT_NE(at, file.end());
  *(at + 4 + static_cast<std::ptrdiff_t>(offset)) ^= std::byte{1};
  return file;
}

TEST(Png, RoundTripsEveryKindExactly) {
  for (Size size : kSizes) {
    for (int channels = 1; channels <= 4; ++channels) {
      for (int depth : {8, 16}) {
        const Picture picture = noise_picture(size, channels, depth, 1);
        const auto file = encode(picture, Format::kPng, {}, kName);
        ASSERT_TRUE(file) << file.error().message;
        const Decoded decoded = decode_or_fail(*file);
        EXPECT_TRUE(same_pixels(decoded.picture, picture))
            << size.height << " x " << size.width << ", " << channels << " x " << depth;
        EXPECT_EQ(decoded.format, Format::kPng);
        EXPECT_TRUE(decoded.warnings.empty());
      }
    }
  }
}

// Many strips, rows longer than a strip, a last strip of one row.
TEST(Png, StripsAreOneStream) {
  for (const Size size : {Size{1025, 700}, Size{3, 120'000}, Size{875, 100}}) {
    for (const int channels : {3, 4}) {
      SCOPED_TRACE(testing::Message() << size.height << " x " << size.width << " x " << channels);
      const Picture picture =
          channels == 3 ? smooth_picture(size, 3) : noise_picture(size, 4, 8, 2);
      const File file = encode_or_fail(picture, Format::kPng, 95);
      EXPECT_TRUE(same_pixels(decode_or_fail(file).picture, picture));
      expect_same_file_from_every_team(picture, Format::kPng, file);
    }
  }
}

// Each colour type and depth, plain and interlaced, against the standard's own rule for scaling to
// 8 bits.
TEST(Png, DecodesEveryColourTypeAndDepth) {
  const struct {
    int colour_type;
    int bit_depth;
    int channels;
  } kinds[] = {{0, 1, 1},  {0, 2, 1}, {0, 4, 1},  {0, 8, 1}, {0, 16, 1}, {2, 8, 3},
               {2, 16, 3}, {4, 8, 2}, {4, 16, 2}, {6, 8, 4}, {6, 16, 4}};
  for (const auto& kind : kinds) {
    for (Size size : kSizes) {
      for (bool interlaced : {false, true}) {
        SCOPED_TRACE(testing::Message()
                     << "colour type " << kind.colour_type << ", " << kind.bit_depth << " bits, "
                     << size.height << " x " << size.width << (interlaced ? ", interlaced" : ""));
        const Decoded decoded =
            decode_or_fail(make_png(spec_of(size, kind.colour_type, kind.bit_depth, interlaced)));
        ASSERT_EQ(decoded.picture.size(), size);
        ASSERT_EQ(decoded.picture.channels(), kind.channels);
        ASSERT_EQ(decoded.picture.bit_depth(), kind.bit_depth == 16 ? 16 : 8);
        const int scale = kind.bit_depth < 8 ? 255 / ((1 << kind.bit_depth) - 1) : 1;
        for (int64_t y = 0; y < size.height; ++y) {
          for (int64_t x = 0; x < size.width; ++x) {
            for (int c = 0; c < kind.channels; ++c) {
              ASSERT_EQ(decoded.picture.sample(y, x, c), pattern(y, x, c, kind.bit_depth) * scale)
                  << y << ", " << x << ", " << c;
            }
          }
        }
      }
    }
  }
}

TEST(Png, ExpandsPalettesWithAndWithoutTransparency) {
  for (int depth : {1, 2, 4, 8}) {
    for (Size size : kSizes) {
      for (bool interlaced : {false, true}) {
        for (bool transparent : {false, true}) {
          PngSpec spec = spec_of(size, 3, depth, interlaced);
          const int entries = 1 << depth;
          for (int i = 0; i < 3 * entries; ++i)
            spec.palette.push_back(std::byte(pattern(0, i, 0, 8)));
          // Alpha for all entries but the last, which is opaque by rule.
          for (int i = 0; transparent && i < entries - 1; ++i) {
            spec.transparency.push_back(std::byte(pattern(1, i, 0, 8)));
          }
          const Decoded decoded = decode_or_fail(make_png(spec));
          ASSERT_EQ(decoded.picture.size(), size);
          ASSERT_EQ(decoded.picture.channels(), transparent ? 4 : 3);
          for (int64_t y = 0; y < size.height; ++y) {
            for (int64_t x = 0; x < size.width; ++x) {
              const int entry = pattern(y, x, 0, depth);
              for (int c = 0; c < 3; ++c) {
                ASSERT_EQ(decoded.picture.sample(y, x, c), pattern(0, 3 * entry + c, 0, 8));
              }
              if (!transparent) continue;
              ASSERT_EQ(decoded.picture.sample(y, x, 3),
                        entry == entries - 1 ? 255 : pattern(1, entry, 0, 8));
            }
          }
        }
      }
    }
  }
}

// A transparent colour: every pixel of exactly that value gets alpha 0, all others are opaque.
TEST(Png, TurnsTransparentColoursIntoAlpha) {
  const Size size{9, 17};
  const struct {
    int colour_type;
    int bit_depth;
  } kinds[] = {{0, 1}, {0, 2}, {0, 4}, {0, 8}, {0, 16}, {2, 8}, {2, 16}};
  for (const auto& kind : kinds) {
    for (bool interlaced : {false, true}) {
      SCOPED_TRACE(testing::Message()
                   << "colour type " << kind.colour_type << ", " << kind.bit_depth << " bits"
                   << (interlaced ? ", interlaced" : ""));
      PngSpec spec = spec_of(size, kind.colour_type, kind.bit_depth, interlaced);
      const int colours = kind.colour_type == 2 ? 3 : 1;
      const auto key = [&](int c) { return pattern(4, 8, c, kind.bit_depth); };
      spec.transparency = colours == 3 ? u16_big({key(0), key(1), key(2)}) : u16_big({key(0)});
      const Decoded decoded = decode_or_fail(make_png(spec));
      ASSERT_EQ(decoded.picture.channels(), colours + 1);
      const int scale = kind.bit_depth < 8 ? 255 / ((1 << kind.bit_depth) - 1) : 1;
      int transparent = 0;
      for (int64_t y = 0; y < size.height; ++y) {
        for (int64_t x = 0; x < size.width; ++x) {
          bool is_key = true;
          for (int c = 0; c < colours; ++c) {
            is_key = is_key && pattern(y, x, c, kind.bit_depth) == key(c);
            ASSERT_EQ(decoded.picture.sample(y, x, c), pattern(y, x, c, kind.bit_depth) * scale);
          }
          transparent += is_key ? 1 : 0;
          ASSERT_EQ(decoded.picture.sample(y, x, colours),
                    is_key ? 0 : decoded.picture.max_sample())
              << y << ", " << x;
        }
      }
      EXPECT_GE(transparent, 1);
    }
  }
}

TEST(Png, RefusesWrongChecksumsOfWhatMakesPixels) {
  PngSpec palette = spec_of({3, 5}, 3, 8);
  palette.palette = File(3 * 256, std::byte{9});
  palette.transparency = File(5, std::byte{9});
  const File file = make_png(palette);
  for (std::string_view type : {"PLTE"sv, "tRNS"sv}) {
    expect_refused(with_changed_byte(file, type, 0), ErrorCode::kPicture, "checksum");
  }
  expect_refused(with_changed_byte(small_png(), "IHDR", 13), ErrorCode::kPicture, "checksum");
  expect_refused(with_changed_byte(small_png(), "IEND", 0), ErrorCode::kPicture, "checksum");
  expect_refused(with_changed_byte(small_png(), "IDAT", 1), ErrorCode::kPicture, "checksum");
}

// The chunk's checksum is right; zlib's own at the end of the stream is not. libspng alone accepts
// this.
TEST(Png, RefusesWrongAdlerSum) {
  const PngSpec spec = spec_of({3, 5}, 2, 8);
  File data = deflated(png_rows(spec));
  data.back() ^= std::byte{1};
  expect_refused(png_with(spec, png_chunk("IDAT", data)), ErrorCode::kPicture, "data check");
}

TEST(Png, RefusesEveryTruncation) {
  const File file = small_png();
  for (size_t length = 4; length < file.size(); ++length) {
    const File cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length));
    expect_refused(cut, ErrorCode::kPicture, length < 8 ? "signature" : "cut off PNG");
  }
}

TEST(Png, RefusesPixelsThatEndEarly) {
  const PngSpec spec = spec_of({3, 5}, 2, 8);
  File rows = png_rows(spec);
  rows.pop_back();
  expect_refused(png_with(spec, png_chunk("IDAT", deflated(rows))), ErrorCode::kPicture,
                 "47 bytes (48 for 5 x 3)");
  File data = deflated(png_rows(spec));
  data.erase(data.end() - 4, data.end());  // all pixels, no Adler sum
  expect_refused(png_with(spec, png_chunk("IDAT", data)), ErrorCode::kPicture, "cut off PNG");
  expect_refused(png_with(spec, {}), ErrorCode::kPicture, "cut off PNG");
  const File junk = bytes_of("not a zlib stream at all"sv);
  expect_refused(png_with(spec, png_chunk("IDAT", junk)), ErrorCode::kPicture, "broken PNG");
}

TEST(Png, KeepsThePixelsWhenMoreFollowThem) {
  const PngSpec spec = spec_of({3, 5}, 2, 8);
  File rows = png_rows(spec);
  rows.push_back(std::byte{0});
  const Decoded decoded = decode_or_fail(png_with(spec, png_chunk("IDAT", deflated(rows))));
  EXPECT_TRUE(same_pixels(decoded.picture, decode_or_fail(small_png()).picture));
  expect_warning(decoded, "more compressed data");

  File trailing = small_png();
  append(trailing, bytes_of("bytes after the end are not the picture's"sv));
  EXPECT_TRUE(decode_or_fail(trailing).warnings.empty());
}

TEST(Png, RefusesDimensionBombsBeforeAllocating) {
  // 10 kB that claim 65535 x 65535 RGBA pixels, 17 GB.
  PngSpec spec = spec_of({65535, 65535}, 6, 8);
  const File data(10'000, std::byte{0});
  expect_refused(png_with(spec, png_chunk("IDAT", data)), ErrorCode::kPicture,
                 "65535 x 65535 (limit 400000000 pixels)");
  // Within the pixel limit, but the data are not there: refused by what they inflate to.
  spec.width = spec.height = 20'000;
  expect_refused(png_with(spec, png_chunk("IDAT", deflated(data))), ErrorCode::kPicture,
                 "10000 bytes (1600020000 for 20000 x 20000)");
  spec.width = 2'000'000;
  spec.height = 1;
  expect_refused(png_with(spec, {}), ErrorCode::kPicture, "limit 1000000 a side");
  spec.width = 0x7fffffff;
  spec.height = 0xffffffff;
  Limits boundless;
  boundless.max_pixels = boundless.max_side = std::numeric_limits<int64_t>::max();
  expect_refused(png_with(spec, {}), ErrorCode::kMemory, "2147483647 x 4294967295", boundless);
  spec.colour_type = 0;
  spec.bit_depth = 1;  // now the bytes of all rows fit in 64 bits, and there are none
  expect_refused(png_with(spec, {}), ErrorCode::kPicture, "cut off", boundless);
}

TEST(Png, RefusesEmptySides) {
  for (Size size : {Size{0, 5}, Size{5, 0}, Size{0, 0}}) {
    expect_refused(png_with(spec_of(size, 2, 8), {}), ErrorCode::kPicture, "at least 1 x 1");
  }
}

TEST(Png, InflatesNoTextAndNoProfileWithoutLimit) {
  const File bomb = deflated(File(60 << 20, std::byte{'a'}));
  ASSERT_LT(bomb.size(), 100'000u);
  PngSpec spec = spec_of({3, 5}, 2, 8);
  const auto payload = [&](std::string_view head) {
    File bytes = bytes_of(head);
    append(bytes, bomb);
    return bytes;
  };
  append(spec.extra, png_chunk("zTXt", payload("Comment\0\0"sv)));
  append(spec.extra, png_chunk("iTXt", payload("Comment\0\1\0\0\0"sv)));
  append(spec.extra, png_chunk("tEXt", payload("Comment\0"sv)));
  append(spec.extra, png_chunk("iCCP", payload("profile\0\0"sv)));
  const Decoded decoded = decode_or_fail(make_png(spec));
  EXPECT_TRUE(same_pixels(decoded.picture, decode_or_fail(small_png()).picture));
  expect_warning(decoded, "broken colour profile ignored");
}

TEST(Png, TurnsUprightByItsExif) {
  PngSpec spec = spec_of({3, 5}, 2, 8);
  const Picture stored = decode_or_fail(make_png(spec)).picture;
  spec.extra = png_chunk("eXIf", exif_block(6, true));
  const Decoded decoded = decode_or_fail(make_png(spec));
  EXPECT_TRUE(decoded.warnings.empty());
  ASSERT_EQ(decoded.picture.size(), (Size{5, 3}));
  for (int64_t y = 0; y < 5; ++y) {
    for (int64_t x = 0; x < 3; ++x) {
      EXPECT_EQ(decoded.picture.sample(y, x, 1), stored.sample(2 - x, y, 1));
    }
  }

  spec.extra = png_chunk("eXIf", exif_block(9, false));
  const Decoded broken = decode_or_fail(make_png(spec));
  EXPECT_TRUE(same_pixels(broken.picture, stored));
  expect_warning(broken, "broken EXIF ignored: orientation 9");

  spec.extra = png_chunk("eXIf", File((4 << 20) + 1));
  const Decoded large = decode_or_fail(make_png(spec));
  EXPECT_TRUE(same_pixels(large.picture, stored));
  expect_warning(large, "EXIF ignored: 4194305 bytes (limit 4194304)");
}

TEST(Png, SaysThatAnAnimationIsOne) {
  PngSpec spec = spec_of({3, 5}, 2, 8);
  spec.extra = png_chunk("acTL", File(8, std::byte{0}));
  const Decoded decoded = decode_or_fail(make_png(spec));
  EXPECT_TRUE(same_pixels(decoded.picture, decode_or_fail(small_png()).picture));
  expect_warning(decoded, "animated PNG");
}

TEST(Png, SaysThatBrokenTransparencyIsIgnored) {
  PngSpec spec = spec_of({3, 5}, 2, 8);
  spec.transparency = u16_big({1});  // RGB needs three values
  const Decoded decoded = decode_or_fail(make_png(spec));
  EXPECT_EQ(decoded.picture.channels(), 3);
  expect_warning(decoded, "broken transparency");
}

TEST(Png, RefusesWhatTheStandardDoesNotKnow) {
  File text_mode = small_png();
  text_mode.erase(text_mode.begin() + 4);  // "\r\n" -> "\n"
  expect_refused(text_mode, ErrorCode::kPicture, "text mode");
  for (auto [colour, depth] :
       {std::pair{1, 8}, {5, 8}, {7, 8}, {0, 3}, {0, 0}, {2, 4}, {3, 16}, {6, 32}}) {
    expect_refused(png_with(spec_of({3, 5}, colour, depth), {}), ErrorCode::kPicture,
                   "colour type " + std::to_string(colour));
  }
  for (size_t field :
       {10u, 11u, 12u}) {  // compression, filter, interlace; the check comes before the checksum's
    File file = small_png();
    file[16 + field] = std::byte{2};
    expect_refused(file, ErrorCode::kPicture, "compression");
  }
  PngSpec spec = spec_of({3, 5}, 2, 8);
  spec.extra = png_chunk("ABCD", {});
  expect_refused(make_png(spec), ErrorCode::kPicture, "critical");
  spec.extra = png_chunk("IHDR", File(13));
  expect_refused(make_png(spec), ErrorCode::kPicture, "broken PNG");
  File no_header = bytes_of("\x89PNG\r\n\x1a\n"sv);
  append(no_header, png_chunk("IDAT", deflated(png_rows(spec))));
  append(no_header, png_chunk("IEND", {}));
  expect_refused(no_header, ErrorCode::kPicture, "begins with a chunk 'IDAT'");
  expect_refused(make_png(spec_of({3, 5}, 3, 8)), ErrorCode::kPicture, "broken PNG");  // no palette
  PngSpec filter = spec_of({3, 5}, 2, 8);
  File rows = png_rows(filter);
  rows[0] = std::byte{5};
  expect_refused(png_with(filter, png_chunk("IDAT", deflated(rows))), ErrorCode::kPicture,
                 "filter");
}

TEST(Png, SurvivesDamage) {
  PngSpec palette = spec_of({9, 17}, 3, 4, true);
  palette.palette = File(3 * 16, std::byte{200});
  palette.transparency = File(7, std::byte{100});
  palette.extra = png_chunk("eXIf", exif_block(5, false));
  survive_damage(make_png(palette), 1, 1500);
  survive_damage(make_png(spec_of({9, 17}, 6, 16)), 2, 1500);
}

}  // namespace
}  // namespace fovea::codecs
