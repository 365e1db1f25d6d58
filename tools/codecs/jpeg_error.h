// libjpeg's errors as values: no exit, nothing printed, the first message kept.
#pragma once

#include <csetjmp>
#include <cstdio>  // jpeglib.h needs FILE and includes nothing

#include <jpeglib.h>

namespace fovea::codecs {

/// To be set as `err` of a jpeg_compress_struct or jpeg_decompress_struct, through install().
/// libjpeg leaves a failing call through error_exit, which must not return; it jumps back into
/// guarded().
struct JpegErrors {
  jpeg_error_mgr base;  // first, so that libjpeg's pointer to it is a pointer to JpegErrors
  std::jmp_buf jump;
  int code = 0;  ///< libjpeg's message code of what failed; 0 when nothing did
  char message[JMSG_LENGTH_MAX] = {};  ///< and its text
  bool stray_bytes = false;            ///< before a marker, where they do no harm
  bool in_scan = false;                ///< entropy-coded data has begun

  jpeg_error_mgr* install();

  /// Runs `step`, calls into libjpeg; false when libjpeg gave up inside. `step` must not create
  /// objects with destructors: the jump would skip them.
  template <class Step>
  bool guarded(Step step) {
    if (setjmp(jump) != 0) return false;
    step();
    return true;
  }

  /// Gives up as libjpeg does on its own errors, from inside guarded(). `own_code` is negative, to
  /// differ from libjpeg's.
  [[noreturn]] void give_up(int own_code, const char* reason);
};

}  // namespace fovea::codecs
