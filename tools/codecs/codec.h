// Picture files in and out, behind one small interface. Formats are told by their first bytes,
// never by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/picture.h"
#include "engine/status.h"
#include "engine/thread_team.h"
#include "tools/codecs/metadata.h"

namespace fovea::codecs {

enum class Format { kPng, kJpeg, kWebp, kBmp, kTga };

/// What a decoder may use; checked against the header before anything is allocated.
struct Limits {
  int64_t max_pixels = 400'000'000;  ///< width * height
  int64_t max_side = 1'000'000;
  size_t max_file_bytes = size_t{2} << 30;
};

/// A decoded file: the upright picture, and what was worth telling.
struct Decoded {
  Picture picture;
  Format format = Format::kPng;
  Metadata metadata;  ///< as it is true of the upright picture
  std::vector<std::string>
      warnings;  ///< e.g. "broken EXIF ignored"; one line each, without the file's name
};

/// The size decode() would give, from a file's parts and without its pixels. What it takes for
/// whole has all its parts and its end; damage within them is not seen. kPicture for anything else.
Result<Size> measure(std::span<const std::byte> bytes, std::string_view name, const Limits& limits);

struct EncodeOptions {
  int quality = 95;       ///< JPEG (4:4:4) and lossy WebP, 1...100
  bool lossless = false;  ///< WebP; PNG is without it, JPEG has no such form and is kOutput
  /// What else the file is to say, as fit_metadata() gave it; nothing: the pixels alone. The stb
  /// build writes none.
  const Metadata* metadata = nullptr;
};

/// Decodes `bytes`; `name` leads every message. kPicture when they are no picture, broken,
/// truncated, of an unsupported kind or over a limit; the message names the value and the limit.
Result<Decoded> decode(std::span<const std::byte> bytes, std::string_view name,
                       const Limits& limits);

/// Takes the bytes of a file in order, piece by piece.
using ByteSink = std::function<Status(std::span<const std::byte> bytes)>;

/// Encodes into `sink`, which is first called when nothing but a lack of memory can fail any more.
/// `team` shares the work; the bytes do not depend on it. Alpha where the format has none (JPEG)
/// and 16 bits where it has 8 are the caller's to settle beforehand with fit_to_format(): here they
/// are kOutput. kOutput too for sizes over the format's limit; what `sink` fails with is passed on
/// as it is.
Status encode(const Picture& picture, Format format, const EncodeOptions& options, ThreadTeam& team,
              const ByteSink& sink, std::string_view name);

/// The memory that fitting and encoding a picture take at most beside it, the bytes that `sink` is
/// given not counted.
int64_t encoding_bytes(Size size, int channels, int bit_depth, Format format, int threads);

/// The same in memory, on the calling thread.
Result<std::vector<std::byte>> encode(const Picture& picture, Format format,
                                      const EncodeOptions& options, std::string_view name);

/// What a format can hold.
struct Capability {
  bool alpha = false;
  bool sixteen_bit = false;
  int64_t max_side = 0;
};
Capability capability(Format format);

/// True when this build writes the format (WebP is absent in the stb build).
bool can_encode(Format format);
bool can_decode(Format format);

/// `picture` as `format` can hold it: 16 bits rounded to 8 and alpha composed over white where
/// needed; each thing lost is one line in `warnings`.
Result<Picture> fit_to_format(Picture picture, Format format, std::vector<std::string>& warnings);

/// `metadata` as a file of `format` that shows `picture` can hold it, the sides that EXIF tells set
/// to the picture's. `picture`, which fit_to_format() gave, becomes RGB of sRGB where it is gray
/// with a profile and the format has no gray. Each thing lost is one line in `warnings`.
Result<Metadata> fit_metadata(Metadata metadata, Format format, Picture& picture,
                              std::vector<std::string>& warnings);

/// ".jpg" / "jpeg" / "PNG" -> format, and back to "jpg"; no value for an unknown extension.
Result<Format> format_from_extension(std::string_view extension);
std::string_view extension(Format format);

/// "libspng 0.7.3, libjpeg-turbo 2.1.5, libwebp 1.2.4", or "stb_image 2.27 (trusted files only)".
std::string versions();

}  // namespace fovea::codecs
