// Zip archives made in memory, valid or with any field of any header wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fovea::test {

/// A member and what its two headers say of it; what is not set is told as it is.
struct ZipFileMember {
  std::string name;
  std::string data;
  uint16_t flags = 0;  // 8: checksum and sizes behind the data, 0 in the local header
  uint16_t method = 0;
  bool zip64 = false;  // sizes and offset in extra fields
  std::optional<uint32_t> crc, stored, size, offset;
  uint16_t disk = 0;
  uint32_t attributes = 0;
  std::string extra, comment;
  std::optional<std::string> local_name;
  std::optional<uint16_t> local_flags, local_method;
  std::optional<uint32_t> local_crc, local_stored, local_size;
  std::string local_extra;
  std::string before;  // bytes before the local header
};

/// The records behind the members.
struct ZipFileEnd {
  bool zip64 = false;      // a record and a locator of Zip64
  bool saturated = false;  // and the numbers in them alone
  std::optional<uint16_t> members, members_here, disk;
  std::optional<uint32_t> size, offset;
  std::optional<uint64_t> members64, members_here64, size64, offset64, record64, located64;
  uint32_t disk64 = 0, disks64 = 1;
  std::string comment, after_directory, after;
};

std::string zip_file(const std::vector<ZipFileMember>& members, const ZipFileEnd& end = {});

/// CRC-32 of zip archives.
uint32_t crc_of(std::string_view bytes);

/// An extra field of a zip header.
std::string zip_extra(uint16_t id, std::string_view bytes);

}  // namespace fovea::test
