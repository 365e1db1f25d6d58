// The marker segments of a JPEG file before its first scan: where its metadata lies.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tools/codecs/backends.h"

namespace fovea::codecs {

/// Views into the file; nothing is copied. Fields stay empty where the file is broken: the decoder
/// will say so.
struct JpegSegments {
  Bytes exif;                ///< payload of the first APP1 that is EXIF
  bool has_profile = false;  ///< an APP2 that is ICC
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
