#include "tests/compare.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace fovea::test {
namespace {

::testing::AssertionResult same_shape(const ConstTensorView& a, const ConstTensorView& b) {
  if (a.size() == b.size() && a.channels == b.channels) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "shapes (" << a.height << ", " << a.width << ", " << a.channels << ") and (" << b.height
         << ", " << b.width << ", " << b.channels << ")";
}

template <class Visit>
void for_each(const ConstTensorView& map, Visit visit) {
  for (int64_t y = 0; y < map.height; ++y) {
    for (int64_t x = 0; x < map.width; ++x) {
      for (int64_t c = 0; c < map.channels; ++c) visit(y, x, c);
    }
  }
}

// Checks ok(expected, actual, y, x, c) for each value and describes what fails.
template <class Check>
::testing::AssertionResult check_all(const ConstTensorView& expected, const ConstTensorView& actual,
                                     Check ok) {
  auto shapes = same_shape(expected, actual);
  if (!shapes) return shapes;
  int64_t failures = 0;
  double worst = 0;
  auto result = ::testing::AssertionFailure();
  for_each(expected, [&](int64_t y, int64_t x, int64_t c) {
    const float want = expected.at(y, x)[c];
    const float got = actual.at(y, x)[c];
    if (ok(want, got, y, x, c)) return;
    const double error = std::abs(static_cast<double>(want) - static_cast<double>(got));
    if (!(error <= worst)) worst = error;
    if (failures++ == 0)
      result << "at (" << y << ", " << x << ", " << c << ") expected " << want << ", got " << got;
  });
  if (failures == 0) return ::testing::AssertionSuccess();
  return result << "; " << failures << " of " << expected.size().area() * expected.channels
                << " values fail, largest error " << worst;
}

}  // namespace

::testing::AssertionResult all_within(
    ConstTensorView expected, ConstTensorView actual,
    const std::function<double(int64_t, int64_t, int64_t)>& tolerance) {
  return check_all(expected, actual, [&](float want, float got, int64_t y, int64_t x, int64_t c) {
    const double error = std::abs(static_cast<double>(want) - static_cast<double>(got));
    return std::isfinite(want) && std::isfinite(got) && error <= tolerance(y, x, c);
  });
}

::testing::AssertionResult all_within(ConstTensorView expected, ConstTensorView actual,
                                      double tolerance) {
  return all_within(expected, actual, [&](int64_t, int64_t, int64_t) { return tolerance; });
}

::testing::AssertionResult same_bits(ConstTensorView expected, ConstTensorView actual) {
  return check_all(expected, actual, [](float want, float got, int64_t, int64_t, int64_t) {
    return !std::isnan(want) && std::bit_cast<uint32_t>(want) == std::bit_cast<uint32_t>(got);
  });
}

double max_magnitude(ConstTensorView map) {
  double largest = 0;
  for_each(map, [&](int64_t y, int64_t x, int64_t c) {
    const double magnitude = std::abs(static_cast<double>(map.at(y, x)[c]));
    if (!(magnitude <= largest)) largest = magnitude;
  });
  return largest;
}

}  // namespace fovea::test
