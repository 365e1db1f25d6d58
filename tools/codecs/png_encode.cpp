// PNG files: each strip of rows is filtered and deflated on its own, by any thread, and the
// pieces are one zlib stream (as pigz makes it).
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <memory>

#include "tools/codecs/png.h"
#include "tools/codecs/png_metadata.h"
#include "tools/codecs/png_writer.h"
#include "tools/codecs/strips.h"

namespace fovea::codecs {
namespace {

// Filtered bytes a strip: what is lost at its edges (a block of Huffman codes) is below 0.1 %.
constexpr int64_t kStripBytes = int64_t{256} << 10;

constexpr uint8_t kPaeth = 4;

// The samples of row y as a PNG stores them: 16 bits with the high byte first.
void stored_row(const Picture& picture, int64_t y, uint8_t* out) {
  const uint8_t* row = picture.row_bytes(y);
  const int64_t count = picture.row_byte_count();
  if (picture.bit_depth() == 8 || std::endian::native == std::endian::big) {
    std::copy_n(row, count, out);
    return;
  }
  for (int64_t i = 0; i < count; i += 2) {
    out[i] = row[i + 1];
    out[i + 1] = row[i];
  }
}

// PNG specification 9.4: what is left of each byte when the nearest to left + above - upper left of
// those three is taken away. `row` and `above` have `pixel` zeros before their first byte. The same
// choice as the specification's, written without branches.
void filter_paeth(const uint8_t* row, const uint8_t* above, int64_t count, int64_t pixel,
                  uint8_t* out) {
  for (int64_t i = 0; i < count; ++i) {
    const int a = row[i - pixel];
    const int b = above[i];
    const int c = above[i - pixel];
    const int pa = std::abs(b - c);
    const int pb = std::abs(a - c);
    const int pc = std::abs(a + b - 2 * c);
    const int bc = pb <= pc ? b : c;
    out[i] = static_cast<uint8_t>(row[i] - (pa <= std::min(pb, pc) ? a : bc));
  }
}

std::vector<uint8_t> filtered_rows(const Picture& picture, int64_t first, int64_t last) {
  const int64_t count = picture.row_byte_count();
  const int64_t pixel = picture.channels() * picture.bit_depth() / 8;
  std::vector<uint8_t> lines[2];
  for (auto& line : lines) line.assign(static_cast<size_t>(pixel + count), 0);
  std::vector<uint8_t> filtered(static_cast<size_t>((1 + count) * (last - first)));
  uint8_t* out = filtered.data();
  if (first > 0) stored_row(picture, first - 1, lines[(first - 1) % 2].data() + pixel);
  for (int64_t y = first; y < last; ++y) {
    uint8_t* row = lines[y % 2].data() + pixel;
    stored_row(picture, y, row);
    *out++ = kPaeth;
    filter_paeth(row, lines[(y + 1) % 2].data() + pixel, count, pixel, out);
    out += count;
  }
  return filtered;
}

// Appends the deflated bytes; ends them at a byte's edge, open to more, or for good. Runs are all
// that is looked for: what is left of an enlarged photograph after the filter has no repetitions
// worth finding, and searching for them took seven times as long for files of the same size.
Status deflate_into(std::vector<std::byte>& out, const std::vector<uint8_t>& bytes, bool last) {
  z_stream stream{};
  // Negative: without zlib's header and sum, which belong to the whole. 15: a window of 32 KiB. 9:
  // the most memory, 256 KiB.
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, -15, 9, Z_RLE) != Z_OK)
    return fail(ErrorCode::kMemory, "no memory to write this PNG; free some");
  const std::unique_ptr<z_stream, decltype(&deflateEnd)> guard(&stream, &deflateEnd);
  const size_t start = out.size();
  // The bound holds for a finished stream; a flush takes up to 5 bytes and some bits more.
  out.resize(start + deflateBound(&stream, static_cast<uLong>(bytes.size())) + 16);
  stream.next_in = const_cast<Bytef*>(bytes.data());  // zlib never writes to its input
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data() + start);
  stream.avail_out = static_cast<uInt>(out.size() - start);
  const int state = deflate(&stream, last ? Z_FINISH : Z_SYNC_FLUSH);
  if (state != (last ? Z_STREAM_END : Z_OK) || stream.avail_in != 0 || stream.avail_out == 0)
    return fail(ErrorCode::kOutput, "zlib could not write this PNG (its status {})", state);
  out.resize(out.size() - stream.avail_out);
  return {};
}

Result<std::vector<std::byte>> file_start(const Picture& picture, const Metadata* metadata) {
  constexpr uint8_t kSignature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  constexpr int kColourType[] = {0, 4, 2, 6};  // gray, gray + alpha, RGB, RGBA
  std::vector<std::byte> out;
  for (const uint8_t byte : kSignature) out.push_back(static_cast<std::byte>(byte));
  const size_t header = begin_chunk(out, "IHDR");
  put_u32(out, static_cast<uint32_t>(picture.width()));
  put_u32(out, static_cast<uint32_t>(picture.height()));
  // Then the only methods of compression and filtering that there are, and no interlacing.
  for (const int byte : {picture.bit_depth(), kColourType[picture.channels() - 1], 0, 0, 0})
    out.push_back(static_cast<std::byte>(byte));
  end_chunk(out, header);
  if (metadata) FOVEA_TRY(put_png_metadata(*metadata, out));
  return out;
}

}  // namespace

Status encode_png(const Picture& picture, const EncodeOptions& options, ThreadTeam& team,
                  const ByteSink& sink) {
  const int64_t line = 1 + picture.row_byte_count();
  const int64_t height = picture.height();
  // zlib and PNG count a strip's bytes in 32 bits, and a row is at most 2^31 x 8.
  if (line > int64_t{1} << 30)
    return fail(ErrorCode::kOutput, "rows of {} bytes are too long for PNG (limit {})", line,
                int64_t{1} << 30);
  const int64_t rows = std::max<int64_t>(1, kStripBytes / line);
  const int64_t strips = (height + rows - 1) / rows;
  std::vector<uLong> sums(static_cast<size_t>(strips));  // of each strip's filtered bytes
  const auto make = [&](int64_t strip) -> Result<std::vector<std::byte>> {
    const int64_t first = strip * rows;
    const int64_t end = std::min(first + rows, height);
    const std::vector<uint8_t> filtered = filtered_rows(picture, first, end);
    sums[static_cast<size_t>(strip)] =
        adler32(1, filtered.data(), static_cast<uInt>(filtered.size()));
    std::vector<std::byte> out;
    if (strip == 0) {
      FOVEA_ASSIGN_OR_RETURN(out, file_start(picture, options.metadata));
    }
    const size_t chunk = begin_chunk(out, "IDAT");
    if (strip == 0) {  // zlib's header: deflate with a window of 32 KiB, fastest
      out.push_back(std::byte{0x78});
      out.push_back(std::byte{0x01});
    }
    FOVEA_TRY(deflate_into(out, filtered, strip == strips - 1));
    end_chunk(out, chunk);
    return out;
  };
  FOVEA_TRY(write_strips(strips, team, make, sink));

  uLong sum = sums[0];
  for (int64_t strip = 1; strip < strips; ++strip) {
    const int64_t bytes = line * (std::min((strip + 1) * rows, height) - strip * rows);
    sum = adler32_combine(sum, sums[static_cast<size_t>(strip)], static_cast<z_off_t>(bytes));
  }
  std::vector<std::byte> end;
  const size_t last = begin_chunk(end, "IDAT");
  put_u32(end, static_cast<uint32_t>(sum));
  end_chunk(end, last);
  end_chunk(end, begin_chunk(end, "IEND"));
  return sink(end);
}

int64_t png_encoding_bytes(int64_t row_bytes, int64_t height, int threads) {
  const int64_t line = 1 + row_bytes;
  const int64_t strip = std::min(std::max(line, kStripBytes), line * height);
  const int64_t strips = std::min(strips_at_once(threads), (line * height + strip - 1) / strip);
  // A thread at work has the filtered bytes, room for as many deflated ones, and zlib's state.
  constexpr int64_t kZlibState = int64_t{300} << 10;
  return strips * strip + threads * (2 * strip + kZlibState);
}

}  // namespace fovea::codecs
