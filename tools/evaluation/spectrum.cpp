#include "tools/evaluation/spectrum.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <kissfft/kissfft.hh>
#include <limits>
#include <numbers>
#include <numeric>

namespace fovea::evaluation {
namespace {

using Complex = std::complex<double>;

constexpr double kRoundingPower = 1.0 / 12;

// The largest length up to `length` whose transform is fast, 0 for 0.
int64_t fast_length(int64_t length) {
  for (; length > 0; --length) {
    int64_t rest = length;
    for (const int64_t factor : {2, 3, 5}) {
      while (rest % factor == 0) rest /= factor;
    }
    if (rest == 1) break;
  }
  return length;
}

// Hann's, periodic: its transform has three values that are not 0.
std::vector<double> window(int64_t length) {
  std::vector<double> weights;
  for (int64_t i = 0; i < length; ++i) {
    const double turn = static_cast<double>(i) / static_cast<double>(length);
    weights.push_back(0.5 - 0.5 * std::cos(2 * std::numbers::pi * turn));
  }
  return weights;
}

double sum_of_squares(const std::vector<double>& values) {
  return std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
}

// `plane` without its mean, `size` pixels of it about its middle.
std::vector<double> centred(const Plane& plane, Size size) {
  const int64_t top = (plane.size.height - size.height) / 2;
  const int64_t left = (plane.size.width - size.width) / 2;
  std::vector<double> values;
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) values.push_back(plane.at(top + y, left + x));
  }
  const double mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(size.area());
  for (double& value : values) value -= mean;
  return values;
}

// |F|^2 over the windows' squares, (height, width) as the transform orders frequencies.
std::vector<double> power(const Plane& plane, Size size) {
  const std::vector<double> rows = window(size.height);
  const std::vector<double> columns = window(size.width);
  const std::vector<double> values = centred(plane, size);
  const auto height = static_cast<size_t>(size.height);
  const auto width = static_cast<size_t>(size.width);
  const kissfft<double> along_rows(width, false);
  const kissfft<double> along_columns(height, false);
  std::vector<Complex> spectrum(values.size());
  std::vector<Complex> line(std::max(height, width));
  for (size_t y = 0; y < height; ++y) {
    for (size_t x = 0; x < width; ++x) line[x] = values[y * width + x] * rows[y] * columns[x];
    along_rows.transform(line.data(), &spectrum[y * width]);
  }
  std::vector<Complex> transformed(height);
  std::vector<double> result(values.size());
  const double unit = 1 / (sum_of_squares(rows) * sum_of_squares(columns));
  for (size_t x = 0; x < width; ++x) {
    for (size_t y = 0; y < height; ++y) line[y] = spectrum[y * width + x];
    along_columns.transform(line.data(), transformed.data());
    for (size_t y = 0; y < height; ++y) result[y * width + x] = std::norm(transformed[y]) * unit;
  }
  return result;
}

// Mean power by distance from frequency 0, in multiples of 1 / min(height, width) cycles a pixel.
std::vector<double> rings(const Plane& plane, Size size) {
  const std::vector<double> powers = power(plane, size);
  const auto shorter = static_cast<double>(std::min(size.height, size.width));
  const auto frequency = [&](int64_t index, int64_t length) {
    const int64_t signed_index = index <= length / 2 ? index : index - length;
    return static_cast<double>(signed_index) / static_cast<double>(length) * shorter;
  };
  const auto count = static_cast<size_t>(shorter) / 2 + 1;
  std::vector<double> sums(count, 0.0);
  std::vector<double> counts(count, 0.0);
  for (int64_t v = 0; v < size.height; ++v) {
    for (int64_t u = 0; u < size.width; ++u) {
      const double distance = std::hypot(frequency(v, size.height), frequency(u, size.width));
      const auto ring = static_cast<size_t>(std::lround(distance));
      if (ring >= count) continue;
      sums[ring] += powers[static_cast<size_t>(v * size.width + u)];
      counts[ring] += 1;
    }
  }
  for (size_t ring = 0; ring < count; ++ring) sums[ring] /= counts[ring];
  return sums;
}

}  // namespace

std::array<double, kOctaves> spectrum_difference(const Plane& truth, const Plane& result,
                                                 int64_t border) {
  std::array<double, kOctaves> differences;
  differences.fill(std::numeric_limits<double>::quiet_NaN());
  const Size size{fast_length(std::max<int64_t>(truth.size.height - 2 * border, 0)),
                  fast_length(std::max<int64_t>(truth.size.width - 2 * border, 0))};
  if (size.area() == 0) return differences;
  const std::vector<double> expected = rings(truth, size);
  const std::vector<double> actual = rings(result, size);
  // Of Nyquist's frequency, a ring at most: high is in the octave, low in the next one.
  double high = static_cast<double>(std::min(size.height, size.width)) / 2;
  for (double& difference : differences) {
    double sum = 0;
    double count = 0;
    for (size_t ring = 1; ring < expected.size(); ++ring) {
      const auto distance = static_cast<double>(ring);
      if (distance > high || distance <= high / 2) continue;
      sum += 10 * std::log10((actual[ring] + kRoundingPower) / (expected[ring] + kRoundingPower));
      count += 1;
    }
    if (count > 0) difference = sum / count;
    high /= 2;
  }
  return differences;
}

}  // namespace fovea::evaluation
