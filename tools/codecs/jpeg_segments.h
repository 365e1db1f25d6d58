// The marker segments of a JPEG file before its first scan: where its metadata lies.
#pragma once

#include <cstddef>

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
};

/// Source: ITU-T T.81 §B.1.
JpegSegments scan_jpeg(Bytes file);

}  // namespace fovea::codecs
