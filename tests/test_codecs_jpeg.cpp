// JPEG: what a photograph may be, what a broken one may be, and files that libjpeg itself writes
// for us.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>

#include "tests/codec_expect.h"
#include "tests/jpeg_files.h"

namespace fovea::codecs {
namespace {

using namespace std::string_view_literals;

File encoded(const Picture& picture, int quality = 95) {
  return encode_or_fail(picture, Format::kJpeg, quality);
}

File small_jpeg() { return encoded(smooth_picture({13, 21}, 3)); }

// Where SOF's payload begins: depth u8, height u16, width u16, components u8, then id, sampling,
// table of each.
size_t frame_offset(const File& file) {
  for (uint8_t marker : {0xc0, 0xc1, 0xc2}) {
    const int64_t at = find_jpeg_segment(file, marker);
    if (at >= 0) return static_cast<size_t>(at) + 4;
  }
  ADD_FAILURE() << "no SOF";
  return 4;
}

TEST(Jpeg, RoundTripsWithinItsQuality) {
  for (Size size : {Size{1, 1}, {1, 7}, {7, 1}, {3, 5}, {16, 16}, {33, 130}}) {
    for (int channels : {1, 3}) {
      const Picture picture = smooth_picture(size, channels);
      const Decoded decoded = decode_or_fail(encoded(picture));
      EXPECT_EQ(decoded.format, Format::kJpeg);
      EXPECT_TRUE(decoded.warnings.empty());
      ASSERT_EQ(decoded.picture.size(), size);
      ASSERT_EQ(decoded.picture.channels(), channels);
      // At quality 95 libjpeg's largest quantiser step is 12: an error of up to 6 in each
      // coefficient, and the steps of the low ones, which smooth waves need, are 1 to 2.
      const Difference off = difference(decoded.picture, picture, 0, channels);
      EXPECT_TRUE(off.largest <= 12) << off.largest;
      EXPECT_TRUE(off.rms <= 2) << off.rms;
    }
  }
}

TEST(Jpeg, WritesFullColourResolutionAndObeysQuality) {
  const Picture picture = noise_picture({40, 40}, 3, 8, 3);
  const File file = encoded(picture);
  const size_t frame = frame_offset(file);
  for (size_t component = 0; component < 3; ++component) {
    EXPECT_EQ(file[frame + 6 + 3 * component + 1], std::byte{0x11});
  }
  EXPECT_GT(file.size(), encoded(picture, 50).size());
  EXPECT_GT(encoded(picture, 50).size(), encoded(picture, 1).size());
  EXPECT_LT(file.size(), encoded(picture, 100).size());
  // One red line, one pixel wide, keeps its colour; with chroma at half resolution it would lose
  // half of it.
  Picture line = Picture::create({32, 32}, 3, 8).value();
  for (int64_t y = 0; y < 32; ++y) line.set_sample(y, 15, 0, 255);
  const Picture back = decode_or_fail(encoded(line)).picture;
  EXPECT_GT(back.sample(16, 15, 0), 240);
  EXPECT_LT(back.sample(16, 17, 0), 15);
}

// Strips between restart markers hold the coefficients that libjpeg makes of the whole picture.
TEST(Jpeg, StripsArePutTogetherToTheWholePicture) {
  for (const Size size : {Size{31, 9}, {32, 9}, {33, 9}, {64, 17}, {401, 33}}) {
    SCOPED_TRACE(testing::Message() << size.height << " x " << size.width);
    const Picture picture = noise_picture(size, 3, 8, 4);
    const File whole =
        write_with_libjpeg(size, 3, JCS_RGB, samples_of(picture), [](jpeg_compress_struct& info) {
          for (int i = 0; i < 3; ++i)
            info.comp_info[i].h_samp_factor = info.comp_info[i].v_samp_factor = 1;
        });
    const File file = encoded(picture);
    EXPECT_TRUE(same_pixels(decode_or_fail(file).picture, decode_or_fail(whole).picture));
    expect_same_file_from_every_team(picture, Format::kJpeg, file);
  }
}

// A progressive file holds the same coefficients as a baseline one, so the pixels are equal to the
// last bit.
TEST(Jpeg, ReadsProgressiveRestartsAndSubsampling) {
  const Picture picture = smooth_picture({45, 70}, 3);
  const auto write = [&](auto configure) {
    return write_with_libjpeg(picture.size(), 3, JCS_RGB, samples_of(picture), configure);
  };
  const Decoded baseline = decode_or_fail(write([](jpeg_compress_struct&) {}));
  EXPECT_EQ(baseline.picture.channels(), 3);
  EXPECT_TRUE(difference(baseline.picture, picture, 0, 3).rms <= 4);
  const Decoded progressive =
      decode_or_fail(write([](jpeg_compress_struct& info) { jpeg_simple_progression(&info); }));
  EXPECT_TRUE(same_pixels(progressive.picture, baseline.picture));
  const Decoded restarts =
      decode_or_fail(write([](jpeg_compress_struct& info) { info.restart_interval = 3; }));
  EXPECT_TRUE(same_pixels(restarts.picture, baseline.picture));
  const Decoded rgb = decode_or_fail(
      write([](jpeg_compress_struct& info) { jpeg_set_colorspace(&info, JCS_RGB); }));
  EXPECT_TRUE(difference(rgb.picture, picture, 0, 3).rms <= 2);
}

// Light that passes the inks: (255 - c) * (255 - k) / 255. Files of Adobe's hold 255 - ink, others
// the ink.
TEST(Jpeg, TurnsCmykIntoRgbTheRightWayRound) {
  const Size size{16, 16};
  const int inks[4] = {40, 120, 200, 60};
  for (J_COLOR_SPACE space : {JCS_CMYK, JCS_YCCK}) {
    for (bool adobe : {true, false}) {
      if (space == JCS_YCCK && !adobe) continue;  // without the marker nothing says that it is YCCK
      std::vector<uint8_t> samples;
      for (int64_t i = 0; i < size.area(); ++i) {
        for (int ink : inks) samples.push_back(static_cast<uint8_t>(adobe ? 255 - ink : ink));
      }
      const Decoded decoded = decode_or_fail(
          write_with_libjpeg(size, 4, JCS_CMYK, samples, [&](jpeg_compress_struct& info) {
            jpeg_set_colorspace(&info, space);
            info.write_Adobe_marker = adobe ? TRUE : FALSE;
          }));
      ASSERT_EQ(decoded.picture.channels(), 3);
      expect_warning(decoded, "CMYK");
      for (int c = 0; c < 3; ++c) {
        const double expected = (255 - inks[c]) * (255 - inks[3]) / 255.0;
        const double got = static_cast<double>(decoded.picture.sample(7, 9, c));
        EXPECT_TRUE(std::abs(got - expected) <= 4) << c << ": " << got << ", not " << expected;
      }
    }
  }
}

TEST(Jpeg, RefusesEveryTruncation) {
  for (bool progressive : {false, true}) {
    const Picture picture = smooth_picture({13, 21}, 3);
    const File file = write_with_libjpeg(picture.size(), 3, JCS_RGB, samples_of(picture),
                                         [&](jpeg_compress_struct& info) {
                                           if (progressive) jpeg_simple_progression(&info);
                                         });
    decode_or_fail(file);
    for (size_t length = 3; length < file.size(); ++length) {
      const File cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length));
      const auto decoded = decode(cut, kName, {});
      ASSERT_FALSE(decoded) << length << " of " << file.size();
      EXPECT_EQ(decoded.error().code, ErrorCode::kPicture);
      EXPECT_EQ(decoded.error().message.rfind(std::string(kName) + ": ", 0), 0u);
    }
    File no_end(file.begin(), file.end() - 2);
    expect_refused(no_end, ErrorCode::kPicture, "cut off JPEG");
  }
}

TEST(Jpeg, RefusesDamagedPixels) {
  // With tables of its own, in which nearly every bit counts.
  const Picture picture = noise_picture({64, 64}, 3, 8, 5);
  const File file =
      write_with_libjpeg(picture.size(), 3, JCS_RGB, samples_of(picture),
                         [](jpeg_compress_struct& info) { info.optimize_coding = TRUE; });
  // A stop in the middle of the pixels: an end marker.
  File early_end = file;
  early_end[file.size() / 2] = std::byte{0xff};
  early_end[file.size() / 2 + 1] = std::byte{0xd9};
  expect_refused(early_end, ErrorCode::kPicture, "Corrupt JPEG data");
  // A piece lost: fewer pixels than the header says.
  File hole = file;
  hole.erase(hole.end() - 200, hole.end() - 100);
  expect_refused(hole, ErrorCode::kPicture, "broken JPEG");
}

TEST(Jpeg, KeepsThePixelsBesideStrayBytes) {
  const File file = small_jpeg();
  const Picture picture = decode_or_fail(file).picture;
  File padded = file;
  padded.insert(padded.end() - 2, 7, std::byte{0});
  const Decoded at_end = decode_or_fail(padded);
  EXPECT_TRUE(same_pixels(at_end.picture, picture));
  expect_warning(at_end, "stray bytes");

  padded = file;
  padded.insert(padded.begin() + find_jpeg_segment(file, 0xdb), 3, std::byte{0});
  const Decoded in_header = decode_or_fail(padded);
  EXPECT_TRUE(same_pixels(in_header.picture, picture));
  expect_warning(in_header, "stray bytes");

  File trailing = file;
  append(trailing, bytes_of("a second picture, as phones append"sv));
  EXPECT_TRUE(same_pixels(decode_or_fail(trailing).picture, picture));
}

TEST(Jpeg, RefusesKindsItDoesNotRead) {
  const File file = small_jpeg();
  const size_t frame = frame_offset(file);
  File changed = file;
  changed[frame] = std::byte{12};
  expect_refused(changed, ErrorCode::kPicture, "12 bits a channel (8 are read)");
  changed = file;
  changed[frame - 3] = std::byte{0xc9};
  expect_refused(changed, ErrorCode::kPicture, "arithmetic");
  changed = file;
  changed[frame - 3] = std::byte{0xc3};  // lossless
  expect_refused(changed, ErrorCode::kPicture, "SOF type 0xc3");
  changed = file;
  changed[frame + 1] = changed[frame + 2] = std::byte{0};  // the height, to be told later
  expect_refused(changed, ErrorCode::kPicture, "DNL");
  std::vector<uint8_t> two(16 * 16 * 2, 100);
  expect_refused(write_with_libjpeg({16, 16}, 2, JCS_UNKNOWN, two, [](jpeg_compress_struct&) {}),
                 ErrorCode::kPicture, "2 components");
  expect_refused(bytes_of("\xff\xd8\xff"sv), ErrorCode::kPicture, "JPEG");
  expect_refused(bytes_of("\xff\xd8\xff\xd9"sv), ErrorCode::kPicture, "JPEG");
}

TEST(Jpeg, RefusesDimensionBombsBeforeAllocating) {
  File file = small_jpeg();
  const size_t frame = frame_offset(file);
  const auto set_size = [&](unsigned height, unsigned width) {
    file[frame + 1] = std::byte(height >> 8);
    file[frame + 2] = std::byte(height & 0xff);
    file[frame + 3] = std::byte(width >> 8);
    file[frame + 4] = std::byte(width & 0xff);
  };
  set_size(65500, 65500);
  expect_refused(file, ErrorCode::kPicture, "65500 x 65500 (limit 400000000 pixels)");
  set_size(20000, 20000);
  // 2500 x 2500 blocks of each of three components, a bit for each.
  expect_refused(file, ErrorCode::kPicture, "cannot hold 20000 x 20000 pixels (at least 2343750)");
  set_size(65535, 10);
  expect_refused(file, ErrorCode::kPicture, "65500");
}

// The file is valid and small; each of its scans goes through all coefficients once more.
TEST(Jpeg, StopsAtTooManyScans) {
  const Size size{1000, 1000};
  const std::vector<uint8_t> gray(static_cast<size_t>(size.area()), 77);
  static const jpeg_scan_info kScans[] = {{1, {0}, 0, 0, 0, 0}, {1, {0}, 1, 63, 0, 0}};
  const File file =
      write_with_libjpeg(size, 1, JCS_GRAYSCALE, gray, [](jpeg_compress_struct& info) {
        info.scan_info = kScans;
        info.num_scans = 2;
      });
  EXPECT_EQ(decode_or_fail(file).picture.sample(500, 500, 0), 77);
  // The second scan with its tables: from the DHT after the first scan's data to the end marker.
  const std::array<std::byte, 2> table = {std::byte{0xff}, std::byte{0xc4}};
  const auto last_table = std::find_end(file.begin(), file.end(), table.begin(), table.end());
  const File scan(last_table, file.end() - 2);
  const auto repeated = [&](int times) {
    File bomb(file.begin(), file.end() - 2);
    for (int i = 0; i < times; ++i) append(bomb, scan);
    append(bomb, bytes_of("\xff\xd9"sv));
    return bomb;
  };
  decode_or_fail(repeated(400));
  const auto start = std::chrono::steady_clock::now();
  expect_refused(repeated(10'000), ErrorCode::kPicture,
                 "too many progressive scans (limit 500 at 1000 x 1000)");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_LT(took.count(), 2.0);
}

TEST(Jpeg, RefusesProgressiveFilesWithoutAComponent) {
  const Picture picture = smooth_picture({16, 16}, 3);
  static const jpeg_scan_info kScans[] = {
      {1, {0}, 0, 0, 0, 0}, {1, {0}, 1, 63, 0, 0}, {1, {1}, 0, 0, 0, 0}, {1, {2}, 0, 0, 0, 0}};
  File file = write_with_libjpeg(picture.size(), 3, JCS_RGB, samples_of(picture),
                                 [](jpeg_compress_struct& info) {
                                   info.scan_info = kScans;
                                   info.num_scans = 4;
                                 });
  decode_or_fail(file);
  // Cut before the last scan, which is Cr's only one, and ended properly.
  const std::array<std::byte, 2> scan = {std::byte{0xff}, std::byte{0xda}};
  file.erase(std::find_end(file.begin(), file.end(), scan.begin(), scan.end()), file.end() - 2);
  expect_refused(file, ErrorCode::kPicture, "component is missing");
}

TEST(Jpeg, TurnsUprightByItsExif) {
  const File file = small_jpeg();
  const Picture stored = decode_or_fail(file).picture;
  for (bool big_endian : {false, true}) {
    const File turned = with_jpeg_segment(file, 0xe1, exif_segment(exif_block(8, big_endian)));
    const Decoded decoded = decode_or_fail(turned);
    EXPECT_TRUE(decoded.warnings.empty());
    ASSERT_EQ(decoded.picture.size(), (Size{21, 13}));
    for (int64_t y = 0; y < 21; ++y) {
      for (int64_t x = 0; x < 13; ++x) {
        EXPECT_EQ(decoded.picture.sample(y, x, 2), stored.sample(x, 20 - y, 2));
      }
    }
  }
  const Decoded broken =
      decode_or_fail(with_jpeg_segment(file, 0xe1, exif_segment(bytes_of("garbage"sv))));
  EXPECT_TRUE(same_pixels(broken.picture, stored));
  expect_warning(broken, "broken EXIF ignored");
  const Decoded xmp = decode_or_fail(
      with_jpeg_segment(file, 0xe1, bytes_of("http://ns.adobe.com/xap/1.0/\0<x/>"sv)));
  EXPECT_TRUE(xmp.warnings.empty());
}

TEST(Jpeg, SurvivesDamage) {
  survive_damage(with_jpeg_segment(small_jpeg(), 0xe1, exif_segment(exif_block(5, true))), 3, 1500);
  const Picture picture = smooth_picture({45, 70}, 3);
  survive_damage(
      write_with_libjpeg(picture.size(), 3, JCS_RGB, samples_of(picture),
                         [](jpeg_compress_struct& info) { jpeg_simple_progression(&info); }),
      4, 1500);
}

}  // namespace
}  // namespace fovea::codecs
