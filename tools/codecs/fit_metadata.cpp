// What of a file's metadata is lost on the way into a format.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "tools/codecs/backends.h"
#include "tools/codecs/colour_profile.h"
#include "tools/codecs/exif.h"
#include "tools/codecs/jpeg_metadata.h"

namespace fovea::codecs {
namespace {

// The texts' keywords, or the types of other chunks, each once.
std::string names_of(const std::vector<PngChunk>& chunks) {
  std::vector<std::string> names;
  for (const PngChunk& chunk : chunks) {
    std::string name = chunk_name(chunk);
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  }
  constexpr size_t kMost = 8;
  const size_t more = names.size() > kMost ? names.size() - kMost : 0;
  names.resize(names.size() - more);
  return fmt::format("{}{}", fmt::join(names, ", "),
                     more > 0 ? fmt::format(" and {} more", more) : "");
}

// A block that its segment of a JPEG has no room for.
void drop_over(size_t limit, std::string_view what, std::vector<std::byte>& block,
               std::vector<std::string>& warnings) {
  if (block.size() <= limit) return;
  warnings.push_back(fmt::format("{} of {} bytes is not carried over: JPEG has room for {}", what,
                                 block.size(), limit));
  block.clear();
}

Status fit_profile(Metadata& metadata, Format format, Picture& picture,
                   std::vector<std::string>& warnings) {
  if (metadata.profile.empty()) return {};
  const bool is_gray = picture.colour_channels() == 1;
  const ProfileSpace space = profile_space(metadata.profile);
  if (space != (is_gray ? ProfileSpace::kGray : ProfileSpace::kRgb)) {
    warnings.push_back(
        fmt::format("{}: it is not one of {} pictures", kProfileWarning, is_gray ? "gray" : "RGB"));
    metadata.profile.clear();
    return {};
  }
  if (!is_gray || format != Format::kWebp) return {};
  auto colours = gray_to_srgb(picture, metadata.profile);
  metadata.profile.clear();
  if (!colours && colours.error().code != ErrorCode::kPicture)
    return tl::unexpected(colours.error());
  if (colours) {
    picture = std::move(*colours);
  } else {
    warnings.push_back(fmt::format("{}: {}", kProfileWarning, colours.error().message));
  }
  return {};
}

}  // namespace

std::string chunk_name(const PngChunk& chunk) {
  const std::string type(chunk.type.data(), chunk.type.size());
  if (type != "tEXt" && type != "zTXt" && type != "iTXt") return type;
  std::string keyword;
  for (const std::byte b : chunk.payload) {
    const char c = static_cast<char>(b);
    if (c == '\0' || keyword.size() == 79) break;  // the longest that the standard knows
    keyword += c >= ' ' && c <= '~' ? c : '?';
  }
  return fmt::format("the text '{}'", keyword);
}

Result<Metadata> fit_metadata(Metadata metadata, Format format, Picture& picture,
                              std::vector<std::string>& warnings) {
  FOVEA_TRY(fit_profile(metadata, format, picture, warnings));
  if (format != Format::kPng && !metadata.png_chunks.empty()) {
    warnings.push_back(fmt::format("{} is not carried over: {} has no place for it",
                                   names_of(metadata.png_chunks), format_name(format)));
    metadata.png_chunks.clear();
  }
  if (format != Format::kJpeg && !metadata.jpeg_segments.empty()) {
    warnings.push_back(
        fmt::format("the JPEG's comments are not carried over: {} has no place for "
                    "them",
                    format_name(format)));
    metadata.jpeg_segments.clear();
  }
  if (format == Format::kJpeg) {
    drop_over(kMostJpegExif, "EXIF", metadata.exif, warnings);
    drop_over(kMostJpegXmp, "XMP", metadata.xmp, warnings);
    drop_over(kMostJpegProfile, "the colour profile", metadata.profile, warnings);
  }
  // The only place that WebP has for it.
  if (format == Format::kWebp && metadata.exif.empty() && metadata.density)
    metadata.exif = exif_of_density(*metadata.density);
  set_exif_size(metadata.exif, picture.size());
  return metadata;
}

}  // namespace fovea::codecs
