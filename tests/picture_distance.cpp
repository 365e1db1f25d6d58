#include "tests/picture_distance.h"

#include <algorithm>
#include <cmath>

namespace fovea::test {
namespace {

int64_t to_8_bits(float value) {
  return static_cast<int64_t>(std::lround(std::clamp(value, 0.0f, 1.0f) * 255));
}

}  // namespace

double PictureDistance::psnr() const {
  return -10 * std::log10(squares / static_cast<double>(samples));
}

PictureDistance picture_distance(const Tensor& expected, const Tensor& actual) {
  PictureDistance result;
  for (size_t i = 0; i < expected.values().size(); ++i) {
    const float want = expected.values()[i], got = actual.values()[i];
    if (!std::isfinite(want) || !std::isfinite(got)) {
      result.finite = false;
      return result;
    }
    const double error = std::abs(static_cast<double>(want) - static_cast<double>(got));
    const int64_t steps = std::abs(to_8_bits(want) - to_8_bits(got));
    result.samples += 1;
    result.squares += error * error;
    result.largest = std::max(result.largest, error);
    result.differing += steps != 0;
    result.steps = std::max(result.steps, steps);
  }
  return result;
}

}  // namespace fovea::test
