#include "tools/codecs/jpeg_error.h"

#include <jerror.h>

#include <algorithm>
#include <cstring>

namespace fovea::codecs {
namespace {

constexpr int kEndOfImage = 0xd9;

JpegErrors& errors_of(j_common_ptr info) { return *reinterpret_cast<JpegErrors*>(info->err); }

[[noreturn]] void fail_and_jump(j_common_ptr info) {
  JpegErrors& errors = errors_of(info);
  errors.code = info->err->msg_code;
  info->err->format_message(info, errors.message);
  std::longjmp(errors.jump, 1);
}

void print_nothing(j_common_ptr) {}

// level -1 is a warning: libjpeg has met damage and would fill in what it cannot read. Levels from
// 0 are traces. Two kinds do the pixels no harm. Odd versions in JFIF and Adobe headers; and stray
// bytes, which some cameras pad their headers or the end with. Between scans and restart markers
// they are damage.
void note_warning(j_common_ptr info, int level) {
  if (level >= 0) return;
  JpegErrors& errors = errors_of(info);
  switch (info->err->msg_code) {
    case JWRN_JFIF_MAJOR:
    case JWRN_ADOBE_XFORM:
      return;
    case JWRN_EXTRANEOUS_DATA: {
      const int marker = info->err->msg_parm.i[1];
      if (errors.in_scan && marker != kEndOfImage) break;
      errors.stray_bytes = true;
      return;
    }
    default:
      break;
  }
  fail_and_jump(info);
}

}  // namespace

jpeg_error_mgr* JpegErrors::install() {
  jpeg_std_error(&base);
  base.error_exit = fail_and_jump;
  base.emit_message = note_warning;
  base.output_message = print_nothing;
  return &base;
}

void JpegErrors::give_up(int own_code, const char* reason) {
  code = own_code;
  const size_t length = std::min(std::strlen(reason), sizeof message - 1);
  std::memcpy(message, reason, length);
  message[length] = '\0';
  std::longjmp(jump, 1);
}

}  // namespace fovea::codecs
