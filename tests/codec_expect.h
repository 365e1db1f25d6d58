// What the codec tests ask of every file: pixels, or a refusal that names the file.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

#include "tests/codec_files.h"
#include "tools/codecs/codec.h"

namespace fovea::codecs {

inline constexpr std::string_view kName = "some/picture.file";

/// The decoded file; a failed expectation and an empty picture when it was refused.
inline Decoded decode_or_fail(const File& file, const Limits& limits = {}) {
  auto decoded = decode(file, kName, limits);
  EXPECT_TRUE(decoded) << decoded.error().message;
  const auto size = measure(file, kName, limits);
  EXPECT_TRUE(!decoded || !size || *size == decoded->picture.size());
  return decoded ? std::move(*decoded) : Decoded{};
}

/// `picture` as a file; a failed expectation and an empty file when it was refused.
inline File encode_or_fail(const Picture& picture, Format format, int quality) {
  EncodeOptions options;
  options.quality = quality;
  auto file = encode(picture, format, options, kName);
  EXPECT_TRUE(file) << file.error().message;
  return file ? std::move(*file) : File{};
}

/// Expects teams of several sizes to encode `picture` to the bytes of `file`.
inline void expect_same_file_from_every_team(const Picture& picture, Format format,
                                             const File& file) {
  for (const int threads : {1, 2, 5}) {
    ThreadTeam team(threads);
    File written;
    const ByteSink append = [&](std::span<const std::byte> bytes) -> Status {
      written.insert(written.end(), bytes.begin(), bytes.end());
      return {};
    };
    ASSERT_TRUE(encode(picture, format, {}, team, append, kName));
    EXPECT_TRUE(written == file) << threads << " threads";
  }
}

/// Expects `file` to be refused with `code` and one line that begins with its name and holds
/// `text`.
inline void expect_refused(const File& file, ErrorCode code, std::string_view text,
                           const Limits& limits = {}) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  const auto decoded = decode(file, kName, limits);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  ASSERT_FALSE(decoded) << "accepted; expected: " << text;
  const std::string& message = decoded.error().message;
  EXPECT_EQ(decoded.error().code, code) << message;
  EXPECT_EQ(message.rfind(std::string(kName) + ": ", 0), 0u) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  EXPECT_NE(message.find(text), std::string::npos) << message << "\nlacks: " << text;
}

/// Expects exactly one warning, holding `text`.
inline void expect_warning(const Decoded& decoded, std::string_view text) {
  ASSERT_EQ(decoded.warnings.size(), 1u) << "expected: " << text;
  EXPECT_NE(decoded.warnings[0].find(text), std::string::npos) << decoded.warnings[0];
}

/// Decodes `rounds` damaged copies of `file`: bytes changed, cut out, doubled. Each has to end as a
/// picture or as a refusal; the sanitizers look for the rest.
inline void survive_damage(const File& file, uint32_t seed, int rounds) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  Limits limits;
  limits.max_pixels = 1 << 20;  // damage to a size must not make a test slow
  for (int round = 0; round < rounds; ++round) {
    File damaged = file;
    const size_t hits = 1 + below(4);
    for (size_t i = 0; i < hits; ++i) {
      const auto at = damaged.begin() + static_cast<std::ptrdiff_t>(below(damaged.size()));
      const auto length =
          std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(below(16)) + 1, damaged.end() - at);
      switch (below(8)) {
        case 0:
          if (static_cast<size_t>(length) < damaged.size()) damaged.erase(at, at + length);
          break;
        case 1: {
          const File piece(at, at + length);
          damaged.insert(at, piece.begin(), piece.end());
          break;
        }
        case 2:
          std::fill(at, at + length, std::byte{0xff});
          break;
        default:
          *at ^= std::byte(1u << below(8));
      }
    }
    const auto decoded = decode(damaged, kName, limits);
    if (!decoded) {
      EXPECT_EQ(decoded.error().message.rfind(std::string(kName) + ": ", 0), 0u)
          << decoded.error().message;
      EXPECT_EQ(decoded.error().code, ErrorCode::kPicture) << decoded.error().message;
    }
  }
}

}  // namespace fovea::codecs
