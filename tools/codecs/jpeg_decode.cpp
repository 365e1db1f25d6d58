#include <optional>
#include <utility>
#include <vector>

#include "tools/codecs/colour_profile.h"
#include "tools/codecs/jpeg.h"
#include "tools/codecs/jpeg_input.h"
#include "tools/codecs/jpeg_metadata.h"
#include "tools/codecs/jpeg_segments.h"

namespace fovea::codecs {
namespace {

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

// All rows into `picture`, through `cmyk_row` where there is one, and on to the end of the file.
void read_pixels(JpegInput& jpeg, Picture& picture, JSAMPLE* cmyk_row, const ToSrgb* to_srgb) {
  jpeg_decompress_struct& info = jpeg.info;
  jpeg_start_decompress(&info);
  jpeg.require_all_components();
  while (info.output_scanline < info.output_height) {
    uint8_t* const out = picture.row_bytes(info.output_scanline);
    JSAMPROW row = cmyk_row ? cmyk_row : out;
    jpeg_read_scanlines(&info, &row, 1);
    if (to_srgb) {
      to_srgb->convert(cmyk_row, out, picture.width());
    } else if (cmyk_row) {
      cmyk_to_rgb(cmyk_row, picture.width(), info.saw_Adobe_marker, out);
    }
  }
  jpeg_finish_decompress(&info);
}

// The way to sRGB by the file's profile, which is then no longer the picture's; without one,
// colours are approximate, and a warning says so.
std::optional<ToSrgb> cmyk_transform(const jpeg_decompress_struct& info, Decoded& decoded) {
  const std::vector<std::byte> profile = std::exchange(decoded.metadata.profile, {});
  std::string why = "without a colour profile";
  if (!profile.empty()) {
    auto transform = ToSrgb::open(profile, info.saw_Adobe_marker);
    if (transform && profile_space(profile) == ProfileSpace::kCmyk) return std::move(*transform);
    why = "without its colour profile, which is broken or for other colours";
  }
  decoded.warnings.push_back("CMYK turned into RGB " + why + ": approximate colours");
  return std::nullopt;
}

}  // namespace

Result<Decoded> decode_jpeg(Bytes bytes, const Limits& limits) {
  JpegInput jpeg;
  FOVEA_TRY(jpeg.open(bytes, limits));
  jpeg_decompress_struct& info = jpeg.info;
  const bool gray = info.jpeg_color_space == JCS_GRAYSCALE;
  const bool cmyk = is_cmyk(info);
  info.out_color_space = gray ? JCS_GRAYSCALE : cmyk ? JCS_CMYK : JCS_RGB;

  Decoded decoded;
  const JpegSegments segments = scan_jpeg(bytes);
  decoded.metadata = read_jpeg_metadata(segments, decoded.warnings);
  std::optional<ToSrgb> to_srgb;
  if (cmyk) to_srgb = cmyk_transform(info, decoded);

  FOVEA_ASSIGN_OR_RETURN(decoded.picture,
                         Picture::create({info.image_height, info.image_width}, gray ? 1 : 3, 8));
  std::vector<JSAMPLE> cmyk_row(cmyk ? size_t{4} * info.image_width : 0);
  const bool read = jpeg.errors.guarded([&] {
    read_pixels(jpeg, decoded.picture, cmyk ? cmyk_row.data() : nullptr,
                to_srgb ? &*to_srgb : nullptr);
  });
  if (!read) return jpeg.failure();

  if (jpeg.errors.stray_bytes) decoded.warnings.push_back("stray bytes between its parts ignored");
  if (!segments.exif.empty()) FOVEA_TRY(make_upright(segments.exif, decoded));
  return decoded;
}

}  // namespace fovea::codecs
