// The table of formats that a build reads and writes, and what its rows share.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/codecs/codec.h"

namespace fovea::codecs {

using Bytes = std::span<const std::byte>;

/// One format. Its functions may assume that the bytes are not empty and within max_file_bytes,
/// that the format can hold the picture's size, depth and alpha, and that the quality is in range;
/// they may throw std::bad_alloc. `measure` is what codecs::measure() says. Messages carry no file
/// name: decode() and encode() put it in front.
struct FormatBackend {
  Format format;
  Capability capability;
  Result<Decoded> (*decode)(Bytes bytes, const Limits& limits);
  Status (*encode)(const Picture& picture, const EncodeOptions& options, ThreadTeam& team,
                   const ByteSink& sink);
  int64_t (*encoding_bytes)(int64_t row_bytes, int64_t height, int threads);
  Result<Size> (*measure)(Bytes bytes, const Limits& limits);
};

/// The formats of this build; defined once, in full.cpp or in stb.cpp.
std::span<const FormatBackend> backends();

/// Said of a colour profile that is lost, because the colours may look different without it.
inline constexpr const char* kProfileWarning = "its colour profile is not carried over";

/// The name a person knows a format by, "PNG".
std::string_view format_name(Format format);

/// kPicture when a side is zero or over limits.max_side, or the area over limits.max_pixels. To be
/// called with what the header says, before anything is allocated.
Status check_size(int64_t width, int64_t height, const Limits& limits);

/// Turns the picture upright as the EXIF block `exif` asks, and keeps the block as that of an
/// upright picture, with its density where the file tells no other; a broken block becomes a
/// warning and is not kept.
Status make_upright(Bytes exif, Decoded& decoded);

}  // namespace fovea::codecs
