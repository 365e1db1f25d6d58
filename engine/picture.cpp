#include "engine/picture.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

namespace fovea {
namespace {

void load_floats(const uint8_t* row, int64_t width, int channels, int first, int count,
                 float* out) {
  const size_t bytes = static_cast<size_t>(count) * sizeof(float);
  for (int64_t x = 0; x < width; ++x, out += count)
    std::memcpy(out, row + (x * channels + first) * int64_t{sizeof(float)}, bytes);
}

void store_floats(uint8_t* row, int64_t width, int channels, int first, int count,
                  const float* values) {
  const size_t bytes = static_cast<size_t>(count) * sizeof(float);
  for (int64_t x = 0; x < width; ++x, values += count)
    std::memcpy(row + (x * channels + first) * int64_t{sizeof(float)}, values, bytes);
}

template <class Sample>
void load_samples(const uint8_t* row, int64_t width, int channels, int first, int count,
                  float* out) {
  const float scale = std::numeric_limits<Sample>::max();
  for (int64_t x = 0; x < width; ++x) {
    for (int c = 0; c < count; ++c) {
      Sample sample;
      std::memcpy(&sample, row + (x * channels + first + c) * int64_t{sizeof sample},
                  sizeof sample);
      // A division, not a product with the reciprocal: training code divides, and the two differ
      // in the last bit for some samples.
      *out++ = static_cast<float>(sample) / scale;
    }
  }
}

// A value in 0...1 times `scale`, rounded to nearest, ties to even. 1.5 * 2^23 has a last place of
// 1, so the sum's own rounding is the one wanted, and the sum's bits less the constant's are the
// integer. Clamped as an integer: from 0 up floats are ordered as their bits are, and below 0 those
// are negative too. Comparing as floats the compiler would branch on, sample by sample.
uint32_t round_sample(float value, float scale) {
  constexpr float kOne = 0x1.8p23f;
  const int32_t clamped =
      std::min(std::max(std::bit_cast<int32_t>(value), 0), std::bit_cast<int32_t>(1.0f));
  return std::bit_cast<uint32_t>(std::bit_cast<float>(clamped) * scale + kOne) -
         std::bit_cast<uint32_t>(kOne);
}

template <class Sample>
void store_samples(uint8_t* row, int64_t width, int channels, int first, int count,
                   const float* values) {
  const float scale = std::numeric_limits<Sample>::max();
  const auto store = [&](int64_t at, float value) {
    const auto sample = static_cast<Sample>(round_sample(value, scale));
    std::memcpy(row + at * int64_t{sizeof sample}, &sample, sizeof sample);
  };
  if (count == channels) {
    for (int64_t i = 0; i < width * channels; ++i) store(i, values[i]);
    return;
  }
  for (int64_t x = 0; x < width; ++x) {
    for (int c = 0; c < count; ++c) store(x * channels + first + c, *values++);
  }
}

// No value beyond what an int64_t counts.
std::optional<int64_t> bytes_of(Size size, int channels, int bit_depth) {
  int64_t bytes = 0;
  if (__builtin_mul_overflow(size.width, int64_t{channels} * (bit_depth / 8), &bytes) ||
      __builtin_mul_overflow(bytes, size.height, &bytes))
    return std::nullopt;
  return bytes;
}

}  // namespace

Result<Picture> Picture::create(Size size, int channels, int bit_depth) {
  Picture picture;
  FOVEA_TRY(picture.take_shape(size, channels, bit_depth));
  std::optional<ZeroedBytes> zeros;
  if (const auto bytes = bytes_of(size, channels, bit_depth)) zeros = ZeroedBytes::create(*bytes);
  if (!zeros)
    return fail(ErrorCode::kMemory,
                "no memory for a picture of {} x {}, {} channels of {} bits; use a smaller one",
                size.width, size.height, channels, bit_depth);
  picture.stride_ = picture.row_byte_count();
  picture.owned_ = std::move(*zeros);
  return picture;
}

Result<Picture> Picture::over(void* samples, int64_t stride, Size size, int channels,
                              int bit_depth) {
  Picture picture;
  FOVEA_TRY(picture.take_shape(size, channels, bit_depth));
  if (stride == 0 && bytes_of(size, channels, bit_depth)) stride = picture.row_byte_count();
  int64_t span = 0;
  if (!bytes_of(size, channels, bit_depth) || __builtin_mul_overflow(stride, size.height, &span))
    return fail(ErrorCode::kUsage, "{} x {} pixels in rows of {} bytes are in no memory",
                size.width, size.height, stride);
  if (stride < picture.row_byte_count())
    return fail(ErrorCode::kUsage, "rows {} bytes apart, each of {}; the distance must not be less",
                stride, picture.row_byte_count());
  picture.stride_ = stride;
  picture.borrowed_ = static_cast<uint8_t*>(samples);
  return picture;
}

Status Picture::take_shape(Size size, int channels, int bit_depth) {
  if (size.width < 1 || size.height < 1 || channels < 1 || channels > 4 ||
      (bit_depth != 8 && bit_depth != 16 && bit_depth != 32)) {
    return fail(ErrorCode::kUsage,
                "no such picture: {} x {}, {} channels of {} bits (limits: sides from 1, 1 to 4 "
                "channels, 8, 16 or 32 bits)",
                size.width, size.height, channels, bit_depth);
  }
  size_ = size;
  channels_ = channels;
  bit_depth_ = bit_depth;
  return {};
}

Result<Picture> Picture::copy() const {
  FOVEA_ASSIGN_OR_RETURN(Picture made, create(size_, channels_, bit_depth_));
  for (int64_t y = 0; y < size_.height; ++y)
    std::copy_n(row_bytes(y), row_byte_count(), made.row_bytes(y));
  return made;
}

int64_t Picture::sample(int64_t y, int64_t x, int c) const {
  const uint8_t* row = row_bytes(y);
  const int64_t index = x * channels_ + c;
  if (bit_depth_ == 8) return row[index];
  uint16_t value;
  std::memcpy(&value, row + 2 * index, sizeof value);
  return value;
}

void Picture::set_sample(int64_t y, int64_t x, int c, int64_t value) {
  uint8_t* row = row_bytes(y);
  const int64_t index = x * channels_ + c;
  if (bit_depth_ == 8) {
    row[index] = static_cast<uint8_t>(value);
    return;
  }
  const auto wide = static_cast<uint16_t>(value);
  std::memcpy(row + 2 * index, &wide, sizeof wide);
}

void Picture::load_row(int64_t y, int first, int count, float* out) const {
  const auto load = bit_depth_ == 32   ? load_floats
                    : bit_depth_ == 16 ? load_samples<uint16_t>
                                       : load_samples<uint8_t>;
  load(row_bytes(y), size_.width, channels_, first, count, out);
}

void Picture::store_row(int64_t y, int first, int count, const float* values) {
  const auto store = bit_depth_ == 32   ? store_floats
                     : bit_depth_ == 16 ? store_samples<uint16_t>
                                        : store_samples<uint8_t>;
  store(row_bytes(y), size_.width, channels_, first, count, values);
}

}  // namespace fovea
