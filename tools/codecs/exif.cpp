#include "tools/codecs/exif.h"

#include <cstdint>
#include <cstring>

namespace fovea::codecs {
namespace {

constexpr size_t kEntryBytes = 12;  // tag u16, type u16, count u32, value or offset u32
constexpr uint32_t kOrientationTag = 0x0112;
constexpr uint32_t kShort = 3;
constexpr uint32_t kLong = 4;

// Numbers of a TIFF block in its own byte order. Callers check the bounds.
class TiffReader {
 public:
  TiffReader(std::span<const std::byte> bytes, bool big_endian)
      : bytes_(bytes), big_endian_(big_endian) {}

  uint32_t u16(size_t offset) const {
    const uint32_t first = byte(offset);
    const uint32_t second = byte(offset + 1);
    return big_endian_ ? first << 8 | second : second << 8 | first;
  }
  uint32_t u32(size_t offset) const {
    const uint32_t first = u16(offset);
    const uint32_t second = u16(offset + 2);
    return big_endian_ ? first << 16 | second : second << 16 | first;
  }

 private:
  uint32_t byte(size_t offset) const { return std::to_integer<uint32_t>(bytes_[offset]); }

  std::span<const std::byte> bytes_;
  bool big_endian_;
};

bool starts_with(std::span<const std::byte> bytes, const char* text, size_t length) {
  return bytes.size() >= length && std::memcmp(bytes.data(), text, length) == 0;
}

}  // namespace

Result<int> read_orientation(std::span<const std::byte> exif) {
  if (starts_with(exif, "Exif\0\0", 6)) exif = exif.subspan(6);
  const bool big_endian = starts_with(exif, "MM\0*", 4);
  if (!big_endian && !starts_with(exif, "II*\0", 4)) {
    return fail(ErrorCode::kPicture, "no TIFF header in its {} bytes", exif.size());
  }
  if (exif.size() < 8) {
    return fail(ErrorCode::kPicture, "only {} bytes (at least 8)", exif.size());
  }
  const TiffReader tiff(exif, big_endian);
  const size_t directory = tiff.u32(4);
  if (directory < 8 || directory > exif.size() - 2) {
    return fail(ErrorCode::kPicture, "its directory is at byte {} of {}", directory, exif.size());
  }
  const size_t entries = tiff.u16(directory);
  const size_t first = directory + 2;
  const size_t whole_entries = (exif.size() - first) / kEntryBytes;
  for (size_t i = 0; i < entries; ++i) {
    if (i >= whole_entries) {
      return fail(ErrorCode::kPicture, "its directory has {} entries, room for {}", entries,
                  whole_entries);
    }
    const size_t entry = first + i * kEntryBytes;
    if (tiff.u16(entry) != kOrientationTag) continue;
    const uint32_t type = tiff.u16(entry + 2);
    const uint32_t count = tiff.u32(entry + 4);
    if ((type != kShort && type != kLong) || count != 1) {
      return fail(ErrorCode::kPicture, "orientation of type {}, count {}", type, count);
    }
    const uint32_t value = type == kShort ? tiff.u16(entry + 8) : tiff.u32(entry + 8);
    if (value < 1 || value > 8) {
      return fail(ErrorCode::kPicture, "orientation {} (1 to 8)", value);
    }
    return static_cast<int>(value);
  }
  return 1;
}

}  // namespace fovea::codecs
