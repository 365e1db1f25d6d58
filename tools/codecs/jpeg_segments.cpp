#include "tools/codecs/jpeg_segments.h"

#include <cstring>

#include "tools/codecs/jpeg_zigzag.h"

namespace fovea::codecs {
namespace {

constexpr unsigned kStartOfScan = 0xda;
constexpr unsigned kQuantisers = 0xdb;
constexpr unsigned kApp0 = 0xe0;
constexpr unsigned kApp1 = 0xe1;
constexpr unsigned kApp2 = 0xe2;
constexpr unsigned kApp13 = 0xed;
constexpr unsigned kComment = 0xfe;

// SOF0 to SOF15 lie among three others: DHT, JPG and DAC.
bool is_start_of_frame(unsigned marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

bool starts_with(Bytes bytes, const char* text, size_t length) {
  return bytes.size() >= length && std::memcmp(bytes.data(), text, length) == 0;
}

// DQT, T.81 §B.2.4.1: for each table its precision (4 bits) and number (4 bits), then 64 steps of
// one or two bytes. A table that is cut off or has another number than 0 to 3 ends the reading.
void read_tables(Bytes payload, JpegSegments& segments) {
  while (!payload.empty()) {
    const auto kind = std::to_integer<size_t>(payload[0]);
    const size_t bytes = (kind >> 4) == 0 ? 1 : 2;
    const size_t number = kind & 15;
    if (number >= segments.tables.size() || payload.size() < 1 + kZigzag.size() * bytes) return;
    for (size_t i = 0; i < kZigzag.size(); ++i) {
      const size_t at = 1 + i * bytes;
      unsigned step = std::to_integer<unsigned>(payload[at]);
      if (bytes == 2) step = step << 8 | std::to_integer<unsigned>(payload[at + 1]);
      segments.tables[number][kZigzag[i]] = static_cast<uint16_t>(step);
    }
    payload = payload.subspan(1 + kZigzag.size() * bytes);
  }
}

uint16_t u16_at(Bytes bytes, size_t offset) {
  return static_cast<uint16_t>(std::to_integer<unsigned>(bytes[offset]) << 8 |
                               std::to_integer<unsigned>(bytes[offset + 1]));
}

void sort_metadata(unsigned marker, Bytes payload, JpegSegments& segments) {
  if (marker == kApp0 && !segments.density && payload.size() >= 12 &&
      starts_with(payload, "JFIF\0", 5)) {  // then the version, two bytes
    segments.density =
        JfifDensity{std::to_integer<uint8_t>(payload[7]), u16_at(payload, 8), u16_at(payload, 10)};
  }
  if (marker == kApp1 && segments.exif.empty() && starts_with(payload, "Exif\0", 5)) {
    segments.exif = payload;
  }
  if (marker == kApp1 && segments.xmp.empty() && starts_with(payload, kXmpLead, sizeof kXmpLead)) {
    segments.xmp = payload.subspan(sizeof kXmpLead);
  }
  constexpr size_t kProfileLead = 14;  // "ICC_PROFILE\0", the part's number and their count
  if (marker == kApp2 && payload.size() >= kProfileLead &&
      starts_with(payload, "ICC_PROFILE\0", 12)) {
    segments.profile.push_back({std::to_integer<uint8_t>(payload[12]),
                                std::to_integer<uint8_t>(payload[13]),
                                payload.subspan(kProfileLead)});
  }
  const bool is_photoshop = marker == kApp13 && starts_with(payload, "Photoshop 3.0\0", 14);
  if (marker == kComment || is_photoshop)
    segments.kept.emplace_back(static_cast<uint8_t>(marker), payload);
}

}  // namespace

JpegSegments scan_jpeg(Bytes file) {
  JpegSegments segments;
  const auto at = [&](size_t i) { return std::to_integer<unsigned>(file[i]); };
  size_t offset = 2;  // after SOI
  while (offset + 4 <= file.size()) {
    if (at(offset) != 0xff) return segments;
    const unsigned marker = at(offset + 1);
    if (marker == 0xff) {  // fill bytes may lead any marker
      ++offset;
      continue;
    }
    // Each segment here has a length, which counts its own two bytes. Markers without one (SOI,
    // EOI, RSTn) have no place before the first scan.
    const size_t length = at(offset + 2) << 8 | at(offset + 3);
    if (length < 2 || offset + 2 + length > file.size()) return segments;
    const Bytes payload = file.subspan(offset + 4, length - 2);
    sort_metadata(marker, payload, segments);
    if (is_start_of_frame(marker) && payload.size() > 5) {
      // depth u8, height u16, width u16, components u8
      segments.height_offset = offset + 5;
      segments.components = std::to_integer<int>(payload[5]);
      // then of each component: id u8, sampling u8, table u8
      if (payload.size() > 8) segments.first_table = std::to_integer<int>(payload[8]);
    }
    if (marker == kQuantisers) read_tables(payload, segments);
    offset += 2 + length;
    if (marker == kStartOfScan) {
      segments.scan_offset = offset;
      return segments;
    }
  }
  return segments;
}

}  // namespace fovea::codecs
