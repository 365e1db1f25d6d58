// A JPEG file that libjpeg reads: opened, held to the limits, its failures as sentences.
#pragma once

#include "tools/codecs/backends.h"
#include "tools/codecs/jpeg_error.h"

namespace fovea::codecs {

/// libjpeg's reader and what surrounds it. Not to be moved: libjpeg points into it.
struct JpegInput {
  JpegErrors errors;
  jpeg_decompress_struct info{};

  JpegInput() = default;
  ~JpegInput() { jpeg_destroy_decompress(&info); }  // safe on an object that was never created
  JpegInput(const JpegInput&) = delete;
  JpegInput& operator=(const JpegInput&) = delete;

  /// Reads the header of `bytes`, which must outlive this, and refuses what it can rule out before
  /// memory is taken for pixels: sizes, arithmetic coding, odd components, files too short for
  /// their size. Scans are counted from here on.
  Status open(Bytes bytes, const Limits& limits);

  /// Gives up, from inside guarded(), where a whole component has not come. A progressive file may
  /// end properly and lack one; libjpeg shows it gray. To be called when all scans are read, or
  /// once jpeg_start_decompress has read them.
  void require_all_components();

  /// Why the last guarded() was left.
  tl::unexpected<Error> failure() const;

 private:
  struct ScanLimit {
    jpeg_progress_mgr base;  // first, so that libjpeg's pointer to it is a pointer to ScanLimit
    int64_t max_scans = 0;
  };
  static void stop_too_many_scans(j_common_ptr info);

  ScanLimit scan_limit_;
};

}  // namespace fovea::codecs
