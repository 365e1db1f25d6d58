#include "engine/colour.h"

namespace fovea {
namespace {

using Matrix = std::array<std::array<double, 3>, 3>;

// By cofactors: the inverse that belongs to the forward matrix, not one rounded to three decimals
// in a standard.
Matrix invert(const Matrix& m) {
  const auto cofactor = [&](size_t r, size_t c) {
    const size_t r1 = (r + 1) % 3, r2 = (r + 2) % 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;
    return m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1];
  };
  const double determinant =
      m[0][0] * cofactor(0, 0) + m[0][1] * cofactor(0, 1) + m[0][2] * cofactor(0, 2);
  Matrix inverse{};
  for (size_t r = 0; r < 3; ++r) {
    for (size_t c = 0; c < 3; ++c) inverse[c][r] = cofactor(r, c) / determinant;
  }
  return inverse;
}

double dot(const std::array<double, 3>& row, double a, double b, double c) {
  return row[0] * a + row[1] * b + row[2] * c;
}

}  // namespace

YcbcrSpace::YcbcrSpace(const Matrix& forward, const std::array<double, 3>& offset)
    : forward_(forward), inverse_(invert(forward)), offset_(offset) {}

const YcbcrSpace& YcbcrSpace::studio() {
  static const YcbcrSpace space({{{65.481 / 255, 128.553 / 255, 24.966 / 255},
                                  {-37.797 / 255, -74.203 / 255, 112.0 / 255},
                                  {112.0 / 255, -93.786 / 255, -18.214 / 255}}},
                                {16.0 / 255, 128.0 / 255, 128.0 / 255});
  return space;
}

const YcbcrSpace& YcbcrSpace::full() {
  // Cb = (B - Y) / 1.772 and Cr = (R - Y) / 1.402, so that both span one unit.
  static const YcbcrSpace space({{{0.299, 0.587, 0.114},
                                  {-0.299 / 1.772, -0.587 / 1.772, (1 - 0.114) / 1.772},
                                  {(1 - 0.299) / 1.402, -0.587 / 1.402, -0.114 / 1.402}}},
                                {0.0, 128.0 / 255, 128.0 / 255});
  return space;
}

void YcbcrSpace::luma(const float* rgb, int64_t count, float* y) const {
  for (int64_t i = 0; i < count; ++i, rgb += 3)
    y[i] = static_cast<float>(offset_[0] + dot(forward_[0], rgb[0], rgb[1], rgb[2]));
}

void YcbcrSpace::chroma(const float* rgb, int64_t count, float* cbcr) const {
  for (int64_t i = 0; i < count; ++i, rgb += 3) {
    for (size_t c = 0; c < 2; ++c)
      *cbcr++ = static_cast<float>(offset_[c + 1] + dot(forward_[c + 1], rgb[0], rgb[1], rgb[2]));
  }
}

void YcbcrSpace::to_rgb(const float* y, const float* cbcr, int64_t count, float* rgb) const {
  for (int64_t i = 0; i < count; ++i, cbcr += 2) {
    for (size_t c = 0; c < 3; ++c)
      *rgb++ = static_cast<float>(
          dot(inverse_[c], y[i] - offset_[0], cbcr[0] - offset_[1], cbcr[1] - offset_[2]));
  }
}

}  // namespace fovea
