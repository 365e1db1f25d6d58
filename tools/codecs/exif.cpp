#include "tools/codecs/exif.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "tools/codecs/tiff_block.h"

namespace fovea::codecs {
namespace {

constexpr uint32_t kOrientationTag = 0x0112;
constexpr uint32_t kXResolutionTag = 0x011a;
constexpr uint32_t kYResolutionTag = 0x011b;
constexpr uint32_t kResolutionUnitTag = 0x0128;
constexpr uint32_t kExifDirectoryTag = 0x8769;
constexpr uint32_t kPixelXDimensionTag = 0xa002;
constexpr uint32_t kPixelYDimensionTag = 0xa003;
constexpr uint32_t kImageWidthTag = 0x0100;
constexpr uint32_t kImageLengthTag = 0x0101;

// Values of ResolutionUnit.
constexpr uint32_t kInch = 2, kCentimetre = 3;
constexpr double kInchesPerMetre = 1 / 0.0254, kCentimetresPerMetre = 100;

std::optional<TiffEntry> entry_of(const TiffBlock& tiff, size_t directory, uint32_t tag) {
  const auto found = tiff.find(directory, tag);
  return found ? *found : std::nullopt;
}

std::optional<uint32_t> per_metre(std::optional<double> resolution, double units) {
  if (!resolution) return std::nullopt;
  const double pixels = std::round(*resolution * units);
  // PNG keeps 31 bits.
  if (!(pixels >= 1 && pixels <= std::numeric_limits<int32_t>::max())) return std::nullopt;
  return static_cast<uint32_t>(pixels);
}

}  // namespace

std::span<const std::byte> tiff_of_exif(std::span<const std::byte> exif) {
  constexpr size_t kLead = 6;
  const bool led = exif.size() >= kLead && std::memcmp(exif.data(), "Exif\0\0", kLead) == 0;
  return exif.subspan(led ? kLead : 0);
}

Result<int> read_orientation(std::span<const std::byte> exif) {
  FOVEA_ASSIGN_OR_RETURN(const TiffBlock tiff, TiffBlock::open(tiff_of_exif(exif)));
  FOVEA_ASSIGN_OR_RETURN(const auto entry, tiff.find(tiff.first_directory(), kOrientationTag));
  if (!entry) return 1;
  const auto value = tiff.number(*entry);
  if (!value) {
    return fail(ErrorCode::kPicture, "orientation of type {}, count {}", entry->type, entry->count);
  }
  if (*value < 1 || *value > 8) {
    return fail(ErrorCode::kPicture, "orientation {} (1 to 8)", *value);
  }
  return static_cast<int>(*value);
}

std::optional<Density> read_density(std::span<const std::byte> exif) {
  const auto tiff = TiffBlock::open(tiff_of_exif(exif));
  if (!tiff) return std::nullopt;
  const size_t directory = tiff->first_directory();
  const auto resolution = [&](uint32_t tag) -> std::optional<double> {
    const auto entry = entry_of(*tiff, directory, tag);
    return entry ? tiff->rational(*entry) : std::nullopt;
  };
  const auto unit_entry = entry_of(*tiff, directory, kResolutionUnitTag);
  const uint32_t unit = unit_entry ? tiff->number(*unit_entry).value_or(0) : kInch;
  if (unit != kInch && unit != kCentimetre) return std::nullopt;
  const double units = unit == kInch ? kInchesPerMetre : kCentimetresPerMetre;
  const auto x = per_metre(resolution(kXResolutionTag), units);
  const auto y = per_metre(resolution(kYResolutionTag), units);
  if (!x || !y) return std::nullopt;
  return Density{*x, *y};
}

std::vector<std::byte> upright_exif(std::span<const std::byte> exif) {
  const auto block = tiff_of_exif(exif);
  std::vector<std::byte> upright(block.begin(), block.end());
  const auto tiff = TiffBlock::open(block);
  if (!tiff) return upright;
  const auto entry = entry_of(*tiff, tiff->first_directory(), kOrientationTag);
  if (!entry || tiff->number(*entry) == 1u) return upright;
  tiff->set_number(upright, *entry, 1);
  if (const auto next = tiff->end_of(tiff->first_directory())) tiff->set_u32(upright, *next, 0);
  return upright;
}

void set_exif_size(std::vector<std::byte>& exif, Size size) {
  const std::vector<std::byte> before = exif;
  const auto tiff = TiffBlock::open(before);
  if (!tiff) return;
  const auto set = [&](size_t directory, uint32_t tag, int64_t side) {
    const auto entry = entry_of(*tiff, directory, tag);
    if (entry && tiff->number(*entry)) tiff->set_number(exif, *entry, static_cast<uint32_t>(side));
  };
  set(tiff->first_directory(), kImageWidthTag, size.width);
  set(tiff->first_directory(), kImageLengthTag, size.height);
  const auto link = entry_of(*tiff, tiff->first_directory(), kExifDirectoryTag);
  const auto directory = link ? tiff->number(*link) : std::nullopt;
  if (!directory) return;
  set(*directory, kPixelXDimensionTag, size.width);
  set(*directory, kPixelYDimensionTag, size.height);
}

std::vector<std::byte> exif_of_density(Density density) {
  std::vector<std::byte> block;
  const auto put = [&](uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) block.push_back(static_cast<std::byte>(value >> 8 * i));
  };
  constexpr uint32_t kEntries = 3, kFirst = 8, kValues = kFirst + 2 + kEntries * 12 + 4;
  for (const char c : {'I', 'I', '*', '\0'}) block.push_back(static_cast<std::byte>(c));
  put(kFirst, 4);
  put(kEntries, 2);
  const auto put_entry = [&](uint32_t tag, uint32_t type, uint32_t value) {
    put(tag, 2);
    put(type, 2);
    put(1, 4);
    put(value, 4);
  };
  put_entry(kXResolutionTag, TiffBlock::kRational, kValues);
  put_entry(kYResolutionTag, TiffBlock::kRational, kValues + 8);
  put_entry(kResolutionUnitTag, TiffBlock::kShort, kCentimetre);
  put(0, 4);  // no directory more
  for (const uint32_t pixels : {density.x, density.y}) {
    put(pixels, 4);
    put(static_cast<uint32_t>(kCentimetresPerMetre), 4);
  }
  return block;
}

}  // namespace fovea::codecs
