// The chunks of a PNG file: found, bounded and sorted into those that make pixels and the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/status.h"
#include "tools/codecs/backends.h"

namespace fovea::codecs {

struct PngHeader {
  int64_t width = 0;
  int64_t height = 0;
  int bit_depth = 0;
  int colour_type = 0;  ///< 0 gray, 2 RGB, 3 palette, 4 gray + alpha, 6 RGBA
  bool interlaced = false;
};

/// Views into the file. Nothing in metadata is read here, so that no compressed bomb in it can be
/// inflated.
struct PngChunks {
  PngHeader header;
  /// The signature and every whole chunk that decides a pixel (critical chunks and tRNS), in file
  /// order; neighbours in the file are one run.
  std::vector<Bytes> pixel_runs;
  Bytes exif;  ///< payload of eXIf, empty when there is none
  /// Whole chunks that tell of the picture and not of how this file stores it, EXIF apart: text,
  /// colour, density. Others (suggested palettes, times of change, private ones) are left behind.
  std::vector<Bytes> metadata;
  bool has_transparency = false;
  bool has_profile = false;
  bool animated = false;
  std::vector<std::string> warnings;  ///< about metadata that is skipped
};

/// Walks the payloads of the IDAT chunks in `runs`, which are PngChunks::pixel_runs.
class IdatWalk {
 public:
  explicit IdatWalk(const std::vector<Bytes>& runs) : runs_(runs) {}

  /// The next payload that is not empty; empty after the last.
  Bytes next();

 private:
  const std::vector<Bytes>& runs_;
  size_t run_ = 0;
  size_t offset_ = 8;  // in the run; the first begins with the signature
};

/// Walks the file up to IEND. kPicture when the signature is damaged, the file ends early, IHDR is
/// not first, has a value the standard does not know, or states a size over the limits. Checksums
/// are left to the decoder. Source: PNG specification (third edition) §5 and §11.
Result<PngChunks> scan_png(Bytes file, const Limits& limits);

}  // namespace fovea::codecs
