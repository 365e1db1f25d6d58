#include <webp/encode.h>

#include <exception>
#include <utility>

#include "tools/codecs/webp.h"
#include "tools/codecs/webp_metadata.h"

namespace fovea::codecs {
namespace {

// Frees libwebp's planes on every way out.
struct Planes {
  WebPPicture picture;
  ~Planes() { WebPPictureFree(&picture); }
};

// Collects what libwebp writes; 0 tells it to stop. No exception may pass through its C frames.
int append(const uint8_t* data, size_t size, const WebPPicture* picture) {
  auto& out = *static_cast<std::vector<std::byte>*>(picture->custom_ptr);
  const auto* begin = reinterpret_cast<const std::byte*>(data);
  try {
    out.insert(out.end(), begin, begin + size);
  } catch (const std::exception&) {
    return 0;
  }
  return 1;
}

// Gray spread to RGB, alpha kept; the format has no gray.
Result<Picture> coloured(const Picture& picture) {
  const int channels = picture.has_alpha() ? 4 : 3;
  FOVEA_ASSIGN_OR_RETURN(Picture out, Picture::create(picture.size(), channels, 8));
  for (int64_t y = 0; y < picture.height(); ++y) {
    for (int64_t x = 0; x < picture.width(); ++x) {
      for (int c = 0; c < 3; ++c) out.set_sample(y, x, c, picture.sample(y, x, 0));
      if (channels == 4) out.set_sample(y, x, 3, picture.sample(y, x, 1));
    }
  }
  return out;
}

}  // namespace

Status encode_webp(const Picture& picture, const EncodeOptions& options, ThreadTeam& team,
                   const ByteSink& sink) {
  if (picture.channels() <= 2) {
    FOVEA_ASSIGN_OR_RETURN(const Picture colour, coloured(picture));
    return encode_webp(colour, options, team, sink);
  }
  WebPConfig config;
  Planes planes;
  if (!WebPConfigPreset(&config, WEBP_PRESET_DEFAULT, static_cast<float>(options.quality)) ||
      !WebPPictureInit(&planes.picture)) {
    return fail(ErrorCode::kOutput, "libwebp's library and headers are of different versions");
  }
  config.alpha_quality = 100;
  // Chroma has half the resolution in lossy WebP. This conversion keeps the edges of saturated
  // colours, which plain averaging smears.
  config.use_sharp_yuv = 1;
  if (options.lossless) {
    // Level 6 of 9: as small as the others within a few percent, in a fraction of the time.
    WebPConfigLosslessPreset(&config, 6);
    config.exact = 1;  // colours under transparent pixels too
  }

  std::vector<std::byte> out;
  WebPPicture& webp = planes.picture;
  webp.width = static_cast<int>(picture.width());
  webp.height = static_cast<int>(picture.height());
  webp.use_argb = 1;  // the conversion above starts from RGB
  webp.writer = append;
  webp.custom_ptr = &out;
  const auto import = picture.channels() == 4 ? WebPPictureImportRGBA : WebPPictureImportRGB;
  const bool written =
      import(&webp, picture.row_bytes(0), static_cast<int>(picture.row_byte_count())) &&
      WebPEncode(&config, &webp);
  if (written && options.metadata) {
    FOVEA_ASSIGN_OR_RETURN(out, with_webp_metadata(std::move(out), *options.metadata));
  }
  if (written) return sink(out);
  switch (webp.error_code) {
    case VP8_ENC_OK:  // what the import of the pixels fails with
    case VP8_ENC_ERROR_OUT_OF_MEMORY:
    case VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY:
    case VP8_ENC_ERROR_BAD_WRITE:  // only append() above can fail to write
      return fail(ErrorCode::kMemory, "no memory to write this WebP; free some");
    case VP8_ENC_ERROR_PARTITION0_OVERFLOW:
    case VP8_ENC_ERROR_PARTITION_OVERFLOW:
    case VP8_ENC_ERROR_FILE_TOO_BIG:
      return fail(
          ErrorCode::kOutput,
          "{} x {} at quality {} is more than a WebP file can hold; lower the quality or use "
          "PNG",
          picture.width(), picture.height(), options.quality);
    default:
      return fail(ErrorCode::kOutput, "libwebp could not write this WebP (its error {})",
                  static_cast<int>(webp.error_code));
  }
}

int64_t webp_encoding_bytes(int64_t row_bytes, int64_t height, int) {
  // An estimate, not measured: 4 bytes a pixel of ARGB, planes of 16 bits for the conversion, and
  // the file whole, rounded up to 6 bytes for each sample.
  return 6 * row_bytes * height;
}

}  // namespace fovea::codecs
