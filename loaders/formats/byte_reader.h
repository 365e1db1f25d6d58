// Reads little-endian numbers and runs of bytes from a buffer, never beyond its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "engine/status.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "tensors are used as they lie in the file, which is little-endian");

namespace fovea {

/// A position in a buffer. Every read is checked and every error names what was to be read, the
/// offset, and what is there; the position stays where it was when a read fails.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  size_t offset() const { return offset_; }
  size_t remaining() const { return bytes_.size() - offset_; }

  Result<uint8_t> read_u8(std::string_view what) { return read_number<uint8_t>(what); }
  Result<uint16_t> read_u16(std::string_view what) { return read_number<uint16_t>(what); }
  Result<uint32_t> read_u32(std::string_view what) { return read_number<uint32_t>(what); }
  Result<uint64_t> read_u64(std::string_view what) { return read_number<uint64_t>(what); }

  /// The next `count` bytes, not copied.
  Result<std::span<const std::byte>> take(uint64_t count, std::string_view what) {
    if (count > remaining())
      return fail(ErrorCode::kModel, "{} at byte {} needs {} bytes, {} are left: it is cut short",
                  what, offset_, count, remaining());
    const auto taken = bytes_.subspan(offset_, static_cast<size_t>(count));
    offset_ += taken.size();
    return taken;
  }

 private:
  template <class T>
  Result<T> read_number(std::string_view what) {
    FOVEA_ASSIGN_OR_RETURN(const auto bytes, take(sizeof(T), what));
    T value;
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }

  std::span<const std::byte> bytes_;
  size_t offset_ = 0;
};

}  // namespace fovea
