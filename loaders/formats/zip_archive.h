// The members of a zip archive as PyTorch writes them: stored, not compressed (PKWARE APPNOTE
// 6.3.10).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "engine/status.h"

namespace fovea {

/// Where a member's bytes lie.
struct ZipMember {
  size_t offset = 0;
  size_t size = 0;
  uint32_t crc = 0;
  bool is_compressed = false;
};

/// The directory of an archive, checked: what two readers could read in two ways is refused. Zip64
/// and data descriptors are read; encryption and archives in parts are not.
class ZipArchive {
 public:
  /// Members at most.
  static constexpr uint64_t kMaxMembers = 100'000;

  /// `bytes` must outlive the archive. kModel, saying where, for what breaks a rule: one end of the
  /// directory, at the file's end; its size and both kinds of headers agree; names are plain
  /// relative paths under one folder, no two of which differ only in case; no member overlaps
  /// another or the directory.
  static Result<ZipArchive> open(std::span<const std::byte> bytes);

  /// The member FOLDER/`name`; null when it is not there.
  const ZipMember* find(std::string_view name) const;

  /// True when there is a member whose name below the folder begins with `prefix`.
  bool has_prefix(std::string_view prefix) const;

  /// The member's bytes. kModel when they are compressed, which PyTorch does with TorchScript
  /// alone, or have not the checksum of the directory, unless that is 0: PyTorch can be told not to
  /// compute it.
  Result<std::span<const std::byte>> read(std::string_view name, const ZipMember& member) const;

 private:
  explicit ZipArchive(std::span<const std::byte> bytes) : bytes_(bytes) {}
  Status parse();

  std::span<const std::byte> bytes_;
  std::map<std::string, ZipMember, std::less<>> members_;  // by the name below the folder
};

}  // namespace fovea
