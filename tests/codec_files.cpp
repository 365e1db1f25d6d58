#include "tests/codec_files.h"

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>

namespace fovea::codecs {

File bytes_of(std::string_view text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

void append(File& file, std::span<const std::byte> bytes) {
  // Not insert(): GCC 12 at -O3 warns of an overread there that cannot be.
  for (std::byte byte : bytes) file.push_back(byte);
}

void append_u32_big(File& file, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) file.push_back(std::byte(value >> shift & 0xff));
}

void append_u32_little(File& file, uint32_t value) {
  for (int shift = 0; shift <= 24; shift += 8) file.push_back(std::byte(value >> shift & 0xff));
}

Picture noise_picture(Size size, int channels, int bit_depth, uint32_t seed) {
  Picture picture = Picture::create(size, channels, bit_depth).value();
  std::mt19937 random(seed);
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) {
      for (int c = 0; c < channels; ++c) {
        picture.set_sample(y, x, c, random() & static_cast<uint32_t>(picture.max_sample()));
      }
    }
  }
  return picture;
}

Picture smooth_picture(Size size, int channels) {
  Picture picture = noise_picture(size, channels, 8, 7);
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) {
      for (int c = 0; c < picture.colour_channels(); ++c) {
        const double phase =
            0.11 * static_cast<double>(x) + 0.07 * static_cast<double>(y * (c + 1));
        picture.set_sample(y, x, c, std::lround(127.5 + 100 * std::sin(phase + c)));
      }
    }
  }
  return picture;
}

bool same_pixels(const Picture& a, const Picture& b) {
  if (!(a.size() == b.size()) || a.channels() != b.channels() || a.bit_depth() != b.bit_depth()) {
    return false;
  }
  for (int64_t y = 0; y < a.height(); ++y) {
    if (!std::equal(a.row_bytes(y), a.row_bytes(y) + a.row_byte_count(), b.row_bytes(y))) {
      return false;
    }
  }
  return true;
}

Difference difference(const Picture& a, const Picture& b, int first, int count) {
  Difference result;
  double sum = 0;
  for (int64_t y = 0; y < a.height(); ++y) {
    for (int64_t x = 0; x < a.width(); ++x) {
      for (int c = first; c < first + count; ++c) {
        const int64_t off = std::abs(a.sample(y, x, c) - b.sample(y, x, c));
        result.largest = std::max(result.largest, off);
        sum += static_cast<double>(off * off);
      }
    }
  }
  result.rms = std::sqrt(sum / static_cast<double>(a.size().area() * count));
  return result;
}

namespace {

int sample_count(int colour_type) {
  constexpr int kCounts[] = {1, 0, 3, 1, 2, 0, 4};
  return kCounts[colour_type];
}

// The pixels (y0 + j * dy, x0 + i * dx) as packed rows.
void append_rows(const PngSpec& spec, int64_t x0, int64_t y0, int64_t dx, int64_t dy, File& rows) {
  if (x0 >= spec.width) return;
  for (int64_t y = y0; y < spec.height; y += dy) {
    rows.push_back(std::byte{0});
    unsigned pending = 0;
    int bits = 0;
    for (int64_t x = x0; x < spec.width; x += dx) {
      for (int c = 0; c < sample_count(spec.colour_type); ++c) {
        const unsigned value = static_cast<unsigned>(spec.sample(y, x, c));
        if (spec.bit_depth == 16) {
          rows.push_back(std::byte(value >> 8));
          rows.push_back(std::byte(value & 0xff));
          continue;
        }
        pending = pending << spec.bit_depth | value;
        bits += spec.bit_depth;
        if (bits == 8) {
          rows.push_back(std::byte(pending));
          pending = 0;
          bits = 0;
        }
      }
    }
    if (bits > 0) rows.push_back(std::byte(pending << (8 - bits)));
  }
}

}  // namespace

File png_rows(const PngSpec& spec) {
  File rows;
  if (!spec.interlaced) {
    append_rows(spec, 0, 0, 1, 1, rows);
    return rows;
  }
  constexpr int kAdam7[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
  for (const auto& pass : kAdam7) append_rows(spec, pass[0], pass[1], pass[2], pass[3], rows);
  return rows;
}

File deflated(std::span<const std::byte> bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  File out(size);
  compress2(reinterpret_cast<Bytef*>(out.data()), &size,
            reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()), 9);
  out.resize(size);
  return out;
}

File png_chunk(std::string_view type, std::span<const std::byte> payload) {
  File checked = bytes_of(type);
  append(checked, payload);
  File chunk;
  append_u32_big(chunk, static_cast<uint32_t>(payload.size()));
  append(chunk, checked);
  const uLong crc =
      crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size()));
  append_u32_big(chunk, static_cast<uint32_t>(crc));
  return chunk;
}

File png_with(const PngSpec& spec, std::span<const std::byte> chunks) {
  using namespace std::string_view_literals;
  File header;
  append_u32_big(header, static_cast<uint32_t>(spec.width));
  append_u32_big(header, static_cast<uint32_t>(spec.height));
  header.push_back(std::byte(spec.bit_depth));
  header.push_back(std::byte(spec.colour_type));
  header.push_back(std::byte{0});
  header.push_back(std::byte{0});
  header.push_back(std::byte(spec.interlaced ? 1 : 0));
  File file = bytes_of("\x89PNG\r\n\x1a\n"sv);
  append(file, png_chunk("IHDR", header));
  append(file, chunks);
  append(file, png_chunk("IEND", {}));
  return file;
}

File make_png(const PngSpec& spec) {
  File chunks = spec.extra;
  if (!spec.palette.empty()) append(chunks, png_chunk("PLTE", spec.palette));
  if (!spec.transparency.empty()) append(chunks, png_chunk("tRNS", spec.transparency));
  // Two IDAT chunks, the first of one byte, so that readers have to join them.
  const File data = deflated(png_rows(spec));
  append(chunks, png_chunk("IDAT", std::span(data).first(1)));
  append(chunks, png_chunk("IDAT", std::span(data).subspan(1)));
  return png_with(spec, chunks);
}

File exif_block(int orientation, bool big_endian) {
  using namespace std::string_view_literals;
  File block = bytes_of(big_endian ? "MM\0*"sv : "II*\0"sv);
  const auto put = [&](uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) {
      block.push_back(std::byte(value >> 8 * (big_endian ? bytes - 1 - i : i) & 0xff));
    }
  };
  put(8, 4);                             // where the first directory lies
  put(2, 2);                             // its entries:
  put(0x010f, 2), put(2, 2), put(4, 4);  // maker, a text of 4 bytes
  append(block, bytes_of("ACME"sv));
  put(0x0112, 2), put(3, 2), put(1, 4), put(static_cast<uint32_t>(orientation), 2), put(0, 2);
  put(0, 4);  // no further directory
  return block;
}

File with_jpeg_segment(const File& jpeg, uint8_t marker, std::span<const std::byte> payload) {
  File file(jpeg.begin(), jpeg.begin() + 2);
  const size_t length = payload.size() + 2;
  file.push_back(std::byte{0xff});
  file.push_back(std::byte{marker});
  file.push_back(std::byte(length >> 8));
  file.push_back(std::byte(length & 0xff));
  append(file, payload);
  file.insert(file.end(), jpeg.begin() + 2, jpeg.end());
  return file;
}

File exif_segment(std::span<const std::byte> block) {
  using namespace std::string_view_literals;
  File payload = bytes_of("Exif\0\0"sv);
  append(payload, block);
  return payload;
}

int64_t find_jpeg_segment(const File& jpeg, uint8_t marker) {
  for (size_t i = 2; i + 4 <= jpeg.size();) {
    if (jpeg[i] != std::byte{0xff}) return -1;
    if (jpeg[i + 1] == std::byte{marker}) return static_cast<int64_t>(i);
    i += 2 + (std::to_integer<size_t>(jpeg[i + 2]) << 8 | std::to_integer<size_t>(jpeg[i + 3]));
  }
  return -1;
}

}  // namespace fovea::codecs
