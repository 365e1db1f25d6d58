// A TIFF block, which is what EXIF is: entries of its directories found and changed in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/status.h"

namespace fovea::codecs {

/// An entry of a directory.
struct TiffEntry {
  size_t offset = 0;  ///< of the entry in the block
  uint32_t type = 0;
  uint32_t count = 0;
};

/// Reads numbers of a block in its own byte order. Nothing outside the block is read, and no loop
/// of directories is ever followed. Source: TIFF 6.0 §2.
class TiffBlock {
 public:
  static constexpr uint32_t kShort = 3, kLong = 4, kRational = 5;

  /// `block`: "II*\0" or "MM\0*" and what follows. kPicture without such a header, or where the
  /// first directory does not lie in it.
  static Result<TiffBlock> open(std::span<const std::byte> block);

  size_t first_directory() const { return first_directory_; }
  size_t size() const { return bytes_.size(); }

  /// The entry of `tag` in a directory; nothing when it is not there. kPicture when the directory
  /// is cut off before the tag is found.
  Result<std::optional<TiffEntry>> find(size_t directory, uint32_t tag) const;

  /// The value of an entry of one SHORT or LONG; nothing for others.
  std::optional<uint32_t> number(const TiffEntry& entry) const;

  /// The value of an entry of one RATIONAL; nothing for others, and where it divides by zero.
  std::optional<double> rational(const TiffEntry& entry) const;

  /// Where a directory's own entries end, which is where the offset of the next one lies; nothing
  /// when that is outside.
  std::optional<size_t> end_of(size_t directory) const;

  /// Sets an entry that number() reads in `block`, a copy of the bytes that were opened; a SHORT
  /// becomes a LONG where it has no room for the value.
  void set_number(std::span<std::byte> block, const TiffEntry& entry, uint32_t value) const;
  void set_u32(std::span<std::byte> block, size_t offset, uint32_t value) const;

 private:
  TiffBlock(std::span<const std::byte> bytes, bool big_endian)
      : bytes_(bytes), big_endian_(big_endian) {}

  uint32_t u16(size_t offset) const;
  uint32_t u32(size_t offset) const;
  void set_u16(std::span<std::byte> block, size_t offset, uint32_t value) const;

  std::span<const std::byte> bytes_;
  bool big_endian_;
  size_t first_directory_ = 0;
};

}  // namespace fovea::codecs
