// Bytes into the picture decoders. What decodes is encoded again in every format; a PNG of it
// decodes to the same samples, and a JPEG can be held to its own coefficients.
#include <array>
#include <cmath>
#include <cstring>

#include "tests/fuzz/require.h"
#include "tools/codecs/codec.h"
#include "tools/codecs/jpeg_projection.h"
#include "tools/codecs/jpeg_quality.h"

namespace fovea::fuzz {
namespace {

// Small enough for thousands of inputs a second, large enough for every path.
constexpr codecs::Limits kLimits{int64_t{1} << 18, 4096, size_t{1} << 20};
constexpr int64_t kMaxEncodedPixels = 1 << 12;

bool same_samples(const Picture& a, const Picture& b) {
  if (!(a.size() == b.size()) || a.channels() != b.channels() || a.bit_depth() != b.bit_depth())
    return false;
  for (int64_t y = 0; y < a.height(); ++y) {
    if (std::memcmp(a.row_bytes(y), b.row_bytes(y), static_cast<size_t>(a.row_byte_count())) != 0)
      return false;
  }
  return true;
}

void encode_again(const codecs::Decoded& decoded) {
  const Picture& picture = decoded.picture;
  for (const codecs::Format format :
       {codecs::Format::kPng, codecs::Format::kJpeg, codecs::Format::kWebp}) {
    std::vector<std::string> warnings;
    auto fitted = codecs::fit_to_format(picture.copy().value(), format, warnings);
    require(fitted.has_value(), "a small picture fits every format");
    const auto metadata = codecs::fit_metadata(decoded.metadata, format, *fitted, warnings);
    require(metadata.has_value(), "what a format has no place for is left out");
    const auto file = codecs::encode(*fitted, format, {.metadata = &*metadata}, "again");
    require(file.has_value(), "what fits can be encoded");
    const auto back = codecs::decode(*file, "again", {});
    require(back.has_value(), "what was encoded decodes");
    require(back->picture.size() == picture.size(), "sizes are kept");
    require(back->metadata.profile == metadata->profile, "a profile is kept");
    require(back->metadata.xmp == metadata->xmp, "XMP is kept");
    if (format == codecs::Format::kPng)
      require(same_samples(back->picture, picture), "PNG keeps every sample");
  }
}

// What decodes as JPEG may be held to its own coefficients, whatever they are.
void hold_to_file(std::span<const std::byte> file, const Picture& picture) {
  codecs::jpeg_quality(file);
  const auto read = codecs::read_jpeg_coefficients(file, "input", kLimits);
  if (!read || !*read) return;
  const int64_t channels = picture.colour_channels();
  std::vector<float> map(static_cast<size_t>(picture.size().area() * channels));
  for (int64_t y = 0; y < picture.height(); ++y)
    picture.load_row(y, 0, static_cast<int>(channels), map.data() + y * picture.width() * channels);
  ThreadTeam team(1);
  require(codecs::project_onto_jpeg(**read, map, picture.size(), channels, team).has_value(),
          "a file's own picture can be held to it");
  for (const float value : map) require(std::isfinite(value), "what comes of it is finite");
}

}  // namespace
}  // namespace fovea::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fovea;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto decoded = codecs::decode(bytes, "input", fuzz::kLimits);
  const auto measured = codecs::measure(bytes, "input", fuzz::kLimits);
  if (!decoded) {
    fuzz::require(!decoded.error().message.empty(), "a refusal says why");
    return 0;
  }
  const Picture& picture = decoded->picture;
  fuzz::require(picture.width() > 0 && picture.height() > 0 &&
                    picture.size().area() <= fuzz::kLimits.max_pixels,
                "limits are kept");
  fuzz::require(!measured || *measured == picture.size(), "a file is as large as it says");
  if (picture.size().area() <= fuzz::kMaxEncodedPixels) fuzz::encode_again(*decoded);
  if (decoded->format == codecs::Format::kJpeg) fuzz::hold_to_file(bytes, picture);
  return 0;
}
