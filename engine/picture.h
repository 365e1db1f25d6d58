// Picture: decoded samples, 8 or 16 bits or floats, gray or RGB, with or without alpha.
#pragma once

#include <cstdint>

#include "engine/status.h"
#include "engine/tensor.h"
#include "engine/zeroed_bytes.h"

namespace fovea {

/// A decoded picture, rows top to bottom, samples interleaved; alpha is straight (not
/// premultiplied). Copied by copy() alone, which can fail. Colour stays in the file's own space:
/// the engine never converts it. Samples of 32 bits are floats: 0 is black, 1 is white, and what
/// lies beyond is kept.
class Picture {
 public:
  Picture() = default;

  /// A picture of zeros, which costs nothing until they are written. `channels`: 1 gray, 2 gray +
  /// alpha, 3 RGB, 4 RGBA. `bit_depth`: 8, 16 or 32. kMemory when it cannot be allocated.
  static Result<Picture> create(Size size, int channels, int bit_depth);

  /// The same in memory of the caller's, which must outlive it; row y begins `stride` bytes behind
  /// row y - 1, 0 meaning without a gap. No alignment is asked for. kUsage for rows that overlap.
  static Result<Picture> over(void* samples, int64_t stride, Size size, int channels,
                              int bit_depth);

  /// In memory of its own. kMemory when it cannot be allocated.
  Result<Picture> copy() const;

  Size size() const { return size_; }
  int64_t width() const { return size_.width; }
  int64_t height() const { return size_.height; }
  int channels() const { return channels_; }
  int bit_depth() const { return bit_depth_; }
  bool has_alpha() const { return channels_ == 2 || channels_ == 4; }
  int colour_channels() const { return channels_ >= 3 ? 3 : 1; }
  int64_t max_sample() const { return bit_depth_ == 16 ? 65535 : 255; }

  /// Row y as bytes: width * channels samples in the machine's byte order. Rows of a picture that
  /// was made by create() or copy() follow each other without gaps.
  uint8_t* row_bytes(int64_t y) { return data() + y * stride_; }
  const uint8_t* row_bytes(int64_t y) const {
    return (borrowed_ != nullptr ? borrowed_ : owned_.data()) + y * stride_;
  }
  int64_t row_byte_count() const { return size_.width * channels_ * (bit_depth_ / 8); }

  /// Sample c of pixel (y, x), 0 ... max_sample(), of a picture of 8 or 16 bits.
  int64_t sample(int64_t y, int64_t x, int c) const;
  void set_sample(int64_t y, int64_t x, int c, int64_t value);

  /// Samples [first, first + count) of every pixel of row y, as floats in 0...1, to out (W, count).
  void load_row(int64_t y, int first, int count, float* out) const;

  /// The inverse: clamped to 0...1, scaled, rounded to nearest (ties to even); to floats as they
  /// are. `values` (W, count) must be finite.
  void store_row(int64_t y, int first, int count, const float* values);

 private:
  Status take_shape(Size size, int channels, int bit_depth);
  uint8_t* data() { return borrowed_ != nullptr ? borrowed_ : owned_.data(); }

  Size size_;
  int channels_ = 0;
  int bit_depth_ = 8;
  int64_t stride_ = 0;
  ZeroedBytes owned_;
  uint8_t* borrowed_ = nullptr;  // in the place of `owned_`
};

}  // namespace fovea
