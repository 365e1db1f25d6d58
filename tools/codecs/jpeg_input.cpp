#include "tools/codecs/jpeg_input.h"

#include <jerror.h>

#include <algorithm>

namespace fovea::codecs {
namespace {

// A progressive file names how many times all its coefficients are to be gone through, and each
// pass may be almost empty: a small file can ask for hours. Real encoders write about 10 passes.
// 500 is libjpeg-turbo's own limit in its fuzzers; above 4 megapixels the limit falls with the
// area, down to 50.
constexpr int64_t kMaxScans = 500;
constexpr int64_t kMinScans = 50;
constexpr int64_t kMaxScannedPixels = kMaxScans * 4'000'000;

constexpr int kTooManyScans = -1;
constexpr int kNoComponent = -2;

// Everything the header says that can rule a file out, before any memory is taken for its pixels.
Status check_header(const jpeg_decompress_struct& info, size_t file_bytes, const Limits& limits) {
  FOVEA_TRY(check_size(info.image_width, info.image_height, limits));
  if (info.arith_code) {
    return fail(ErrorCode::kPicture,
                "JPEG with arithmetic coding, which is not read; convert it with jpegtran");
  }
  if (info.jpeg_color_space == JCS_UNKNOWN) {
    return fail(ErrorCode::kPicture, "JPEG of {} components (1, 3 or 4); convert it to PNG",
                info.num_components);
  }
  // The shortest code is one bit and each 8x8 block has at least one, that of its mean.
  int64_t blocks = 0;
  for (int i = 0; i < info.num_components; ++i) {
    blocks += int64_t{info.comp_info[i].width_in_blocks} * info.comp_info[i].height_in_blocks;
  }
  if (blocks / 8 > static_cast<int64_t>(file_bytes)) {
    return fail(
        ErrorCode::kPicture,
        "cut off JPEG: {} bytes cannot hold {} x {} pixels (at least {}); get the file again",
        file_bytes, info.image_width, info.image_height, blocks / 8);
  }
  return {};
}

}  // namespace

void JpegInput::stop_too_many_scans(j_common_ptr info) {
  const auto* limit = reinterpret_cast<const ScanLimit*>(info->progress);
  const int scan = reinterpret_cast<j_decompress_ptr>(info)->input_scan_number;
  if (scan > limit->max_scans) {
    reinterpret_cast<JpegErrors*>(info->err)->give_up(kTooManyScans, "too many progressive scans");
  }
}

Status JpegInput::open(Bytes bytes, const Limits& limits) {
  info.err = errors.install();
  const bool header_read = errors.guarded([&] {
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    jpeg_read_header(&info, TRUE);
  });
  if (!header_read) return failure();
  FOVEA_TRY(check_header(info, bytes.size(), limits));
  const int64_t pixels = int64_t{info.image_width} * info.image_height;
  scan_limit_.base.progress_monitor = stop_too_many_scans;
  scan_limit_.max_scans = std::clamp(kMaxScannedPixels / pixels, kMinScans, kMaxScans);
  info.progress = &scan_limit_.base;
  errors.in_scan = true;
  return {};
}

void JpegInput::require_all_components() {
  if (!info.coef_bits) return;  // not progressive
  for (int i = 0; i < info.num_components; ++i) {
    if (info.coef_bits[i][0] < 0)
      errors.give_up(kNoComponent, "a whole colour component is missing");
  }
}

tl::unexpected<Error> JpegInput::failure() const {
  switch (errors.code) {
    case JERR_OUT_OF_MEMORY:
      return fail(ErrorCode::kMemory, "no memory to read this JPEG; free some");
    case JERR_BAD_PRECISION:
      return fail(ErrorCode::kPicture, "JPEG of {} bits a channel (8 are read); convert it to PNG",
                  info.data_precision);
    case JERR_SOF_UNSUPPORTED:
      return fail(ErrorCode::kPicture, "JPEG of a kind that is not read ({}); convert it to PNG",
                  errors.message);
    case JWRN_JPEG_EOF:
    case JERR_INPUT_EOF:
    case JERR_INPUT_EMPTY:
    case kNoComponent:
      return fail(ErrorCode::kPicture, "cut off JPEG: {}; get the file again", errors.message);
    case kTooManyScans:
      return fail(ErrorCode::kPicture, "JPEG with {} (limit {} at {} x {}); save it again",
                  errors.message, scan_limit_.max_scans, info.image_width, info.image_height);
    default:
      return fail(ErrorCode::kPicture, "broken JPEG: {}; get the file again", errors.message);
  }
}

}  // namespace fovea::codecs
