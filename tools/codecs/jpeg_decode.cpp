#include <jerror.h>

#include <algorithm>

#include "tools/codecs/jpeg.h"
#include "tools/codecs/jpeg_error.h"
#include "tools/codecs/jpeg_segments.h"

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

struct ScanLimit {
  jpeg_progress_mgr base;  // first, so that libjpeg's pointer to it is a pointer to ScanLimit
  int64_t max_scans = 0;
};

void stop_too_many_scans(j_common_ptr info) {
  const auto* limit = reinterpret_cast<const ScanLimit*>(info->progress);
  const int scan = reinterpret_cast<j_decompress_ptr>(info)->input_scan_number;
  if (scan > limit->max_scans) {
    reinterpret_cast<JpegErrors*>(info->err)->give_up(kTooManyScans, "too many progressive scans");
  }
}

struct Decompressor {
  JpegErrors errors;
  ScanLimit scan_limit;
  jpeg_decompress_struct info{};

  Decompressor() = default;
  ~Decompressor() { jpeg_destroy_decompress(&info); }  // safe on an object that was never created
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
};

tl::unexpected<Error> failed(const Decompressor& jpeg) {
  const JpegErrors& errors = jpeg.errors;
  switch (errors.code) {
    case JERR_OUT_OF_MEMORY:
      return fail(ErrorCode::kMemory, "no memory to read this JPEG; free some");
    case JERR_BAD_PRECISION:
      return fail(ErrorCode::kPicture, "JPEG of {} bits a channel (8 are read); convert it to PNG",
                  jpeg.info.data_precision);
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
                  errors.message, jpeg.scan_limit.max_scans, jpeg.info.image_width,
                  jpeg.info.image_height);
    default:
      return fail(ErrorCode::kPicture, "broken JPEG: {}; get the file again", errors.message);
  }
}

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

bool is_cmyk(const jpeg_decompress_struct& info) {
  return info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
}

// RGB of one row of CMYK: light that two filters pass, colour and black. Adobe's files, nearly all
// there are, hold the light that passes (255 = no ink), others the ink.
void cmyk_to_rgb(const JSAMPLE* cmyk, int64_t width, bool holds_light, uint8_t* rgb) {
  const int flip = holds_light ? 0 : 255;
  for (int64_t x = 0; x < width; ++x) {
    const int black = cmyk[4 * x + 3] ^ flip;
    for (int c = 0; c < 3; ++c) {
      rgb[3 * x + c] = static_cast<uint8_t>(((cmyk[4 * x + c] ^ flip) * black + 127) / 255);
    }
  }
}

// A progressive file may end properly and still lack all of a component; libjpeg shows it gray.
bool lacks_component(const jpeg_decompress_struct& info) {
  if (!info.coef_bits) return false;  // not progressive
  for (int i = 0; i < info.num_components; ++i) {
    if (info.coef_bits[i][0] < 0) return true;
  }
  return false;
}

// All rows into `picture`, through `cmyk_row` where there is one, and on to the end of the file.
void read_pixels(jpeg_decompress_struct& info, Picture& picture, JSAMPLE* cmyk_row) {
  jpeg_start_decompress(&info);
  if (lacks_component(info)) {
    reinterpret_cast<JpegErrors*>(info.err)->give_up(kNoComponent,
                                                     "a whole colour component is missing");
  }
  while (info.output_scanline < info.output_height) {
    uint8_t* const out = picture.row_bytes(info.output_scanline);
    JSAMPROW row = cmyk_row ? cmyk_row : out;
    jpeg_read_scanlines(&info, &row, 1);
    if (cmyk_row) cmyk_to_rgb(cmyk_row, picture.width(), info.saw_Adobe_marker, out);
  }
  jpeg_finish_decompress(&info);
}

}  // namespace

Result<Decoded> decode_jpeg(Bytes bytes, const Limits& limits) {
  Decompressor jpeg;
  jpeg_decompress_struct& info = jpeg.info;
  JpegErrors& errors = jpeg.errors;
  info.err = errors.install();
  const bool header_read = errors.guarded([&] {
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    jpeg_read_header(&info, TRUE);
  });
  if (!header_read) return failed(jpeg);
  FOVEA_TRY(check_header(info, bytes.size(), limits));

  const bool gray = info.jpeg_color_space == JCS_GRAYSCALE;
  const bool cmyk = is_cmyk(info);
  info.out_color_space = gray ? JCS_GRAYSCALE : cmyk ? JCS_CMYK : JCS_RGB;
  const int64_t pixels = int64_t{info.image_width} * info.image_height;
  jpeg.scan_limit.base.progress_monitor = stop_too_many_scans;
  jpeg.scan_limit.max_scans = std::clamp(kMaxScannedPixels / pixels, kMinScans, kMaxScans);
  info.progress = &jpeg.scan_limit.base;

  Decoded decoded;
  FOVEA_ASSIGN_OR_RETURN(decoded.picture,
                         Picture::create({info.image_height, info.image_width}, gray ? 1 : 3, 8));
  std::vector<JSAMPLE> cmyk_row(cmyk ? size_t{4} * info.image_width : 0);
  errors.in_scan = true;
  const bool read =
      errors.guarded([&] { read_pixels(info, decoded.picture, cmyk ? cmyk_row.data() : nullptr); });
  if (!read) return failed(jpeg);

  if (errors.stray_bytes) decoded.warnings.push_back("stray bytes between its parts ignored");
  const JpegSegments segments = scan_jpeg(bytes);
  if (cmyk) {
    decoded.warnings.push_back(
        "CMYK turned into RGB without a colour profile: approximate colours");
  } else if (segments.has_profile) {
    decoded.warnings.push_back(kProfileWarning);
  }
  if (!segments.exif.empty()) FOVEA_TRY(make_upright(segments.exif, decoded));
  return decoded;
}

}  // namespace fovea::codecs
