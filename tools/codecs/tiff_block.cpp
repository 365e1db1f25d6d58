#include "tools/codecs/tiff_block.h"

#include <cstring>

namespace fovea::codecs {
namespace {

constexpr size_t kEntryBytes = 12;  // tag u16, type u16, count u32, value or offset u32

bool starts_with(std::span<const std::byte> bytes, const char* text, size_t length) {
  return bytes.size() >= length && std::memcmp(bytes.data(), text, length) == 0;
}

}  // namespace

uint32_t TiffBlock::u16(size_t offset) const {
  const auto first = std::to_integer<uint32_t>(bytes_[offset]);
  const auto second = std::to_integer<uint32_t>(bytes_[offset + 1]);
  return big_endian_ ? first << 8 | second : second << 8 | first;
}

uint32_t TiffBlock::u32(size_t offset) const {
  const uint32_t first = u16(offset);
  const uint32_t second = u16(offset + 2);
  return big_endian_ ? first << 16 | second : second << 16 | first;
}

void TiffBlock::set_u16(std::span<std::byte> block, size_t offset, uint32_t value) const {
  const auto high = static_cast<std::byte>(value >> 8 & 0xff);
  const auto low = static_cast<std::byte>(value & 0xff);
  block[offset] = big_endian_ ? high : low;
  block[offset + 1] = big_endian_ ? low : high;
}

void TiffBlock::set_u32(std::span<std::byte> block, size_t offset, uint32_t value) const {
  set_u16(block, offset, big_endian_ ? value >> 16 : value & 0xffff);
  set_u16(block, offset + 2, big_endian_ ? value & 0xffff : value >> 16);
}

Result<TiffBlock> TiffBlock::open(std::span<const std::byte> block) {
  const bool big_endian = starts_with(block, "MM\0*", 4);
  if (!big_endian && !starts_with(block, "II*\0", 4)) {
    return fail(ErrorCode::kPicture, "no TIFF header in its {} bytes", block.size());
  }
  if (block.size() < 8) {
    return fail(ErrorCode::kPicture, "only {} bytes (at least 8)", block.size());
  }
  TiffBlock tiff(block, big_endian);
  tiff.first_directory_ = tiff.u32(4);
  if (tiff.first_directory_ < 8 || tiff.first_directory_ > block.size() - 2) {
    return fail(ErrorCode::kPicture, "its directory is at byte {} of {}", tiff.first_directory_,
                block.size());
  }
  return tiff;
}

Result<std::optional<TiffEntry>> TiffBlock::find(size_t directory, uint32_t tag) const {
  if (directory < 8 || directory > bytes_.size() - 2) {
    return fail(ErrorCode::kPicture, "a directory is at byte {} of {}", directory, bytes_.size());
  }
  const size_t entries = u16(directory);
  const size_t first = directory + 2;
  const size_t whole_entries = (bytes_.size() - first) / kEntryBytes;
  for (size_t i = 0; i < entries; ++i) {
    if (i >= whole_entries) {
      return fail(ErrorCode::kPicture, "its directory has {} entries, room for {}", entries,
                  whole_entries);
    }
    const size_t entry = first + i * kEntryBytes;
    if (u16(entry) == tag) return TiffEntry{entry, u16(entry + 2), u32(entry + 4)};
  }
  return std::nullopt;
}

std::optional<uint32_t> TiffBlock::number(const TiffEntry& entry) const {
  if (entry.count != 1) return std::nullopt;
  if (entry.type == kShort) return u16(entry.offset + 8);
  if (entry.type == kLong) return u32(entry.offset + 8);
  return std::nullopt;
}

std::optional<double> TiffBlock::rational(const TiffEntry& entry) const {
  if (entry.type != kRational || entry.count != 1) return std::nullopt;
  const size_t at = u32(entry.offset + 8);
  if (bytes_.size() < 8 || at > bytes_.size() - 8 || u32(at + 4) == 0) return std::nullopt;
  return static_cast<double>(u32(at)) / u32(at + 4);
}

std::optional<size_t> TiffBlock::end_of(size_t directory) const {
  if (directory < 8 || directory > bytes_.size() - 2) return std::nullopt;
  const size_t end = directory + 2 + u16(directory) * kEntryBytes;
  if (end > bytes_.size() - 4) return std::nullopt;
  return end;
}

void TiffBlock::set_number(std::span<std::byte> block, const TiffEntry& entry,
                           uint32_t value) const {
  if (entry.type == kShort && value <= 0xffff) return set_u16(block, entry.offset + 8, value);
  set_u16(block, entry.offset + 2, kLong);
  set_u32(block, entry.offset + 4, 1);
  set_u32(block, entry.offset + 8, value);
}

}  // namespace fovea::codecs
