// Zip archives: what is read, and every way in which one is refused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "loaders/formats/zip_archive.h"
#include "tests/model_files.h"
#include "tests/zip_files.h"

namespace fovea::test {
namespace {

using std::string_literals::operator""s;

ZipFileMember member(std::string name, std::string data = "data") {
  ZipFileMember made;
  made.name = std::move(name);
  made.data = std::move(data);
  return made;
}

// a/one, a/two, and the second changed by `edit`.
template <class Edit>
std::vector<ZipFileMember> pair_with(Edit edit) {
  std::vector<ZipFileMember> members = {member("a/one", "first"), member("a/two", "second")};
  edit(members[1]);
  return members;
}

std::vector<ZipFileMember> whole_pair() {
  return pair_with([](ZipFileMember&) {});
}

template <class Edit>
std::string ended(Edit edit) {
  ZipFileEnd end;
  edit(end);
  return zip_file(whole_pair(), end);
}

// The bytes of a member, or the refusal.
std::string read_member(const std::string& file, std::string_view name) {
  const FileBytes bytes = file_bytes(file);
  const auto archive = ZipArchive::open(bytes.span());
  if (!archive) return archive.error().message;
  const ZipMember* const found = archive->find(name);
  if (found == nullptr) return "not there";
  const auto read = archive->read(name, *found);
  if (!read) return read.error().message;
  return {reinterpret_cast<const char*>(read->data()), read->size()};
}

TEST(ZipArchive, ReadsStoredMembersWithTheirChecksums) {
  const std::string file =
      zip_file({member("a/one", "first"), member("a/deep/er", ""), member("a/\xc3\xa9", "accent")});
  EXPECT_EQ(read_member(file, "one"), "first");
  EXPECT_EQ(read_member(file, "deep/er"), "");
  EXPECT_EQ(read_member(file, "\xc3\xa9"), "accent");
  EXPECT_EQ(read_member(file, "One"), "not there");
  EXPECT_EQ(read_member(file, "a/one"), "not there");
}

TEST(ZipArchive, KnowsWhatNamesBeginWith) {
  const FileBytes bytes = file_bytes(zip_file({member("a/code/x.py"), member("a/version")}));
  const auto archive = ZipArchive::open(bytes.span());
  ASSERT_TRUE(archive) << archive.error().message;
  EXPECT_TRUE(archive->has_prefix("code/"));
  EXPECT_TRUE(archive->has_prefix("version"));
  EXPECT_FALSE(archive->has_prefix("codes"));
  EXPECT_FALSE(archive->has_prefix("zzz"));
}

// PyTorch's own archives: flags 0x0808, zeros in the local headers, Zip64 records at the end.
TEST(ZipArchive, ReadsDataDescriptorsAndZip64) {
  for (const uint16_t flags : {0, 8, 0x808, 0x800}) {
    for (const bool zip64 : {false, true}) {
      for (const bool saturated : {false, true}) {
        auto members = whole_pair();
        for (ZipFileMember& each : members) {
          each.flags = flags;
          each.zip64 = zip64;
          each.extra = each.local_extra = zip_extra(0x4246, "ZZZZ");  // PyTorch's padding
        }
        ZipFileEnd end;
        end.zip64 = zip64 || saturated;
        end.saturated = saturated;
        EXPECT_EQ(read_member(zip_file(members, end), "two"), "second")
            << flags << zip64 << saturated;
      }
    }
  }
}

TEST(ZipArchive, ReadsACommentAndEmptySpaceBetweenMembers) {
  EXPECT_EQ(read_member(ended([](auto& end) { end.comment = "made by hand"; }), "two"), "second");
  EXPECT_EQ(read_member(ended([](auto& end) { end.comment = std::string(65535, 'x'); }), "one"),
            "first");
  EXPECT_EQ(read_member(zip_file(pair_with([](auto& two) { two.before = "padding"; })), "two"),
            "second");
}

// A descriptor may follow though the local header has the numbers too.
TEST(ZipArchive, LocalHeadersMaySayWhatDescriptorsSay) {
  const auto members = pair_with([](ZipFileMember& two) {
    two.flags = 8;
    two.local_crc = crc_of("second");
    two.local_size = two.local_stored = 6;
  });
  EXPECT_EQ(read_member(zip_file(members), "two"), "second");
}

TEST(ZipArchive, ChecksumZeroIsNone) {
  const auto members = pair_with([](ZipFileMember& two) { two.crc = two.local_crc = 0; });
  EXPECT_EQ(read_member(zip_file(members), "two"), "second");
}

TEST(ZipArchive, WrongChecksumIsRefusedWhereItIsRead) {
  const std::string file =
      zip_file(pair_with([](ZipFileMember& two) { two.crc = two.local_crc = 0x12345678; }));
  EXPECT_EQ(read_member(file, "one"), "first");
  EXPECT_EQ(read_member(file, "two"),
            fmt::format("'two' has the checksum {:08x}, its directory 12345678: it is damaged",
                        crc_of("second")));
}

TEST(ZipArchive, CompressedMembersAreRefusedWhereTheyAreRead) {
  const std::string file = zip_file(pair_with([](ZipFileMember& two) {
    two.method = 8;
    two.size = two.local_size = 1 << 30;
  }));
  EXPECT_EQ(read_member(file, "one"), "first");
  EXPECT_EQ(read_member(file, "two"), "'two' is compressed, as torch.save never writes it");
}

struct Broken {
  const char* what;
  std::string file;
  const char* message;  // a part of the refusal
};

std::vector<Broken> broken_ends() {
  const std::string whole = zip_file(whole_pair());
  const std::string end_alone = "PK\5\6"s + std::string(18, '\0');
  return {
      {"empty", "", "has no end of directory: it is cut short"},
      {"21 bytes", end_alone.substr(0, 21), "has no end of directory"},
      {"no end", whole.substr(0, whole.size() - 22), "has no end of directory"},
      {"end cut short", whole.substr(0, whole.size() - 1), "has no end of directory"},
      {"byte behind", whole + "x", "is not at the file's end"},
      {"end behind the end", whole + end_alone, "end at byte"},
      {"two ends, one in the other's comment", ended([&](auto& end) { end.comment = end_alone; }),
       "has two ends, at bytes"},
      {"a mark in the comment",
       ended([](auto& end) { end.comment = "PK\5\6" + std::string(30, 'x'); }),
       "is not at the file's end"},
      {"disk 1", ended([](auto& end) { end.disk = 1; }), "end at byte"},
      {"fewer members here", ended([](auto& end) { end.members_here = 1; }), "end at byte"},
      {"member too many", ended([](auto& end) { end.members = 3; }), "needs 4 bytes, 0 are left"},
      {"member too few", ended([](auto& end) { end.members = 1; }),
       "holds more members than it says"},
      {"65535 members", ended([](auto& end) { end.members = 65535; }), "are left: it is cut short"},
      {"size too small", ended([](auto& end) { end.size = 46; }), "end at byte"},
      {"size of 2^32 - 1", ended([](auto& end) { end.size = 0xffffffff; }), "end at byte"},
      {"offset too small", ended([](auto& end) { end.offset = 0; }), "end at byte"},
      {"offset beyond", ended([](auto& end) { end.offset = 0xfffffff0; }), "end at byte"},
      {"bytes behind the directory", ended([](auto& end) { end.after_directory = "x"; }),
       "end at byte"},
      {"saturated without Zip64", ended([](auto& end) { end.saturated = true; }), "end at byte"},
  };
}

template <class Edit>
std::string ended64(Edit edit) {
  return ended([&](ZipFileEnd& end) {
    end.zip64 = end.saturated = true;
    edit(end);
  });
}

std::vector<Broken> broken_zip64_ends() {
  constexpr uint64_t kMost = ~uint64_t{0};
  return {
      {"located beyond", ended64([](auto& end) { end.located64 = 1 << 20; }), "Zip64 locator at"},
      {"located at 2^64 - 1", ended64([=](auto& end) { end.located64 = kMost; }), "Zip64 locator"},
      {"located elsewhere", ended64([](auto& end) { end.located64 = 0; }), "Zip64 end at byte 0"},
      {"no disk", ended64([](auto& end) { end.disks64 = 0; }), "Zip64 locator"},
      {"two disks", ended64([](auto& end) { end.disks64 = 2; }), "Zip64 locator"},
      {"on disk 1", ended64([](auto& end) { end.disk64 = 1; }), "Zip64 end"},
      {"record too short", ended64([](auto& end) { end.record64 = 43; }), "Zip64 end"},
      {"record of 2^64 - 1", ended64([=](auto& end) { end.record64 = kMost; }), "Zip64 end"},
      {"fewer here", ended64([](auto& end) { end.members_here64 = 1; }), "Zip64 end"},
      {"2^64 - 1 members", ended64([=](auto& end) { end.members64 = end.members_here64 = kMost; }),
       "has 18446744073709551615 members, more than 100000"},
      {"100,001 members", ended64([](auto& end) { end.members64 = end.members_here64 = 100'001; }),
       "has 100001 members, more than 100000"},
      {"offset and size wrap", ended64([=](auto& end) {
         end.size64 = kMost;
         end.offset64 = 400;
       }),
       "end at byte"},
      {"size beyond", ended64([](auto& end) { end.size64 = 1 << 20; }), "end at byte"},
      {"members differ", ended([](auto& end) {
         end.zip64 = true;
         end.members64 = end.members_here64 = 3;
       }),
       "Zip64 end"},
      {"offsets differ", ended([](auto& end) {
         end.zip64 = true;
         end.offset64 = 1;
       }),
       "Zip64 end"},
      {"sizes differ", ended([](auto& end) {
         end.zip64 = true;
         end.size64 = 1;
       }),
       "Zip64 end"},
  };
}

template <class Edit>
Broken broken_member(const char* what, const char* message, Edit edit) {
  return {what, zip_file(pair_with(edit)), message};
}

std::vector<Broken> broken_members() {
  using Member = ZipFileMember;
  const char* const kDirectory = "is not what the directory says";
  const char* const kStored = "'a/two' is stored as PyTorch never stores it";
  const char* const kFolder = "not one in its folder";
  std::vector<Broken> cases = {
      broken_member("encrypted", kStored, [](Member& two) { two.flags = 1; }),
      broken_member("patch data", kStored, [](Member& two) { two.flags = 1 << 5; }),
      broken_member("strong encryption", kStored, [](Member& two) { two.flags = 1 << 6; }),
      broken_member("masked headers", kStored, [](Member& two) { two.flags = 1 << 13; }),
      broken_member("two sizes", kStored, [](Member& two) { two.size = 7; }),
      broken_member("on disk 1", "is in parts", [](Member& two) { two.disk = 1; }),
      broken_member("folder", "'a/two' is marked as a folder",
                    [](Member& two) { two.attributes = 0x30; }),
      broken_member("other local name", kDirectory, [](Member& two) { two.local_name = "a/twO"; }),
      broken_member("longer local name", kDirectory,
                    [](Member& two) { two.local_name = "a/two2"; }),
      broken_member("other local flags", kDirectory, [](Member& two) { two.local_flags = 0x800; }),
      broken_member("other local method", kDirectory, [](Member& two) { two.local_method = 8; }),
      broken_member("other local checksum", kDirectory, [](Member& two) { two.local_crc = 5; }),
      broken_member("local checksum of 0", kDirectory, [](Member& two) { two.local_crc = 0; }),
      broken_member("other local size", kDirectory, [](Member& two) { two.local_size = 5; }),
      broken_member("other stored size", kDirectory, [](Member& two) { two.local_stored = 5; }),
      broken_member("descriptor, other local size", kDirectory,
                    [](Member& two) {
                      two.flags = 8;
                      two.local_size = 5;
                    }),
      broken_member("offset of no header", kDirectory, [](Member& two) { two.offset = 1; }),
      broken_member("offset of another", kDirectory, [](Member& two) { two.offset = 0; }),
      broken_member("offset beyond", "directory entry 'a/two'",
                    [](Member& two) { two.offset = 1 << 20; }),
      broken_member(
          "size beyond", "the member 'a/two' at byte",
          [](Member& two) { two.size = two.stored = two.local_size = two.local_stored = 1 << 20; }),
      broken_member(
          "size reaches into the directory", "overlaps another",
          [](Member& two) { two.size = two.stored = two.local_size = two.local_stored = 20; }),
      broken_member("size of 2^32 - 1 without Zip64", "the member 'a/two' at byte",
                    [](Member& two) {
                      two.size = two.stored = two.local_size = two.local_stored = 0xffffffff;
                    }),
      broken_member("Zip64 field too short", "a large size at byte",
                    [](Member& two) {
                      two.size = 0xffffffff;
                      two.extra = zip_extra(1, "1234");
                    }),
      broken_member("two Zip64 fields", "has its sizes twice",
                    [](Member& two) { two.extra = zip_extra(1, "") + zip_extra(1, ""); }),
      broken_member("two local Zip64 fields", "has its sizes twice",
                    [](Member& two) { two.local_extra = zip_extra(1, "") + zip_extra(1, ""); }),
      broken_member("extra field cut short", "an extra field at byte",
                    [](Member& two) { two.extra = "x"; }),
      broken_member("extra field beyond", "it at byte 4 needs 9 bytes",
                    [](Member& two) { two.extra = "\1\2\x09\0"s + "abc"; }),
  };
  for (const std::string& name :
       {"two"s, "/two"s, "a"s, ""s, "a/"s, "a//two"s, "a/../two"s, "a/./two"s, "../two"s, "a\\two"s,
        "a/t\\wo"s, "a/t\0o"s, "a/t\no"s, "a/\x1b[2J"s, "a/\xff"s, "a/\xc0\xaf"s, "a/\xed\xa0\x80"s,
        "C:\\two"s})
    cases.push_back(broken_member("name", kFolder, [&](Member& two) { two.name = name; }));
  cases.push_back(broken_member("second folder", "has a second folder with 'b/two'",
                                [](Member& two) { two.name = "b/two"; }));
  cases.push_back(broken_member("folder in other case", "has a second folder with 'A/two'",
                                [](Member& two) { two.name = "A/two"; }));
  cases.push_back(
      broken_member("name twice", "has 'a/one' twice", [](Member& two) { two.name = "a/one"; }));
  cases.push_back(broken_member("name twice in other case", "has 'a/ONE' twice",
                                [](Member& two) { two.name = "a/ONE"; }));
  return cases;
}

// Two members whose data are the same bytes: what makes an overlap bomb of a small file.
std::string overlapping() {
  ZipFileMember outer = member("a/outer", "");
  ZipFileMember inner = member("a/inner", "payload");
  const std::string alone = zip_file({inner});
  outer.data = alone.substr(0, 30 + inner.name.size() + inner.data.size());
  const size_t header = 30 + outer.name.size();
  // The directory names the inner one's header within the outer one's data.
  ZipFileMember ghost = inner;
  ghost.offset = static_cast<uint32_t>(header);
  std::string file = zip_file({outer, ghost});
  return file;
}

void expect_refusals(const std::vector<Broken>& cases) {
  for (const Broken& broken : cases) {
    SCOPED_TRACE(broken.what);
    const FileBytes bytes = file_bytes(broken.file);
    const auto archive = ZipArchive::open(bytes.span());
    ASSERT_FALSE(archive);
    EXPECT_EQ(archive.error().code, ErrorCode::kModel);
    EXPECT_NE(archive.error().message.find(broken.message), std::string::npos)
        << archive.error().message;
  }
}

TEST(ZipArchive, RefusesBrokenEnds) { expect_refusals(broken_ends()); }
TEST(ZipArchive, RefusesBrokenZip64Ends) { expect_refusals(broken_zip64_ends()); }
TEST(ZipArchive, RefusesBrokenMembers) { expect_refusals(broken_members()); }

TEST(ZipArchive, RefusesMembersWithinMembers) {
  expect_refusals({{"overlap", overlapping(), "overlaps another"}});
}

TEST(ZipArchive, RefusesEveryCut) {
  ZipFileEnd end;
  end.zip64 = true;
  const std::string whole = zip_file(whole_pair(), end);
  for (size_t size = 0; size < whole.size(); ++size) {
    const FileBytes bytes = file_bytes(whole.substr(0, size));
    EXPECT_FALSE(ZipArchive::open(bytes.span())) << size;
  }
}

// No edit makes it read beyond a buffer or give other bytes under a good checksum.
TEST(ZipArchive, SurvivesRandomEdits) {
  std::mt19937 random(20261121);
  const std::string whole = zip_file(pair_with([](ZipFileMember& two) { two.flags = 8; }));
  for (int i = 0; i < 20'000; ++i) {
    const std::string read = read_member(mutated(whole, random), "two");
    EXPECT_FALSE(read.empty());
  }
}

}  // namespace
}  // namespace fovea::test
