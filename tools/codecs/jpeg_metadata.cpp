#include "tools/codecs/jpeg_metadata.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

namespace fovea::codecs {
namespace {

constexpr double kMetresPerInch = 0.0254;
constexpr uint8_t kAspect = 0, kPerInch = 1, kPerCentimetre = 2;  // JFIF 1.02, "units"
constexpr int kApp1 = JPEG_APP0 + 1;

std::optional<Density> density_of(const JfifDensity& told) {
  const auto per_metre = [&](uint16_t value) -> uint32_t {
    return told.unit == kPerCentimetre ? value * 100u
                                       : static_cast<uint32_t>(std::lround(value / kMetresPerInch));
  };
  if (told.unit == kAspect || told.unit > kPerCentimetre || told.x == 0 || told.y == 0)
    return std::nullopt;
  return Density{per_metre(told.x), per_metre(told.y)};
}

// The parts in their order, if each of them is there once.
std::vector<std::byte> joined_profile(const std::vector<ProfilePart>& parts) {
  std::vector<Bytes> ordered(parts.front().count);
  for (const ProfilePart& part : parts) {
    const bool fits = part.count == parts.size() && part.number >= 1 && part.number <= part.count;
    if (!fits || !ordered[part.number - 1u].empty() || part.bytes.empty()) return {};
    ordered[part.number - 1u] = part.bytes;
  }
  std::vector<std::byte> profile;
  for (const Bytes part : ordered) profile.insert(profile.end(), part.begin(), part.end());
  return profile;
}

// `lead`, whose zeros count, and `bytes` as one segment.
void write_segment(jpeg_compress_struct& info, int marker, std::string_view lead, Bytes bytes) {
  jpeg_write_m_header(&info, marker, static_cast<unsigned>(lead.size() + bytes.size()));
  for (const char c : lead) jpeg_write_m_byte(&info, static_cast<unsigned char>(c));
  for (const std::byte b : bytes) jpeg_write_m_byte(&info, std::to_integer<int>(b));
}

}  // namespace

Metadata read_jpeg_metadata(const JpegSegments& segments, std::vector<std::string>& warnings) {
  Metadata metadata;
  if (!segments.profile.empty()) {
    metadata.profile = joined_profile(segments.profile);
    if (metadata.profile.empty()) warnings.emplace_back("broken colour profile ignored");
  }
  metadata.xmp.assign(segments.xmp.begin(), segments.xmp.end());
  if (segments.density) metadata.density = density_of(*segments.density);
  for (const auto& [marker, payload] : segments.kept)
    metadata.jpeg_segments.push_back({marker, {payload.begin(), payload.end()}});
  return metadata;
}

void write_jpeg_metadata(const Metadata& metadata, jpeg_compress_struct& info) {
  if (!metadata.exif.empty())
    write_segment(info, kApp1, std::string_view("Exif\0\0", 6), metadata.exif);
  if (!metadata.xmp.empty())
    write_segment(info, kApp1, std::string_view(kXmpLead, sizeof kXmpLead), metadata.xmp);
  if (!metadata.profile.empty()) {
    jpeg_write_icc_profile(&info, reinterpret_cast<const JOCTET*>(metadata.profile.data()),
                           static_cast<unsigned>(metadata.profile.size()));
  }
  for (const JpegSegment& segment : metadata.jpeg_segments)
    write_segment(info, segment.marker, {}, segment.payload);
}

void set_jpeg_density(Density density, jpeg_compress_struct& info) {
  // The unit in which both are whole numbers, as far as PNG's pixels a metre can tell: an inch's
  // are rounded by at most half of one, 0.0127 of an inch's.
  const double inch_x = density.x * kMetresPerInch, inch_y = density.y * kMetresPerInch;
  const auto is_whole = [](double value) {
    return std::abs(value - std::round(value)) <= kMetresPerInch / 2 + 1e-9;
  };
  const bool centimetres =
      density.x % 100 == 0 && density.y % 100 == 0 && !(is_whole(inch_x) && is_whole(inch_y));
  const auto field = [](double value) {
    return static_cast<UINT16>(std::clamp(std::round(value), 1.0, 65535.0));
  };
  info.density_unit = centimetres ? kPerCentimetre : kPerInch;
  info.X_density = field(centimetres ? density.x / 100.0 : inch_x);
  info.Y_density = field(centimetres ? density.y / 100.0 : inch_y);
}

}  // namespace fovea::codecs
