#include "tools/codecs/stb_complete.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "tools/codecs/jpeg_segments.h"

namespace fovea::codecs {
namespace {

int64_t little_endian(Bytes file, size_t offset, size_t count) {
  int64_t value = 0;
  for (size_t i = count; i-- > 0;) {
    const auto byte = offset + i < file.size() ? std::to_integer<int64_t>(file[offset + i]) : 0;
    value = value << 8 | byte;
  }
  return value;
}

// The bytes a BMP has to have: uncompressed rows, padded to 4 bytes, at the offset that its header
// states.
int64_t bmp_bytes(Bytes file) {
  const int64_t offset = little_endian(file, 10, 4);
  const bool core = little_endian(file, 14, 4) == 12;  // the header of OS/2, with 16-bit sides
  const size_t side_bytes = core ? 2 : 4;
  const int64_t width = little_endian(file, 18, side_bytes);
  int64_t height = little_endian(file, 18 + side_bytes, side_bytes);
  if (!core && height > std::numeric_limits<int32_t>::max()) {
    height = (int64_t{1} << 32) - height;  // negative: rows from the top
  }
  const int64_t bits = little_endian(file, 18 + 2 * side_bytes + 2, 2);
  const int64_t row_bytes = (width * bits + 31) / 32 * 4;
  // Sides are below 2^32 and bits below 2^16: the row fits, the product may not.
  int64_t total = 0;
  if (__builtin_mul_overflow(row_bytes, height, &total) ||
      __builtin_add_overflow(total, offset, &total)) {
    return std::numeric_limits<int64_t>::max();
  }
  return total;
}

// The bytes a TGA has to have, found for run-length coding by walking its packets. Every product is
// of numbers below 2^16 and a few bytes.
int64_t tga_bytes(Bytes file) {
  const int64_t kind = little_endian(file, 2, 1);
  const bool indexed = kind == 1 || kind == 9;
  int64_t offset = 18 + little_endian(file, 0, 1);
  if (indexed) {
    const int64_t entry_bytes = (little_endian(file, 7, 1) + 7) / 8;
    offset += little_endian(file, 3, 2) + little_endian(file, 5, 2) * entry_bytes;
  }
  const int64_t pixels = little_endian(file, 12, 2) * little_endian(file, 14, 2);
  const int64_t pixel_bytes = (little_endian(file, 16, 1) + 7) / 8;
  if (kind < 8) return offset + pixels * pixel_bytes;
  for (int64_t done = 0; done < pixels;) {
    if (offset >= static_cast<int64_t>(file.size())) return offset + 1;
    const int64_t packet = little_endian(file, static_cast<size_t>(offset), 1);
    const int64_t count = 1 + (packet & 127);
    offset += 1 + ((packet & 128) != 0 ? 1 : count) * pixel_bytes;
    done += count;
  }
  return offset;
}

// In coded pixels 0xff is followed by 0 or a restart marker, so an end marker after the first
// scan's header is one.
bool jpeg_has_end(Bytes file) {
  constexpr std::array<std::byte, 2> kEnd = {std::byte{0xff}, std::byte{0xd9}};
  const size_t scan = scan_jpeg(file).scan_offset;
  return scan != 0 && std::search(file.begin() + static_cast<std::ptrdiff_t>(scan), file.end(),
                                  kEnd.begin(), kEnd.end()) != file.end();
}

}  // namespace

Status check_complete(Format format, Bytes file) {
  if (format == Format::kJpeg && !jpeg_has_end(file)) {
    return fail(ErrorCode::kPicture, "cut off JPEG: no end after {} bytes; get the file again",
                file.size());
  }
  const int64_t needed = format == Format::kBmp   ? bmp_bytes(file)
                         : format == Format::kTga ? tga_bytes(file)
                                                  : 0;
  if (needed > static_cast<int64_t>(file.size())) {
    return fail(ErrorCode::kPicture, "cut off {}: {} bytes (at least {}); get the file again",
                format_name(format), file.size(), needed);
  }
  return {};
}

}  // namespace fovea::codecs
