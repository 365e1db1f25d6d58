// What a picture file says beside its pixels, so that it can be said again in the file of the
// result.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/tensor.h"

namespace fovea::codecs {

/// Pixels per metre of the picture on paper.
struct Density {
  uint32_t x = 0;
  uint32_t y = 0;
  bool operator==(const Density&) const = default;
};

/// A chunk of a PNG that only a PNG can hold as it is.
struct PngChunk {
  std::array<char, 4> type{};
  std::vector<std::byte> payload;
};

/// A segment of a JPEG that only a JPEG can hold as it is.
struct JpegSegment {
  uint8_t marker = 0;
  std::vector<std::byte> payload;
};

/// Empty fields: the file says nothing of it.
struct Metadata {
  std::vector<std::byte> profile;  ///< the ICC profile, byte for byte
  std::vector<std::byte> exif;     ///< a TIFF block, of a picture that is upright
  std::vector<std::byte> xmp;      ///< the packet
  std::optional<Density> density;
  std::vector<PngChunk> png_chunks;        ///< text; colour without a profile (gAMA, cHRM, ...)
  std::vector<JpegSegment> jpeg_segments;  ///< comments; Photoshop's resources, with IPTC in them
};

/// A text that a PNG chunk of text leads with, or the chunk's type.
std::string chunk_name(const PngChunk& chunk);

}  // namespace fovea::codecs
