// The formats of the stb build: no dependency but two headers, and for trusted files only.
// stb_image checks no checksums, guesses where a file is damaged, and has open security reports.
#include <fmt/format.h>

#include <cstring>
#include <limits>

#include "tools/codecs/backends.h"
#include "tools/codecs/jpeg_coefficients.h"
#include "tools/codecs/jpeg_segments.h"
#include "tools/codecs/measure.h"
#include "tools/codecs/png_chunks.h"
#include "tools/codecs/stb_complete.h"
#include "tools/codecs/stb_heap.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
#define STBI_ONLY_TGA
#define STBI_NO_STDIO
#define STBI_MALLOC ::fovea::codecs::stb_allocate
#define STBI_REALLOC ::fovea::codecs::stb_reallocate
#define STBI_FREE ::fovea::codecs::stb_free
#define STBI_ASSERT(truth) \
  ((truth) ? void(0) : throw ::fovea::codecs::StbFailure{"stb_image: assertion " #truth})
#include <stb/stb_image.h>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#define STBIW_MALLOC ::fovea::codecs::stb_allocate
#define STBIW_REALLOC ::fovea::codecs::stb_reallocate
#define STBIW_FREE ::fovea::codecs::stb_free
#define STBIW_ASSERT(truth) \
  ((truth) ? void(0) : throw ::fovea::codecs::StbFailure{"stb_image_write: assertion " #truth})
#include <stb/stb_image_write.h>

namespace fovea::codecs {
namespace {

// stb_image_write counts bytes in int and doubles its buffers: half of half the range is safe.
constexpr int64_t kMaxRawBytes = int64_t{1} << 29;

// What decoding may take: the pixels twice, JPEG coefficients, planes and filtered rows (under 32
// bytes a pixel together), the compressed bytes joined, and a floor for tables and for the padding
// of very small pictures.
size_t heap_limit(int64_t pixels, size_t file_bytes) {
  return static_cast<size_t>(pixels) * 32 + 3 * file_bytes + (size_t{64} << 20);
}

const stbi_uc* data_of(Bytes bytes) { return reinterpret_cast<const stbi_uc*>(bytes.data()); }

// EXIF and what else the shared scanners know of PNG and JPEG files.
struct Surroundings {
  Bytes exif;
  std::vector<std::string> warnings;
};

Result<Surroundings> look_around(Format format, Bytes bytes, const Limits& limits) {
  Surroundings found;
  bool has_profile = false;
  if (format == Format::kPng) {
    FOVEA_ASSIGN_OR_RETURN(PngChunks chunks, scan_png(bytes, limits));
    found.exif = chunks.exif;
    found.warnings = std::move(chunks.warnings);
    has_profile = chunks.has_profile;
    if (chunks.animated) found.warnings.push_back("animated PNG: only its still picture is used");
  } else if (format == Format::kJpeg) {
    const JpegSegments segments = scan_jpeg(bytes);
    found.exif = segments.exif;
    has_profile = !segments.profile.empty();
    if (segments.components == 4) {
      found.warnings.push_back(
          "CMYK turned into RGB without a colour profile: approximate colours");
    }
  }
  if (has_profile) found.warnings.push_back(kProfileWarning);
  return found;
}

tl::unexpected<Error> broken(Format format, const char* reason) {
  return fail(ErrorCode::kPicture, "broken {} or of a kind that stb_image does not read: {}",
              format_name(format), reason ? reason : "no reason given");
}

Result<Decoded> decode_stb(Format format, Bytes bytes, const Limits& limits) try {
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    return fail(ErrorCode::kPicture, "file of {} bytes (stb_image's limit {}); use the full build",
                bytes.size(), std::numeric_limits<int>::max());
  }
  FOVEA_ASSIGN_OR_RETURN(Surroundings found, look_around(format, bytes, limits));
  const int size = static_cast<int>(bytes.size());
  int width = 0;
  int height = 0;
  int channels = 0;
  bool wide = false;
  {
    const StbHeap heap(heap_limit(0, bytes.size()));
    if (!stbi_info_from_memory(data_of(bytes), size, &width, &height, &channels)) {
      return broken(format, stbi_failure_reason());
    }
    wide = format == Format::kPng && stbi_is_16_bit_from_memory(data_of(bytes), size);
  }
  FOVEA_TRY(check_size(width, height, limits));
  FOVEA_TRY(check_complete(format, bytes));

  const StbHeap heap(heap_limit(int64_t{width} * height, bytes.size()));
  const void* const samples =
      wide ? static_cast<void*>(
                 stbi_load_16_from_memory(data_of(bytes), size, &width, &height, &channels, 0))
           : stbi_load_from_memory(data_of(bytes), size, &width, &height, &channels, 0);
  if (!samples) return broken(format, stbi_failure_reason());
  Decoded decoded;
  FOVEA_ASSIGN_OR_RETURN(decoded.picture,
                         Picture::create({height, width}, channels, wide ? 16 : 8));
  std::memcpy(decoded.picture.row_bytes(0), samples,
              static_cast<size_t>(decoded.picture.row_byte_count() * height));
  decoded.warnings = std::move(found.warnings);
  if (!found.exif.empty()) FOVEA_TRY(make_upright(found.exif, decoded));
  return decoded;
} catch (const StbFailure& failure) {
  return broken(format, failure.reason);
}

// stb_image tells a file's size; what surrounds it turns it.
Result<Size> measure_stb(Format format, Bytes bytes, const Limits& limits) try {
  int width = 0;
  int height = 0;
  int channels = 0;
  const StbHeap heap(heap_limit(0, bytes.size()));
  const bool is_read = bytes.size() <= static_cast<size_t>(std::numeric_limits<int>::max()) &&
                       stbi_info_from_memory(data_of(bytes), static_cast<int>(bytes.size()), &width,
                                             &height, &channels);
  if (!is_read) return broken(format, stbi_failure_reason());
  FOVEA_TRY(check_size(width, height, limits));
  FOVEA_TRY(check_complete(format, bytes));
  return Size{height, width};
} catch (const StbFailure& failure) {
  return broken(format, failure.reason);
}

void append(void* user, void* data, int size) {
  auto& out = *static_cast<std::vector<std::byte>*>(user);
  const auto* begin = static_cast<const std::byte*>(data);
  out.insert(out.end(), begin, begin + size);
}

// BMP has no gray with alpha, and stb_image_write would drop the alpha without a word.
Result<Picture> gray_alpha_to_rgba(const Picture& picture) {
  FOVEA_ASSIGN_OR_RETURN(Picture out, Picture::create(picture.size(), 4, 8));
  for (int64_t y = 0; y < picture.height(); ++y) {
    for (int64_t x = 0; x < picture.width(); ++x) {
      for (int c = 0; c < 4; ++c) out.set_sample(y, x, c, picture.sample(y, x, c < 3 ? 0 : 1));
    }
  }
  return out;
}

Result<std::vector<std::byte>> encode_stb(Format format, const Picture& picture,
                                          const EncodeOptions& options) try {
  if (format == Format::kBmp && picture.channels() == 2) {
    FOVEA_ASSIGN_OR_RETURN(const Picture rgba, gray_alpha_to_rgba(picture));
    return encode_stb(format, rgba, options);
  }
  const int64_t raw_bytes = (picture.row_byte_count() + 1) * picture.height();
  if (raw_bytes > kMaxRawBytes) {
    return fail(ErrorCode::kOutput,
                "{} x {} is too large for stb_image_write ({} bytes, limit {}); use the full build",
                picture.width(), picture.height(), raw_bytes, kMaxRawBytes);
  }
  const StbHeap heap(heap_limit(picture.size().area(), static_cast<size_t>(raw_bytes)));
  const int width = static_cast<int>(picture.width());
  const int height = static_cast<int>(picture.height());
  const int channels = picture.channels();
  const uint8_t* const samples = picture.row_bytes(0);
  std::vector<std::byte> out;
  int written = 0;
  switch (format) {
    case Format::kPng:
      written = stbi_write_png_to_func(append, &out, width, height, channels, samples,
                                       static_cast<int>(picture.row_byte_count()));
      break;
    case Format::kJpeg:
      written =
          stbi_write_jpg_to_func(append, &out, width, height, channels, samples, options.quality);
      break;
    case Format::kBmp:
      written = stbi_write_bmp_to_func(append, &out, width, height, channels, samples);
      break;
    case Format::kTga:
      written = stbi_write_tga_to_func(append, &out, width, height, channels, samples);
      break;
    case Format::kWebp:
      break;  // not in the table below
  }
  if (!written) return fail(ErrorCode::kOutput, "stb_image_write could not write this picture");
  return out;
} catch (const StbFailure& failure) {
  return fail(ErrorCode::kOutput, "stb_image_write could not write this picture: {}",
              failure.reason);
}

template <Format format>
Result<Decoded> decode_as(Bytes bytes, const Limits& limits) {
  return decode_stb(format, bytes, limits);
}

template <Format format>
Result<Size> measure_as(Bytes bytes, const Limits& limits) {
  if (format == Format::kPng) return measure_png(bytes, limits);
  if (format == Format::kJpeg) return measure_jpeg(bytes, limits);
  return measure_stb(format, bytes, limits);
}

template <Format format>
Status encode_as(const Picture& picture, const EncodeOptions& options, ThreadTeam&,
                 const ByteSink& sink) {
  FOVEA_ASSIGN_OR_RETURN(const std::vector<std::byte> file, encode_stb(format, picture, options));
  return sink(file);
}

// Filtered rows, their compressed form, and the file, which grows by doubling.
int64_t encoding_bytes(int64_t row_bytes, int64_t height, int) { return 4 * row_bytes * height; }

template <Format format>
constexpr FormatBackend backend(Capability capability) {
  return {format,         capability,        decode_as<format>, encode_as<format>,
          encoding_bytes, measure_as<format>};
}

// 16 bits are read from PNG but not written: stb_image_write has only 8.
constexpr FormatBackend kBackends[] = {
    backend<Format::kPng>({true, false, STBI_MAX_DIMENSIONS}),
    backend<Format::kJpeg>({false, false, 65535}),
    backend<Format::kBmp>({true, false, STBI_MAX_DIMENSIONS}),
    backend<Format::kTga>({true, false, 65535}),
};

}  // namespace

std::span<const FormatBackend> backends() { return kBackends; }

// stb_image gives pixels alone.
Result<std::optional<JpegCoefficients>> read_jpeg_coefficients(Bytes, std::string_view,
                                                               const Limits&) {
  return std::nullopt;
}

std::string versions() { return "stb_image " FOVEA_STB_VERSION " (trusted files only)"; }

// It writes none, and says of what it reads but the orientation that it is lost.
Result<Metadata> fit_metadata(Metadata, Format, Picture&, std::vector<std::string>&) {
  return Metadata{};
}

}  // namespace fovea::codecs
