// The layers' own formulas in f64, index by index: what loaders/rewriting is tested against.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "loaders/rewriting/transposed_convolution.h"

namespace fovea::test {

/// A map in f64, channels outermost as PyTorch has them; zero outside.
struct Map {
  int64_t channels = 0, height = 0, width = 0;
  std::vector<double> values = std::vector<double>(static_cast<size_t>(channels * height * width));

  double at(int64_t c, int64_t y, int64_t x) const {
    const bool inside = y >= 0 && y < height && x >= 0 && x < width;
    return inside ? values[static_cast<size_t>((c * height + y) * width + x)] : 0.0;
  }
  double& at(int64_t c, int64_t y, int64_t x) {
    return values[static_cast<size_t>((c * height + y) * width + x)];
  }
};

/// Random values in -1...1.
class Numbers {
 public:
  std::vector<double> operator()(int64_t count) {
    std::vector<double> values(static_cast<size_t>(count));
    for (double& value : values) value = distribution_(engine_);
    return values;
  }
  Map map(int64_t channels, int64_t height, int64_t width) {
    return {channels, height, width, (*this)(channels * height * width)};
  }
  CollapsedConvolution convolution(int64_t in, int64_t out, int64_t kernel, int64_t groups = 1) {
    return {in,           out,  kernel, groups, (*this)(out * (in / groups) * kernel * kernel),
            (*this)(out), {"t"}};
  }

 private:
  std::mt19937_64 engine_{6};
  std::uniform_real_distribution<double> distribution_{-1.0, 1.0};
};

/// y[o, a] = b[o] + sum w[o, i, u] x[group's i, s a + u - before]: PyTorch's Conv2d.
Map convolve(const Map& x, const CollapsedConvolution& c, int64_t stride, int64_t before,
             int64_t after);

/// The same with stride 1 and padded to the same size.
Map convolve_same(const Map& x, const CollapsedConvolution& c);

/// Every input pixel writes its kernel into the output: PyTorch's ConvTranspose2d.
Map scatter(const Map& x, const TransposedConvolution& t);

/// PyTorch's PixelShuffle and PixelUnshuffle.
Map shuffle(const Map& x, int64_t r);
Map unshuffle(const Map& x, int64_t r);

/// Equal but for the order of sums of a few thousand products of at most 1.
void expect_equal(const Map& expected, const Map& actual, const std::string& what);

/// Channels in and out that groups divide.
struct Channels {
  int64_t in, out, groups;
};
inline constexpr Channels kChannels[] = {{1, 1, 1}, {3, 2, 1}, {4, 6, 2}, {3, 3, 3}};

template <class T>
std::string error_of(const Result<T>& result) {
  return result ? "no error" : result.error().message;
}

inline void expect_error(const std::string& message, const std::string& part) {
  EXPECT_NE(message.find(part), std::string::npos) << message << "\nexpected in it: " << part;
}

}  // namespace fovea::test
