#include "tools/codecs/png_idat.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>

namespace fovea::codecs {
namespace {

// A zlib stream under way.
class Inflater {
 public:
  Inflater() : ready_(inflateInit(&stream_) == Z_OK) {}
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool ready() const { return ready_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool ready_;
};

// Bytes of `height` rows of `width` pixels, each row led by its filter byte. False when that
// overflows.
bool add_rows(int64_t width, int64_t height, int64_t pixel_bits, int64_t& total) {
  if (width == 0 || height == 0) return true;
  int64_t bytes = 0;
  // width < 2^32 and pixel_bits <= 64: the row alone cannot overflow.
  const int64_t row = 1 + (width * pixel_bits + 7) / 8;
  return !__builtin_mul_overflow(row, height, &bytes) &&
         !__builtin_add_overflow(total, bytes, &total);
}

// Bytes that the filtered pixels take, or -1 when their count overflows.
int64_t filtered_bytes(const PngHeader& header) {
  constexpr int kSamples[] = {1, 0, 3, 1, 2, 0, 4};  // by colour type
  const int64_t bits = int64_t{kSamples[header.colour_type]} * header.bit_depth;
  int64_t total = 0;
  if (!header.interlaced) return add_rows(header.width, header.height, bits, total) ? total : -1;
  // Adam7: pass p holds the pixels x = x0 + i * dx, y = y0 + j * dy. PNG specification §8.2.
  struct Pass {
    int x0, y0, dx, dy;
  };
  constexpr Pass kAdam7[] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                             {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
  for (const Pass& pass : kAdam7) {
    const int64_t width = (header.width - pass.x0 + pass.dx - 1) / pass.dx;
    const int64_t height = (header.height - pass.y0 + pass.dy - 1) / pass.dy;
    if (!add_rows(width, height, bits, total)) return -1;
  }
  return total;
}

}  // namespace

Status check_image_data(PngChunks& chunks) {
  const int64_t expected = filtered_bytes(chunks.header);
  Inflater inflater;
  if (expected < 0 || !inflater.ready()) {
    return fail(ErrorCode::kMemory, "no memory for a picture of {} x {}; use a smaller one",
                chunks.header.width, chunks.header.height);
  }
  z_stream& stream = inflater.stream();
  std::array<Bytef, 32768> thrown_away;
  IdatWalk idat(chunks.pixel_runs);
  int64_t produced = 0;
  int state = Z_OK;
  while (state != Z_STREAM_END) {
    if (stream.avail_in == 0) {
      const Bytes payload = idat.next();
      if (payload.empty()) {
        return fail(ErrorCode::kPicture,
                    "cut off PNG: its compressed pixels end after {} bytes ({} for {} x {}, and "
                    "their checksum); get the file again",
                    produced, expected, chunks.header.width, chunks.header.height);
      }
      // zlib's pointer lacks const before 1.2.x's ZLIB_CONST; it never writes to its input.
      stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(payload.data()));
      stream.avail_in = static_cast<uInt>(payload.size());  // a chunk's length has 32 bits
    }
    stream.next_out = thrown_away.data();
    stream.avail_out = thrown_away.size();
    state = inflate(&stream, Z_NO_FLUSH);
    if (state == Z_MEM_ERROR) {
      return fail(ErrorCode::kMemory, "no memory to read this PNG; free some");
    }
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) {
      return fail(ErrorCode::kPicture,
                  "broken PNG: {} in its compressed pixels; get the file again",
                  stream.msg ? stream.msg : "damage");
    }
    produced += static_cast<int64_t>(thrown_away.size() - stream.avail_out);
    if (produced > expected) {
      chunks.warnings.push_back("more compressed data than its pixels need; the rest is ignored");
      return {};
    }
  }
  if (produced < expected) {
    return fail(ErrorCode::kPicture,
                "broken PNG: its pixels are {} bytes ({} for {} x {}); get the file again",
                produced, expected, chunks.header.width, chunks.header.height);
  }
  return {};
}

}  // namespace fovea::codecs
