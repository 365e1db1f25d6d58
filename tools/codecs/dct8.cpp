#include "tools/codecs/dct8.h"

#include <cmath>
#include <numbers>

namespace fovea::codecs {
namespace {

// Row v, column y: a(v) cos((2y+1) v pi/16), and its transpose.
struct Basis {
  Block rows;
  Block columns;

  Basis() {
    for (int v = 0; v < 8; ++v) {
      for (int y = 0; y < 8; ++y) {
        const double scale = v == 0 ? std::sqrt(0.125) : 0.5;
        const double value = scale * std::cos((2 * y + 1) * v * std::numbers::pi / 16);
        rows[8 * v + y] = columns[8 * y + v] = static_cast<float>(value);
      }
    }
  }
};

const Basis& basis() {
  static const Basis made;
  return made;
}

void multiply(const Block& a, const Block& b, Block& product) {
  for (int row = 0; row < 8; ++row) {
    float sums[8] = {};
    for (int i = 0; i < 8; ++i) {
      for (int column = 0; column < 8; ++column) sums[column] += a[8 * row + i] * b[8 * i + column];
    }
    for (int column = 0; column < 8; ++column) product[8 * row + column] = sums[column];
  }
}

}  // namespace

void forward_dct(const Block& samples, Block& coefficients) {
  Block half;
  multiply(basis().rows, samples, half);
  multiply(half, basis().columns, coefficients);
}

void inverse_dct(const Block& coefficients, Block& samples) {
  Block half;
  multiply(basis().columns, coefficients, half);
  multiply(half, basis().rows, samples);
}

}  // namespace fovea::codecs
