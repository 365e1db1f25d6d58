#include "tools/codecs/jpeg_segments.h"

#include <cstring>

namespace fovea::codecs {
namespace {

constexpr unsigned kStartOfScan = 0xda;
constexpr unsigned kApp1 = 0xe1;
constexpr unsigned kApp2 = 0xe2;

// SOF0 to SOF15 lie among three others: DHT, JPG and DAC.
bool is_start_of_frame(unsigned marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

bool starts_with(Bytes bytes, const char* text, size_t length) {
  return bytes.size() >= length && std::memcmp(bytes.data(), text, length) == 0;
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
    if (marker == kApp1 && segments.exif.empty() && starts_with(payload, "Exif\0", 5)) {
      segments.exif = payload;
    }
    if (marker == kApp2 && starts_with(payload, "ICC_PROFILE\0", 12)) segments.has_profile = true;
    if (is_start_of_frame(marker) && payload.size() > 5) {
      // depth u8, height u16, width u16, components u8
      segments.height_offset = offset + 5;
      segments.components = std::to_integer<int>(payload[5]);
    }
    offset += 2 + length;
    if (marker == kStartOfScan) {
      segments.scan_offset = offset;
      return segments;
    }
  }
  return segments;
}

}  // namespace fovea::codecs
