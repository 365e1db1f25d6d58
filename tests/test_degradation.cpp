// What fovea eval does to pictures: blur, noise and JPEG.
#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "tests/read_picture.h"
#include "tools/evaluation/degradation.h"
#include "tools/evaluation/metrics.h"

namespace fovea::test {
namespace {

template <class T>
T made(Result<T> result) {
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  return result ? std::move(*result) : T();
}

Picture photograph() { return read_picture(std::string(FOVEA_TEST_PICTURES) + "/cat.png"); }

Picture flat(Size size, int channels, int64_t value) {
  Picture picture = made(Picture::create(size, channels, 8));
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) {
      for (int c = 0; c < channels; ++c) picture.set_sample(y, x, c, value);
    }
  }
  return picture;
}

// Pixels with any other sample.
int64_t other_pixels(const Picture& a, const Picture& b) {
  EXPECT_EQ(a.size(), b.size());
  int64_t others = 0;
  for (int64_t y = 0; y < a.height(); ++y) {
    for (int64_t x = 0; x < a.width(); ++x) {
      bool same = true;
      for (int c = 0; c < a.channels(); ++c) same &= a.sample(y, x, c) == b.sample(y, x, c);
      others += same ? 0 : 1;
    }
  }
  return others;
}

TEST(Noise, DependsOnSeedAndNameAlone) {
  const Picture picture = flat({20, 30}, 3, 128);
  const Picture noisy = made(evaluation::with_noise(picture, 10, 1, "a"));
  EXPECT_EQ(other_pixels(noisy, made(evaluation::with_noise(picture, 10, 1, "a"))), 0);
  EXPECT_GE(other_pixels(noisy, made(evaluation::with_noise(picture, 10, 2, "a"))), 550);
  EXPECT_GE(other_pixels(noisy, made(evaluation::with_noise(picture, 10, 1, "b"))), 550);
}

// Of n = 30000 samples the mean scatters by s / sqrt(n) and the deviation by s / sqrt(2 n); five of
// those are allowed. Rounding adds 1/12 to the variance.
TEST(Noise, HasTheDeviationAskedFor) {
  const Picture picture = flat({100, 100}, 3, 128);
  for (const double deviation : {2.0, 10.0, 25.0}) {
    const Picture noisy = made(evaluation::with_noise(picture, deviation, 3, "noise"));
    double sum = 0, squares = 0, products = 0;
    for (int64_t y = 0; y < 100; ++y) {
      for (int64_t x = 0; x < 100; ++x) {
        for (int c = 0; c < 3; ++c) {
          const double value = static_cast<double>(noisy.sample(y, x, c)) - 128;
          sum += value;
          squares += value * value;
          products += value * (static_cast<double>(noisy.sample(y, x, (c + 1) % 3)) - 128);
        }
      }
    }
    constexpr double kCount = 30000;
    const double expected = deviation * deviation + 1.0 / 12;
    EXPECT_LE(std::abs(sum / kCount), 5 * deviation / std::sqrt(kCount));
    EXPECT_LE(std::abs(std::sqrt(squares / kCount) - std::sqrt(expected)),
              5 * deviation / std::sqrt(2 * kCount));
    EXPECT_LE(std::abs(products / kCount), 5 * deviation * deviation / std::sqrt(kCount))
        << "channels are independent";
  }
}

TEST(Noise, IsHeldToWhatEightBitsHold) {
  const Picture black = made(evaluation::with_noise(flat({9, 9}, 1, 0), 30, 1, "x"));
  const Picture white = made(evaluation::with_noise(flat({9, 9}, 1, 255), 30, 1, "x"));
  for (int64_t y = 0; y < 9; ++y) {
    for (int64_t x = 0; x < 9; ++x) {
      EXPECT_LE(black.sample(y, x, 0), 150);  // five sigma; 256 - 1 where it had wrapped
      EXPECT_GE(white.sample(y, x, 0), 105);
    }
  }
}

TEST(Blur, OfAPointIsTheGaussian) {
  for (const double sigma : {0.5, 1.2, 3.0}) {
    Picture point = flat({41, 43}, 1, 0);
    point.set_sample(20, 21, 0, 255);
    const Picture blurred = made(evaluation::blurred(point, sigma));
    double norm = 0;
    for (int64_t i = -20; i <= 20; ++i) {
      const auto t = static_cast<double>(i) / sigma;
      norm += std::exp(-t * t / 2);
    }
    for (int64_t y = 0; y < 41; ++y) {
      for (int64_t x = 0; x < 43; ++x) {
        const auto dy = static_cast<double>(y - 20) / sigma;
        const auto dx = static_cast<double>(x - 21) / sigma;
        const double expected = 255 * std::exp(-(dy * dy + dx * dx) / 2) / norm / norm;
        EXPECT_LE(std::abs(static_cast<double>(blurred.sample(y, x, 0)) - expected), 0.52)
            << sigma << " " << y << " " << x;
      }
    }
  }
}

TEST(Blur, KeepsWhatIsFlatUpToTheBorder) {
  const Picture gray = flat({5, 7}, 3, 77);
  EXPECT_EQ(other_pixels(gray, made(evaluation::blurred(gray, 4))), 0);
}

TEST(Jpeg, KeepsColourEdgesWhole) {
  // Red and blue columns: with half the chroma they would be one purple.
  Picture stripes = flat({32, 32}, 3, 0);
  for (int64_t y = 0; y < 32; ++y) {
    for (int64_t x = 0; x < 32; ++x) stripes.set_sample(y, x, x % 2 == 0 ? 0 : 2, 255);
  }
  const Picture decoded = made(evaluation::through_jpeg(stripes, 100)).picture;
  EXPECT_GE(evaluation::rgb_psnr(stripes, decoded, 0), 30);
}

TEST(Jpeg, OfGrayIsGray) {
  const Picture gray = flat({17, 9}, 1, 40);
  const Picture decoded = made(evaluation::through_jpeg(gray, 75)).picture;
  EXPECT_EQ(decoded.channels(), 1);
  EXPECT_EQ(decoded.size(), gray.size());
}

TEST(Degradation, IsWorseTheMoreOfIt) {
  const Picture picture = photograph();
  const auto quality = [&](const Picture& spoilt) {
    return evaluation::rgb_psnr(picture, spoilt, 0);
  };
  double before = 1000;
  for (const int jpeg : {95, 80, 40, 10}) {
    const double now = quality(made(evaluation::through_jpeg(picture, jpeg)).picture);
    EXPECT_LT(now, before) << jpeg;
    before = now;
  }
  before = 1000;
  for (const double noise : {1.0, 5.0, 15.0, 50.0}) {
    const double now = quality(made(evaluation::with_noise(picture, noise, 0, "cat")));
    EXPECT_LT(now, before) << noise;
    before = now;
  }
  before = 1000;
  for (const double blur : {0.4, 0.8, 1.6, 3.2}) {
    const double now = quality(made(evaluation::blurred(picture, blur)));
    EXPECT_LT(now, before) << blur;
    before = now;
  }
}

TEST(Degradation, TellsWhatItIs) {
  EXPECT_EQ(to_string(evaluation::Degradation{}), "none");
  EXPECT_EQ(to_string(evaluation::Degradation{1.5, 10, 40, 3}),
            "blur 1.5, noise 10 (seed 3), JPEG 40");
}

}  // namespace
}  // namespace fovea::test
