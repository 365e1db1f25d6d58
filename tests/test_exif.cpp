// EXIF of a picture that was turned and made larger.
#include <gtest/gtest.h>

#include <string>

#include "tests/codec_expect.h"
#include "tools/codecs/exif.h"

namespace fovea::codecs {
namespace {

using namespace std::string_view_literals;

// A directory of `entries` (12 bytes each) at byte 8, little-endian, and what follows it.
File tiff(std::initializer_list<std::string_view> entries, std::string_view rest) {
  File block = bytes_of("II*\0\x08\0\0\0"sv);
  block.push_back(static_cast<std::byte>(entries.size()));
  block.push_back(std::byte{0});
  for (const std::string_view entry : entries) append(block, bytes_of(entry));
  append(block, bytes_of(rest));
  return block;
}

TEST(Exif, TellsTheSidesOfTheResult) {
  // One entry: the EXIF directory is at 26; its width is a LONG and its height a SHORT.
  std::vector<std::byte> block = tiff({"\x69\x87\4\0\1\0\0\0\x1a\0\0\0"sv},
                                      "\0\0\0\0"
                                      "\2\0"
                                      "\2\xa0\4\0\1\0\0\0\x0c\0\0\0"
                                      "\3\xa0\3\0\1\0\0\0\x09\0\0\0"
                                      "\0\0\0\0"sv);
  set_exif_size(block, {70000, 48});
  EXPECT_TRUE(block == tiff({"\x69\x87\4\0\1\0\0\0\x1a\0\0\0"sv},
                            "\0\0\0\0"
                            "\2\0"
                            "\2\xa0\4\0\1\0\0\0\x30\0\0\0"
                            "\3\xa0\4\0\1\0\0\0\x70\x11\1\0"
                            "\0\0\0\0"sv));
  // Cut off anywhere, it is left as it is or changed within its bytes; a sanitizer watches.
  const std::vector<std::byte> whole = block;
  for (size_t length = 0; length < whole.size(); ++length) {
    std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    set_exif_size(cut, {1, 1});
    EXPECT_EQ(cut.size(), length);
    EXPECT_EQ(upright_exif(cut).size(), length);
    static_cast<void>(read_density(cut));
  }
}

TEST(Exif, LosesTheThumbnailOfAPictureThatWasTurned) {
  for (const int orientation : {1, 6}) {
    const std::string entry =
        std::string("\x12\1\3\0\1\0\0\0"sv) + static_cast<char>(orientation) + std::string(3, '\0');
    const File block = tiff({entry},
                            "\x1a\0\0\0"
                            "a thumbnail's directory"sv);
    const std::vector<std::byte> upright = upright_exif(block);
    EXPECT_EQ(read_orientation(upright).value(), 1);
    EXPECT_EQ(upright[22], std::byte(orientation == 1 ? 0x1a : 0));
  }
}

}  // namespace
}  // namespace fovea::codecs
