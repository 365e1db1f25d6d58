#include "tests/zip_files.h"

#include <array>

#include "tests/model_files.h"

namespace fovea::test {
namespace {

constexpr uint16_t kHasDescriptor = 8;
constexpr uint16_t kExtra64 = 1;
constexpr uint32_t kFull = 0xffffffff;

std::string u16(uint64_t value) { return little_endian(static_cast<uint16_t>(value)); }
std::string u32(uint64_t value) { return little_endian(static_cast<uint32_t>(value)); }
std::string u64(uint64_t value) { return little_endian(value); }

std::string local_part(const ZipFileMember& member) {
  const bool later = (member.flags & kHasDescriptor) != 0;
  const std::string name = member.local_name.value_or(member.name);
  const uint64_t size = later ? 0 : member.zip64 ? kFull : member.data.size();
  std::string extra = member.local_extra;
  if (member.zip64 && !later)
    extra += zip_extra(kExtra64, u64(member.data.size()) + u64(member.data.size()));
  std::string bytes = u32(0x04034b50) + u16(20) + u16(member.local_flags.value_or(member.flags)) +
                      u16(member.local_method.value_or(member.method)) + u32(0) +
                      u32(member.local_crc.value_or(later ? 0 : crc_of(member.data))) +
                      u32(member.local_stored.value_or(static_cast<uint32_t>(size))) +
                      u32(member.local_size.value_or(static_cast<uint32_t>(size))) +
                      u16(name.size()) + u16(extra.size()) + name + extra + member.data;
  if (later)
    bytes += u32(0x08074b50) + u32(crc_of(member.data)) +
             (member.zip64 ? u64(member.data.size()) + u64(member.data.size())
                           : u32(member.data.size()) + u32(member.data.size()));
  return bytes;
}

std::string directory_part(const ZipFileMember& member, uint64_t offset) {
  std::string extra = member.extra;
  if (member.zip64)
    extra += zip_extra(kExtra64, u64(member.data.size()) + u64(member.data.size()) + u64(offset));
  const auto told = [&](const std::optional<uint32_t>& value, uint64_t real) {
    return u32(value.value_or(member.zip64 ? kFull : static_cast<uint32_t>(real)));
  };
  return u32(0x02014b50) + u16(20) + u16(20) + u16(member.flags) + u16(member.method) + u32(0) +
         u32(member.crc.value_or(crc_of(member.data))) + told(member.stored, member.data.size()) +
         told(member.size, member.data.size()) + u16(member.name.size()) + u16(extra.size()) +
         u16(member.comment.size()) + u16(member.disk) + u16(0) + u32(member.attributes) +
         told(member.offset, offset) + member.name + extra + member.comment;
}

}  // namespace

std::string zip_extra(uint16_t id, std::string_view bytes) {
  return u16(id) + u16(bytes.size()) + std::string(bytes);
}

// The reflected polynomial 0xedb88320, a bit at a time.
uint32_t crc_of(std::string_view bytes) {
  uint32_t crc = ~uint32_t{0};
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

std::string zip_file(const std::vector<ZipFileMember>& members, const ZipFileEnd& end) {
  std::string file, directory;
  for (const ZipFileMember& member : members) {
    file += member.before;
    directory += directory_part(member, file.size());
    file += local_part(member);
  }
  const uint64_t offset = file.size();
  const uint64_t size = directory.size();
  file += directory + end.after_directory;
  if (end.zip64) {
    const uint64_t record = file.size();
    file += u32(0x06064b50) + u64(end.record64.value_or(44)) + u16(45) + u16(45) + u32(end.disk64) +
            u32(0) + u64(end.members_here64.value_or(members.size())) +
            u64(end.members64.value_or(members.size())) + u64(end.size64.value_or(size)) +
            u64(end.offset64.value_or(offset)) + u32(0x07064b50) + u32(0) +
            u64(end.located64.value_or(record)) + u32(end.disks64);
  }
  const auto told = [&](uint64_t real, uint64_t full) { return end.saturated ? full : real; };
  const uint64_t count = told(members.size(), 0xffff);
  file += u32(0x06054b50) + u16(end.disk.value_or(0)) + u16(0) +
          u16(end.members_here.value_or(end.members.value_or(static_cast<uint16_t>(count)))) +
          u16(end.members.value_or(static_cast<uint16_t>(count))) +
          u32(end.size.value_or(static_cast<uint32_t>(told(size, kFull)))) +
          u32(end.offset.value_or(static_cast<uint32_t>(told(offset, kFull)))) +
          u16(end.comment.size()) + end.comment + end.after;
  return file;
}

}  // namespace fovea::test
