// Luma and chroma: the two YCbCr spaces of ITU-R BT.601 that networks on luma use.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace fovea {

/// A linear map between RGB and YCbCr, both in 0...1 (chroma centred on 128/255).
class YcbcrSpace {
 public:
  /// MATLAB's rgb2ycbcr: Y = (16 + 65.481 R + 128.553 G + 24.966 B) / 255, the space of SRCNN and
  /// of all PSNR tables.
  static const YcbcrSpace& studio();

  /// JFIF: Y = 0.299 R + 0.587 G + 0.114 B, full range.
  static const YcbcrSpace& full();

  /// `count` RGB pixels (count, 3) to luma (count).
  void luma(const float* rgb, int64_t count, float* y) const;

  /// `count` RGB pixels (count, 3) to chroma (count, 2).
  void chroma(const float* rgb, int64_t count, float* cbcr) const;

  /// Luma (count) and chroma (count, 2) back to RGB (count, 3).
  void to_rgb(const float* y, const float* cbcr, int64_t count, float* rgb) const;

 private:
  using Matrix = std::array<std::array<double, 3>, 3>;
  YcbcrSpace(const Matrix& forward, const std::array<double, 3>& offset);

  Matrix forward_;
  Matrix inverse_;
  std::array<double, 3> offset_;
};

}  // namespace fovea
