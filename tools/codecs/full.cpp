// The formats of the full build: each through the library that is kept for it.
#include <fmt/format.h>
#include <lcms2.h>
#include <spng.h>
#include <webp/decode.h>

#include <limits>

#include "tools/codecs/backends.h"
#include "tools/codecs/jpeg.h"
#include "tools/codecs/jpeg_error.h"
#include "tools/codecs/measure.h"
#include "tools/codecs/png.h"
#include "tools/codecs/webp.h"

namespace fovea::codecs {
namespace {

constexpr FormatBackend kBackends[] = {
    {Format::kPng,
     {true, true, std::numeric_limits<int32_t>::max()},
     decode_png,
     encode_png,
     png_encoding_bytes,
     measure_png},
    {Format::kJpeg,
     {false, false, JPEG_MAX_DIMENSION},
     decode_jpeg,
     encode_jpeg,
     jpeg_encoding_bytes,
     measure_jpeg},
    {Format::kWebp,
     {true, false, 16383},
     decode_webp,
     encode_webp,
     webp_encoding_bytes,
     measure_webp},
};

#define FOVEA_TEXT_INNER(x) #x
#define FOVEA_TEXT(x) FOVEA_TEXT_INNER(x)
#ifdef LIBJPEG_TURBO_VERSION
constexpr const char* kJpegLibrary = "libjpeg-turbo " FOVEA_TEXT(LIBJPEG_TURBO_VERSION);
#else
constexpr const char* kJpegLibrary = "libjpeg " FOVEA_TEXT(JPEG_LIB_VERSION);
#endif

}  // namespace

std::span<const FormatBackend> backends() { return kBackends; }

std::string versions() {
  const int webp = WebPGetDecoderVersion();
  const int lcms = cmsGetEncodedCMMversion();  // 2140: 2.14
  return fmt::format("libspng {}, {}, libwebp {}.{}.{}, lcms2 {}.{}", spng_version_string(),
                     kJpegLibrary, webp >> 16, webp >> 8 & 0xff, webp & 0xff, lcms / 1000,
                     lcms % 1000 / 10);
}

}  // namespace fovea::codecs
