#include "loaders/formats/zip_archive.h"

#include <libdeflate.h>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "loaders/formats/byte_reader.h"
#include "loaders/formats/checked_arithmetic.h"
#include "loaders/formats/text.h"

namespace fovea {
namespace {

constexpr uint32_t kLocalMark = 0x04034b50;
constexpr uint32_t kDirectoryMark = 0x02014b50;
constexpr uint32_t kEndMark = 0x06054b50;
constexpr uint32_t kEnd64Mark = 0x06064b50;
constexpr uint32_t kLocator64Mark = 0x07064b50;
constexpr size_t kEndBytes = 22;
constexpr size_t kLocator64Bytes = 20;
constexpr size_t kMaxComment = 0xffff;
constexpr uint16_t kExtra64 = 1;        // the extra field of large sizes and offsets
constexpr uint16_t kHasDescriptor = 8;  // flag: sizes and checksum behind the data
constexpr uint16_t kNameIsUtf8 = 2048;  // flag
constexpr uint32_t kIsFolder = 0x10;    // attribute, of MS-DOS
constexpr uint16_t kFull16 = 0xffff;    // "see the Zip64 record"
constexpr uint32_t kFull32 = 0xffffffff;

struct Directory {
  uint64_t members = 0;
  uint64_t offset = 0;
  uint64_t size = 0;
};

struct Entry {
  std::string name;
  uint16_t flags = 0;
  uint16_t method = 0;
  uint32_t crc = 0;
  uint64_t stored = 0;  // bytes in the archive
  uint64_t size = 0;    // and in the member
  uint64_t local = 0;   // where its local header lies
};

struct Range {
  uint64_t begin = 0;
  uint64_t end = 0;
};

tl::unexpected<Error> damaged(std::string_view what, uint64_t offset) {
  return fail(ErrorCode::kModel, "the zip archive's {} at byte {} is damaged", what, offset);
}

uint32_t mark_at(std::span<const std::byte> bytes, size_t offset) {
  ByteReader reader(bytes.subspan(offset));
  return reader.read_u32("a mark").value_or(0);
}

// The end record: its comment reaches exactly to the file's end. Readers look for the last mark of
// one; there must be no other that a reader could take for it.
Result<size_t> find_end(std::span<const std::byte> bytes) {
  std::optional<size_t> found;
  const size_t furthest = std::min(bytes.size(), kEndBytes + kMaxComment);
  for (size_t back = kEndBytes; back <= furthest; ++back) {
    const size_t offset = bytes.size() - back;
    if (mark_at(bytes, offset) != kEndMark) continue;
    const auto low = std::to_integer<size_t>(bytes[offset + 20]);
    const auto high = std::to_integer<size_t>(bytes[offset + 21]);
    const bool fits = kEndBytes + (low | high << 8) == back;
    if (!fits && !found)
      return fail(ErrorCode::kModel,
                  "the zip archive's end at byte {} is not at the file's end: it is cut short or "
                  "something follows it",
                  offset);
    if (fits && found)
      return fail(ErrorCode::kModel, "the zip archive has two ends, at bytes {} and {}", offset,
                  *found);
    if (fits) found = offset;
  }
  if (!found)
    return fail(ErrorCode::kModel, "the zip archive has no end of directory: it is cut short");
  return *found;
}

// The Zip64 end record, whose locator lies right before the end record; moves `end` to its start.
Status read_end64(std::span<const std::byte> bytes, size_t& end, Directory& directory) {
  const size_t locator = end - kLocator64Bytes;
  ByteReader located(bytes.subspan(locator, kLocator64Bytes));
  FOVEA_TRY(located.take(4, "the Zip64 locator"));
  FOVEA_ASSIGN_OR_RETURN(const uint32_t disk, located.read_u32("its disk"));
  FOVEA_ASSIGN_OR_RETURN(const uint64_t offset, located.read_u64("its offset"));
  FOVEA_ASSIGN_OR_RETURN(const uint32_t disks, located.read_u32("its disks"));
  if (disk != 0 || disks != 1 || offset >= locator) return damaged("Zip64 locator", locator);

  ByteReader reader(bytes.subspan(static_cast<size_t>(offset), locator - offset));
  FOVEA_ASSIGN_OR_RETURN(const uint32_t mark, reader.read_u32("the Zip64 end"));
  FOVEA_ASSIGN_OR_RETURN(const uint64_t size, reader.read_u64("its size"));
  if (mark != kEnd64Mark || size != reader.remaining()) return damaged("Zip64 end", offset);
  FOVEA_TRY(reader.take(4, "its versions"));
  FOVEA_ASSIGN_OR_RETURN(const uint64_t disks64, reader.read_u64("its disks"));
  FOVEA_ASSIGN_OR_RETURN(const uint64_t here, reader.read_u64("its members here"));
  Directory large;
  FOVEA_ASSIGN_OR_RETURN(large.members, reader.read_u64("its members"));
  FOVEA_ASSIGN_OR_RETURN(large.size, reader.read_u64("its directory's size"));
  FOVEA_ASSIGN_OR_RETURN(large.offset, reader.read_u64("its directory's offset"));
  const auto agree = [](uint64_t small, uint64_t full, uint64_t value) {
    return small == full || small == value;
  };
  if (disks64 != 0 || here != large.members || !agree(directory.members, kFull16, large.members) ||
      !agree(directory.size, kFull32, large.size) ||
      !agree(directory.offset, kFull32, large.offset))
    return damaged("Zip64 end", offset);
  directory = large;
  end = static_cast<size_t>(offset);
  return {};
}

Result<Directory> read_directory(std::span<const std::byte> bytes) {
  FOVEA_ASSIGN_OR_RETURN(size_t end, find_end(bytes));
  ByteReader reader(bytes.subspan(end));
  FOVEA_TRY(reader.take(4, "the end"));
  FOVEA_ASSIGN_OR_RETURN(const uint32_t disks, reader.read_u32("its disks"));
  FOVEA_ASSIGN_OR_RETURN(const uint16_t here, reader.read_u16("its members here"));
  Directory directory;
  FOVEA_ASSIGN_OR_RETURN(directory.members, reader.read_u16("its members"));
  FOVEA_ASSIGN_OR_RETURN(directory.size, reader.read_u32("its directory's size"));
  FOVEA_ASSIGN_OR_RETURN(directory.offset, reader.read_u32("its directory's offset"));
  if (disks != 0 || here != directory.members) return damaged("end", end);
  if (end >= kLocator64Bytes && mark_at(bytes, end - kLocator64Bytes) == kLocator64Mark)
    FOVEA_TRY(read_end64(bytes, end, directory));
  const auto directory_end = checked_add(directory.offset, directory.size);
  if (!directory_end || *directory_end != end) return damaged("end", end);
  if (directory.members > ZipArchive::kMaxMembers)
    return fail(ErrorCode::kModel, "the zip archive has {} members, more than {}",
                directory.members, ZipArchive::kMaxMembers);
  return directory;
}

// Takes what is full in a header from the extra fields of it, where sizes and the offset follow
// each other, those that are not full left out.
Status read_extra(std::span<const std::byte> extra, std::span<uint64_t* const> wide) {
  ByteReader reader(extra);
  bool seen = false;
  while (reader.remaining() > 0) {
    FOVEA_ASSIGN_OR_RETURN(const uint16_t id, reader.read_u16("an extra field"));
    FOVEA_ASSIGN_OR_RETURN(const uint16_t size, reader.read_u16("its size"));
    FOVEA_ASSIGN_OR_RETURN(const auto field, reader.take(size, "it"));
    if (id != kExtra64) continue;
    if (seen) return fail(ErrorCode::kModel, "a member of the zip archive has its sizes twice");
    seen = true;
    ByteReader values(field);
    for (uint64_t* const value : wide) {
      if (*value != kFull32) continue;
      FOVEA_ASSIGN_OR_RETURN(*value, values.read_u64("a large size"));
    }
  }
  return {};
}

Result<std::string> read_name(ByteReader& reader, uint16_t length) {
  FOVEA_ASSIGN_OR_RETURN(const auto bytes, reader.take(length, "a member's name"));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Result<Entry> read_entry(ByteReader& reader) {
  FOVEA_ASSIGN_OR_RETURN(const uint32_t mark, reader.read_u32("a directory entry"));
  if (mark != kDirectoryMark)
    return fail(ErrorCode::kModel, "the zip archive's directory holds fewer members than it says");
  Entry entry;
  FOVEA_TRY(reader.take(4, "its versions"));
  FOVEA_ASSIGN_OR_RETURN(entry.flags, reader.read_u16("its flags"));
  FOVEA_ASSIGN_OR_RETURN(entry.method, reader.read_u16("its method"));
  FOVEA_TRY(reader.take(4, "its time"));
  FOVEA_ASSIGN_OR_RETURN(entry.crc, reader.read_u32("its checksum"));
  FOVEA_ASSIGN_OR_RETURN(entry.stored, reader.read_u32("its size"));
  FOVEA_ASSIGN_OR_RETURN(entry.size, reader.read_u32("its size"));
  FOVEA_ASSIGN_OR_RETURN(const uint16_t name_length, reader.read_u16("its name's length"));
  FOVEA_ASSIGN_OR_RETURN(const uint16_t extra_length, reader.read_u16("its extra's length"));
  FOVEA_ASSIGN_OR_RETURN(const uint16_t comment_length, reader.read_u16("its comment's length"));
  FOVEA_ASSIGN_OR_RETURN(const uint16_t disk, reader.read_u16("its disk"));
  FOVEA_TRY(reader.take(2, "its attributes"));
  FOVEA_ASSIGN_OR_RETURN(const uint32_t attributes, reader.read_u32("its attributes"));
  FOVEA_ASSIGN_OR_RETURN(entry.local, reader.read_u32("its offset"));
  FOVEA_ASSIGN_OR_RETURN(entry.name, read_name(reader, name_length));
  FOVEA_ASSIGN_OR_RETURN(const auto extra, reader.take(extra_length, "its extra fields"));
  FOVEA_TRY(reader.take(comment_length, "its comment"));
  uint64_t* const wide[] = {&entry.size, &entry.stored, &entry.local};
  FOVEA_TRY(read_extra(extra, wide));
  if (disk != 0) return fail(ErrorCode::kModel, "the zip archive is in parts");
  if ((attributes & kIsFolder) != 0)  // for which other readers give no bytes
    return fail(ErrorCode::kModel, "{} is marked as a folder", shown(entry.name));
  if ((entry.flags & ~(kHasDescriptor | kNameIsUtf8)) != 0 ||
      (entry.method == 0 && entry.stored != entry.size))
    return fail(ErrorCode::kModel, "{} is stored as PyTorch never stores it (flags {:#x})",
                shown(entry.name), entry.flags);
  return entry;
}

// The bytes of a member, told by its local header, which must say what the directory says.
Result<Range> read_local(std::span<const std::byte> bytes, const Entry& entry) {
  if (entry.local >= bytes.size()) return damaged("directory entry " + shown(entry.name), 0);
  ByteReader reader(bytes.subspan(static_cast<size_t>(entry.local)));
  const auto differs = [&entry] {
    return fail(ErrorCode::kModel, "the header of {} at byte {} is not what the directory says",
                shown(entry.name), entry.local);
  };
  FOVEA_ASSIGN_OR_RETURN(const uint32_t mark, reader.read_u32("a member's header"));
  if (mark != kLocalMark) return differs();
  FOVEA_TRY(reader.take(2, "its version"));
  FOVEA_ASSIGN_OR_RETURN(const uint16_t flags, reader.read_u16("its flags"));
  FOVEA_ASSIGN_OR_RETURN(const uint16_t method, reader.read_u16("its method"));
  FOVEA_TRY(reader.take(4, "its time"));
  FOVEA_ASSIGN_OR_RETURN(const uint32_t crc, reader.read_u32("its checksum"));
  FOVEA_ASSIGN_OR_RETURN(const uint32_t small_stored, reader.read_u32("its size"));
  FOVEA_ASSIGN_OR_RETURN(const uint32_t small_size, reader.read_u32("its size"));
  FOVEA_ASSIGN_OR_RETURN(const uint16_t name_length, reader.read_u16("its name's length"));
  FOVEA_ASSIGN_OR_RETURN(const uint16_t extra_length, reader.read_u16("its extra's length"));
  FOVEA_ASSIGN_OR_RETURN(const std::string name, read_name(reader, name_length));
  FOVEA_ASSIGN_OR_RETURN(const auto extra, reader.take(extra_length, "its extra fields"));
  uint64_t stored = small_stored;
  uint64_t size = small_size;
  uint64_t* const wide[] = {&size, &stored};
  FOVEA_TRY(read_extra(extra, wide));
  const bool later = (flags & kHasDescriptor) != 0;
  const auto agrees = [later](uint64_t here, uint64_t there) {
    return here == there || (later && here == 0);
  };
  if (name != entry.name || method != entry.method || flags != entry.flags ||
      !agrees(crc, entry.crc) || !agrees(stored, entry.stored) || !agrees(size, entry.size))
    return differs();
  FOVEA_TRY(reader.take(entry.stored, "the member " + shown(entry.name)));
  const uint64_t end = entry.local + reader.offset();
  return Range{end - entry.stored, end};
}

bool is_plain(std::string_view name) {
  if (name.empty() || name.front() == '/' || !is_utf8(name) || has_control_characters(name) ||
      name.find('\\') != name.npos)
    return false;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

std::string lower_case(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

}  // namespace

Result<ZipArchive> ZipArchive::open(std::span<const std::byte> bytes) {
  ZipArchive archive(bytes);
  FOVEA_TRY(archive.parse());
  return archive;
}

Status ZipArchive::parse() {
  FOVEA_ASSIGN_OR_RETURN(const Directory directory, read_directory(bytes_));
  ByteReader reader(
      bytes_.subspan(static_cast<size_t>(directory.offset), static_cast<size_t>(directory.size)));
  std::string folder;
  std::set<std::string> names;
  std::vector<Range> ranges;
  for (uint64_t i = 0; i < directory.members; ++i) {
    FOVEA_ASSIGN_OR_RETURN(const Entry entry, read_entry(reader));
    const size_t slash = entry.name.find('/');
    if (!is_plain(entry.name) || slash == entry.name.npos)
      return fail(ErrorCode::kModel, "the zip archive has a member {}, not one in its folder",
                  shown(entry.name));
    if (i == 0) folder = entry.name.substr(0, slash);
    if (entry.name.substr(0, slash) != folder)
      return fail(ErrorCode::kModel, "the zip archive has a second folder with {}",
                  shown(entry.name));
    if (!names.insert(lower_case(entry.name)).second)
      return fail(ErrorCode::kModel, "the zip archive has {} twice", shown(entry.name));
    FOVEA_ASSIGN_OR_RETURN(const Range data, read_local(bytes_, entry));
    ranges.push_back({entry.local, data.end});
    members_[entry.name.substr(slash + 1)] = {static_cast<size_t>(data.begin),
                                              static_cast<size_t>(data.end - data.begin), entry.crc,
                                              entry.method != 0};
  }
  if (reader.remaining() > 0)
    return fail(ErrorCode::kModel, "the zip archive's directory holds more members than it says");
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.begin < b.begin; });
  uint64_t end = 0;
  for (const Range& range : ranges) {
    if (range.begin < end || range.end > directory.offset)
      return fail(ErrorCode::kModel, "the zip archive's member at byte {} overlaps another",
                  range.begin);
    end = range.end;
  }
  return {};
}

const ZipMember* ZipArchive::find(std::string_view name) const {
  const auto found = members_.find(name);
  return found == members_.end() ? nullptr : &found->second;
}

bool ZipArchive::has_prefix(std::string_view prefix) const {
  const auto found = members_.lower_bound(prefix);
  return found != members_.end() &&
         std::string_view(found->first).substr(0, prefix.size()) == prefix;
}

Result<std::span<const std::byte>> ZipArchive::read(std::string_view name,
                                                    const ZipMember& member) const {
  if (member.is_compressed)
    return fail(ErrorCode::kModel, "{} is compressed, as torch.save never writes it", shown(name));
  const auto bytes = bytes_.subspan(member.offset, member.size);
  if (member.crc != 0) {
    const uint32_t crc = libdeflate_crc32(0, bytes.data(), bytes.size());
    if (crc != member.crc)
      return fail(ErrorCode::kModel,
                  "{} has the checksum {:08x}, its directory {:08x}: it is damaged", shown(name),
                  crc, member.crc);
  }
  return bytes;
}

}  // namespace fovea
