// WebP: lossy, lossless, alpha, containers with more in them than one picture, and damage.
#include <gtest/gtest.h>
#include <webp/encode.h>

#include <cstdlib>

#include "tests/codec_expect.h"

namespace fovea::codecs {
namespace {

using namespace std::string_view_literals;

File encoded(const Picture& picture, int quality = 95) {
  return encode_or_fail(picture, Format::kWebp, quality);
}

// Lossless, by libwebp itself.
File lossless(const Picture& picture) {
  uint8_t* out = nullptr;
  const auto encode_all = picture.channels() == 4 ? WebPEncodeLosslessRGBA : WebPEncodeLosslessRGB;
  const size_t size = encode_all(picture.row_bytes(0), static_cast<int>(picture.width()),
                                 static_cast<int>(picture.height()),
                                 static_cast<int>(picture.row_byte_count()), &out);
  const auto* bytes = reinterpret_cast<const std::byte*>(out);
  File file(bytes, bytes + size);
  WebPFree(out);
  return file;
}

File riff_chunk(std::string_view type, const File& payload) {
  File chunk = bytes_of(type);
  append_u32_little(chunk, static_cast<uint32_t>(payload.size()));
  append(chunk, payload);
  if (payload.size() % 2 != 0) chunk.push_back(std::byte{0});
  return chunk;
}

File riff(const File& chunks) {
  File payload = bytes_of("WEBP"sv);
  append(payload, chunks);
  return riff_chunk("RIFF", payload);
}

// The chunks of a simple file, "VP8 " or "VP8L".
File bitstream(const File& file) { return File(file.begin() + 12, file.end()); }

constexpr unsigned kAnimation = 0x02;
constexpr unsigned kExif = 0x08;
constexpr unsigned kAlpha = 0x10;
constexpr unsigned kProfile = 0x20;

void append_u24_little(File& file, int64_t value) {
  for (int shift : {0, 8, 16}) file.push_back(std::byte(value >> shift & 0xff));
}

File extended_header(unsigned flags, Size canvas) {
  File payload;
  append_u32_little(payload, flags);
  append_u24_little(payload, canvas.width - 1);
  append_u24_little(payload, canvas.height - 1);
  return riff_chunk("VP8X", payload);
}

File animation_frame(int64_t x, int64_t y, Size size, const File& image) {
  File payload;
  append_u24_little(payload, x / 2);
  append_u24_little(payload, y / 2);
  append_u24_little(payload, size.width - 1);
  append_u24_little(payload, size.height - 1);
  append_u24_little(payload, 100);  // milliseconds
  payload.push_back(std::byte{0});
  append(payload, image);
  return riff_chunk("ANMF", payload);
}

// libwebp may change colours where alpha is 0, which nobody sees: here it never is.
Picture visible(Picture picture) {
  const int alpha = picture.channels() - 1;
  for (int64_t y = 0; picture.has_alpha() && y < picture.height(); ++y) {
    for (int64_t x = 0; x < picture.width(); ++x) {
      picture.set_sample(y, x, alpha, 1 + picture.sample(y, x, alpha) % 255);
    }
  }
  return picture;
}

TEST(Webp, RoundTripsWithinItsQuality) {
  for (Size size : {Size{1, 1}, {1, 7}, {7, 1}, {3, 5}, {16, 16}, {33, 130}}) {
    const Picture picture = smooth_picture(size, 3);
    const Decoded decoded = decode_or_fail(encoded(picture));
    EXPECT_EQ(decoded.format, Format::kWebp);
    EXPECT_TRUE(decoded.warnings.empty());
    ASSERT_EQ(decoded.picture.size(), size);
    ASSERT_EQ(decoded.picture.channels(), 3);
    // Chroma is stored at half the resolution and in the range of video: no more than a few levels
    // on waves that are 60 pixels long, more in the corners of tiny pictures.
    const Difference off = difference(decoded.picture, picture, 0, 3);
    EXPECT_TRUE(off.rms <= 6) << off.rms;
    EXPECT_TRUE(off.largest <= 30) << off.largest;
  }
  const Picture noise = noise_picture({40, 40}, 3, 8, 3);
  EXPECT_GT(encoded(noise).size(), encoded(noise, 50).size());
  EXPECT_GT(encoded(noise, 50).size(), encoded(noise, 1).size());
}

TEST(Webp, KeepsAlphaExactly) {
  const Picture picture = smooth_picture({33, 47}, 4);  // its alpha is noise
  const Decoded decoded = decode_or_fail(encoded(picture, 60));
  ASSERT_EQ(decoded.picture.channels(), 4);
  EXPECT_EQ(difference(decoded.picture, picture, 3, 1).largest, 0);
}

TEST(Webp, WritesGrayAsEqualColours) {
  for (int channels : {1, 2}) {
    const Picture gray = visible(smooth_picture({32, 32}, channels));
    const Decoded decoded = decode_or_fail(encoded(gray));
    ASSERT_EQ(decoded.picture.channels(), channels == 1 ? 3 : 4);
    Picture spread = Picture::create(gray.size(), decoded.picture.channels(), 8).value();
    for (int64_t y = 0; y < 32; ++y) {
      for (int64_t x = 0; x < 32; ++x) {
        for (int c = 0; c < 3; ++c) spread.set_sample(y, x, c, gray.sample(y, x, 0));
        if (channels == 2) spread.set_sample(y, x, 3, gray.sample(y, x, 1));
      }
    }
    const Difference off = difference(decoded.picture, spread, 0, 3);
    EXPECT_TRUE(off.rms <= 6) << off.rms;
    EXPECT_TRUE(off.largest <= 30) << off.largest;
    if (channels == 2) {
      EXPECT_EQ(difference(decoded.picture, spread, 3, 1).largest, 0);
    }
  }
}

TEST(Webp, DecodesLosslessExactly) {
  for (Size size : {Size{1, 1}, {3, 5}, {33, 130}}) {
    for (int channels : {3, 4}) {
      const Picture picture = visible(noise_picture(size, channels, 8, 11));
      EXPECT_TRUE(same_pixels(decode_or_fail(lossless(picture)).picture, picture));
    }
  }
}

TEST(Webp, RefusesEveryTruncation) {
  const Picture picture = smooth_picture({13, 21}, 4);
  for (const File& file : {encoded(picture), lossless(picture)}) {
    for (size_t length = 12; length < file.size(); ++length) {
      const File cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length));
      expect_refused(cut, ErrorCode::kPicture, "cut off WebP");
    }
  }
}

TEST(Webp, RefusesPixelsThatEndEarly) {
  // The container is whole, its sizes right; the picture in it is not.
  const File file = lossless(noise_picture({40, 40}, 3, 8, 2));
  const File half(file.begin() + 20, file.begin() + static_cast<std::ptrdiff_t>(file.size() / 2));
  expect_refused(riff(riff_chunk("VP8L", half)), ErrorCode::kPicture, "WebP: ");
  expect_refused(riff({}), ErrorCode::kPicture, "WebP: ");
  expect_refused(riff(riff_chunk("JUNK", half)), ErrorCode::kPicture, "WebP: ");
}

TEST(Webp, UsesTheFirstFrameOfAnAnimationAndSaysSo) {
  const Size canvas{10, 12};
  const Picture small = noise_picture({4, 6}, 3, 8, 1);
  const Picture whole = noise_picture(canvas, 3, 8, 2);
  const auto animation = [&](unsigned flags, const File& frames) {
    File chunks = extended_header(flags | kAnimation, canvas);
    append(chunks, riff_chunk("ANIM", File(6, std::byte{0})));
    append(chunks, frames);
    return riff(chunks);
  };
  const File small_frame = animation_frame(2, 4, small.size(), bitstream(lossless(small)));
  const File whole_frame = animation_frame(0, 0, canvas, bitstream(lossless(whole)));

  File frames = whole_frame;
  append(frames, small_frame);
  const Decoded full = decode_or_fail(animation(0, frames));
  EXPECT_TRUE(same_pixels(full.picture, whole));
  expect_warning(full, "first of its 2 frames");

  // A first frame that leaves a part of its canvas free: transparent there.
  frames = small_frame;
  append(frames, whole_frame);
  const Decoded part = decode_or_fail(animation(kAlpha, frames));
  ASSERT_EQ(part.picture.size(), canvas);
  ASSERT_EQ(part.picture.channels(), 4);
  expect_warning(part, "first of its 2 frames");
  for (int64_t y = 0; y < canvas.height; ++y) {
    for (int64_t x = 0; x < canvas.width; ++x) {
      const bool inside = y >= 4 && y < 8 && x >= 2 && x < 8;
      EXPECT_EQ(part.picture.sample(y, x, 3), inside ? 255 : 0);
      for (int c = 0; c < 3; ++c) {
        EXPECT_EQ(part.picture.sample(y, x, c), inside ? small.sample(y - 4, x - 2, c) : 0);
      }
    }
  }
  expect_refused(animation(0, animation_frame(8, 4, small.size(), bitstream(lossless(small)))),
                 ErrorCode::kPicture, "broken WebP");
  expect_refused(animation(0, {}), ErrorCode::kPicture, "WebP");
}

TEST(Webp, TurnsUprightByItsExifAndKeepsItsProfile) {
  const Picture stored = noise_picture({4, 6}, 3, 8, 9);
  File chunks = extended_header(kExif | kProfile, stored.size());
  append(chunks, riff_chunk("ICCP", bytes_of("a profile"sv)));
  append(chunks, bitstream(lossless(stored)));
  append(chunks, riff_chunk("EXIF", exif_block(3, false)));
  const Decoded decoded = decode_or_fail(riff(chunks));
  ASSERT_EQ(decoded.picture.size(), stored.size());
  for (int64_t y = 0; y < 4; ++y) {
    for (int64_t x = 0; x < 6; ++x) {
      EXPECT_EQ(decoded.picture.sample(y, x, 0), stored.sample(3 - y, 5 - x, 0));
    }
  }
  EXPECT_TRUE(decoded.metadata.profile == bytes_of("a profile"sv));

  chunks = extended_header(kExif, stored.size());
  append(chunks, bitstream(lossless(stored)));
  append(chunks, riff_chunk("EXIF", bytes_of("nonsense"sv)));
  const Decoded broken = decode_or_fail(riff(chunks));
  EXPECT_TRUE(same_pixels(broken.picture, stored));
  expect_warning(broken, "broken EXIF ignored");
}

TEST(Webp, KnowsItsLimits) {
  const Picture wide = Picture::create({1, 16384}, 3, 8).value();
  const auto refused = encode(wide, Format::kWebp, {}, kName);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kOutput);
  EXPECT_NE(refused.error().message.find("16384 x 1, limit 16383"), std::string::npos)
      << refused.error().message;
  const Picture widest = Picture::create({1, 16383}, 3, 8).value();
  EXPECT_EQ(decode_or_fail(encoded(widest)).picture.size(), widest.size());

  // A lossless file of one colour takes no bits a pixel: 40 bytes may well be 268 megapixels.
  Limits limits;
  limits.max_pixels = 1'000'000;
  expect_refused(lossless(Picture::create({1000, 1001}, 3, 8).value()), ErrorCode::kPicture,
                 "1001 x 1000 (limit 1000000 pixels)", limits);
  limits.max_side = 1000;
  expect_refused(lossless(Picture::create({1, 1001}, 3, 8).value()), ErrorCode::kPicture,
                 "limit 1000 a side", limits);
  File chunks = extended_header(kAnimation, {1 << 24, 255});
  append(chunks, riff_chunk("ANIM", File(6, std::byte{0})));
  const File dot = bitstream(lossless(Picture::create({1, 1}, 3, 8).value()));
  append(chunks, animation_frame(0, 0, {1, 1}, dot));
  expect_refused(riff(chunks), ErrorCode::kPicture, "limit 1000000 a side");
}

TEST(Webp, SurvivesDamage) {
  survive_damage(encoded(smooth_picture({13, 21}, 4)), 5, 1000);
  survive_damage(lossless(smooth_picture({13, 21}, 4)), 6, 1000);
  const Picture small = noise_picture({4, 6}, 3, 8, 1);
  File chunks = extended_header(kAnimation | kExif | kAlpha, {10, 12});
  append(chunks, riff_chunk("ANIM", File(6, std::byte{0})));
  append(chunks, animation_frame(2, 4, small.size(), bitstream(lossless(small))));
  append(chunks, riff_chunk("EXIF", exif_block(6, true)));
  survive_damage(riff(chunks), 7, 1000);
}

}  // namespace
}  // namespace fovea::codecs
