// The marker segments of a JPEG file before its first scan: where its metadata lies.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "tools/codecs/backends.h"

namespace fovea::codecs {

/// What leads an XMP packet in its APP1, its zero included.
inline constexpr char kXmpLead[] = "http://ns.adobe.com/xap/1.0/";

/// One of the APP2 segments over which an ICC profile is spread.
struct ProfilePart {
  uint8_t number = 0;  ///< from 1
  uint8_t count = 0;   ///< of all
  Bytes bytes;
};

struct JfifDensity {
  uint8_t unit = 0;  ///< 0 none: x to y is a pixel's shape; 1 an inch, 2 a centimetre
  uint16_t x = 0;
  uint16_t y = 0;
};

/// Views into the file; nothing is copied. Fields stay empty where the file is broken: the decoder
/// will say so.
struct JpegSegments {
  Bytes exif;                                   ///< payload of the first APP1 that is EXIF
  Bytes xmp;                                    ///< the packet of the first APP1 that is XMP
  std::vector<ProfilePart> profile;             ///< in the order of the file
  std::optional<JfifDensity> density;           ///< of JFIF's APP0
  std::vector<std::pair<uint8_t, Bytes>> kept;  ///< marker and payload: comments, Photoshop's
  size_t height_offset = 0;  ///< of the frame's height, two bytes; 0 when there is none
  int components = 0;        ///< of the frame: 1 gray, 3 colour, 4 CMYK
  size_t scan_offset = 0;    ///< byte after the first SOS segment; 0 when there is none
  int first_table = -1;      ///< number of the first component's quantiser; -1 when there is none

  /// The quantisers 0 to 3, row by row (vertical frequency * 8 + horizontal); zeros where a table
  /// did not come before the first scan.
  std::array<std::array<uint16_t, 64>, 4> tables{};
};

/// Source: ITU-T T.81 §B.1.
JpegSegments scan_jpeg(Bytes file);

}  // namespace fovea::codecs
