// The spectrum's difference, against signals whose spectrum is known.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/random_values.h"
#include "tools/evaluation/spectrum.h"

namespace fovea::test {
namespace {

using evaluation::kOctaves;
using evaluation::Plane;
using evaluation::spectrum_difference;

constexpr double kRounding = 1.0 / 12;

template <class Value>
Plane plane_of(Size size, Value value) {
  Plane plane{size, {}};
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) plane.values.push_back(value(y, x));
  }
  return plane;
}

Plane noise(Size size, float deviation) {
  RandomValues random(7);
  return plane_of(size, [&](int64_t, int64_t) { return 128.0 + random.normal(deviation); });
}

// How many frequencies of a square transform lie on a ring.
double frequencies_on(int64_t ring, int64_t side) {
  double count = 0;
  for (int64_t v = 0; v < side; ++v) {
    for (int64_t u = 0; u < side; ++u) {
      const auto y = static_cast<double>(v <= side / 2 ? v : v - side);
      const auto x = static_cast<double>(u <= side / 2 ? u : u - side);
      count += std::lround(std::sqrt(x * x + y * y)) == ring ? 1 : 0;
    }
  }
  return count;
}

TEST(Spectrum, OfEqualsDoesNotDiffer) {
  const Plane plane = noise({50, 61}, 30);
  for (const double difference : spectrum_difference(plane, plane, 2)) EXPECT_EQ(difference, 0);
}

// Twice the amplitude is 10 log10 4 dB more in each octave; q is a millionth of the power.
TEST(Spectrum, TellsTwiceTheContrast) {
  const Plane plane = noise({96, 80}, 300);
  const Plane doubled =
      plane_of(plane.size, [&](int64_t y, int64_t x) { return 2 * plane.at(y, x); });
  for (const double difference : spectrum_difference(plane, doubled, 0))
    EXPECT_NEAR(difference, 10 * std::log10(4.0), 0.001);
}

// White noise has its variance everywhere. In the finest octave of 96x96 pixels the rings have 150
// frequencies and more, a quarter of which are independent behind Hann's window: the logarithm of
// such a mean is off by 4.34 / 37 = 0.12 dB and scatters by 0.7 dB, and the mean over 24 rings by
// 0.15 dB.
TEST(Spectrum, OfWhiteNoiseIsItsVariance) {
  const Size size{96, 96};
  const Plane flat = plane_of(size, [](int64_t, int64_t) { return 100.0; });
  EXPECT_NEAR(spectrum_difference(flat, noise(size, 20), 0).front(),
              10 * std::log10(400 / kRounding + 1), 0.6);
}

// A wave of 36 periods in 96 pixels, times Hann's window, has an amplitude of A W / 4 at u = +-36,
// half of that beside it and nothing else; along y the window alone has H / 2 at 0 and H / 4 at
// +-1. Hann's squares sum to 3/8 of the length.
TEST(Spectrum, OfAWaveIsWhereTheFormulaSays) {
  constexpr int64_t kSide = 96;
  constexpr int64_t kBorder = 2;
  constexpr double kAmplitude = 50;
  const Size size{kSide + 2 * kBorder, kSide + 2 * kBorder};
  const auto inside = [&](int64_t at) { return at >= kBorder && at < kSide + kBorder; };
  const Plane flat = plane_of(size, [](int64_t, int64_t) { return 100.0; });
  const Plane wave = plane_of(size, [&](int64_t y, int64_t x) {
    const double phase = 2 * std::numbers::pi * 36 * static_cast<double>(x) / kSide;
    return inside(x) && inside(y) ? 100 + kAmplitude * std::cos(phase) : -1e6;
  });
  const auto ring_power = [&](int64_t ring, double amplitude) {
    const double along_y = kSide * kSide * (1.0 / 4 + 2.0 / 16);
    const double windows = 3.0 / 8 * kSide * 3.0 / 8 * kSide;
    return 2 * amplitude * amplitude * along_y / windows / frequencies_on(ring, kSide);
  };
  const double middle = kAmplitude * kSide / 4;
  double expected = 0;
  for (const auto& [ring, amplitude] :
       {std::pair<int64_t, double>{35, middle / 2}, {36, middle}, {37, middle / 2}})
    expected += 10 * std::log10(ring_power(ring, amplitude) / kRounding + 1);
  expected /= 24;  // rings 25 to 48 are the octave
  const auto difference = spectrum_difference(flat, wave, kBorder);
  EXPECT_NEAR(difference[0], expected, 1e-6);
  for (size_t octave = 1; octave < kOctaves; ++octave) EXPECT_NEAR(difference[octave], 0, 1e-6);
}

// The mean of two neighbours is cos^2(pi f) of the power along rows: nothing at Nyquist's
// frequency, all of it far below.
TEST(Spectrum, OfBlurFallsTowardsTheFinestOctave) {
  const Plane plane = noise({128, 128}, 50);
  const Plane smooth = plane_of(plane.size, [&](int64_t y, int64_t x) {
    return (plane.at(y, x) + plane.at(y, std::min<int64_t>(x + 1, 127))) / 2;
  });
  const auto difference = spectrum_difference(plane, smooth, 0);
  EXPECT_LE(difference[0], -2);
  for (size_t octave = 1; octave < kOctaves; ++octave)
    EXPECT_LE(difference[octave - 1], difference[octave]);
  EXPECT_LE(std::abs(difference.back()), 0.3);
}

TEST(Spectrum, IsUnknownWhereNoRingIs) {
  const auto small = spectrum_difference(noise({4, 9}, 5), noise({4, 9}, 5), 0);
  EXPECT_EQ(small[0], 0);  // ring 2
  EXPECT_EQ(small[1], 0);  // ring 1
  EXPECT_TRUE(std::isnan(small[2]));
  for (const double difference : spectrum_difference(noise({4, 9}, 5), noise({4, 9}, 5), 2))
    EXPECT_TRUE(std::isnan(difference));
}

}  // namespace
}  // namespace fovea::test
