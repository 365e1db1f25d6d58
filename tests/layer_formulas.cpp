#include "tests/layer_formulas.h"

#include <cmath>

namespace fovea::test {

Map convolve(const Map& x, const CollapsedConvolution& c, int64_t stride, int64_t before,
             int64_t after) {
  const auto size = [&](int64_t n) { return (n + before + after - c.kernel) / stride + 1; };
  Map y{c.out_channels, size(x.height), size(x.width)};
  const int64_t out_per_group = c.out_channels / c.groups;
  for (int64_t o = 0; o < y.channels; ++o) {
    for (int64_t row = 0; row < y.height; ++row) {
      for (int64_t column = 0; column < y.width; ++column) {
        double sum = c.bias[static_cast<size_t>(o)];
        for (int64_t i = 0; i < c.in_per_group(); ++i) {
          for (int64_t u = 0; u < c.kernel; ++u) {
            for (int64_t v = 0; v < c.kernel; ++v)
              sum += c.weight[c.index(o, i, u, v)] * x.at(o / out_per_group * c.in_per_group() + i,
                                                          row * stride + u - before,
                                                          column * stride + v - before);
          }
        }
        y.at(o, row, column) = sum;
      }
    }
  }
  return y;
}

Map convolve_same(const Map& x, const CollapsedConvolution& c) {
  return convolve(x, c, 1, c.kernel / 2, c.kernel / 2);
}

Map scatter(const Map& x, const TransposedConvolution& t) {
  const auto size = [&](int64_t n) {
    return (n - 1) * t.stride + t.kernel - t.padding_before - t.padding_after + t.output_padding;
  };
  Map y{t.out_channels, size(x.height), size(x.width)};
  for (int64_t o = 0; o < y.channels; ++o) {
    for (int64_t i = 0; i < y.height * y.width; ++i)
      y.values[static_cast<size_t>(o * y.height * y.width + i)] = t.bias[static_cast<size_t>(o)];
  }
  const int64_t out_per_group = t.out_channels / t.groups;
  for (int64_t i = 0; i < x.channels; ++i) {
    for (int64_t o = 0; o < out_per_group; ++o) {
      for (int64_t row = 0; row < x.height; ++row) {
        for (int64_t column = 0; column < x.width; ++column) {
          for (int64_t u = 0; u < t.kernel; ++u) {
            for (int64_t v = 0; v < t.kernel; ++v) {
              const int64_t to_row = row * t.stride + u - t.padding_before;
              const int64_t to_column = column * t.stride + v - t.padding_before;
              if (to_row < 0 || to_row >= y.height || to_column < 0 || to_column >= y.width)
                continue;
              const size_t w =
                  static_cast<size_t>(((i * out_per_group + o) * t.kernel + u) * t.kernel + v);
              y.at(i / (x.channels / t.groups) * out_per_group + o, to_row, to_column) +=
                  t.weight[w] * x.at(i, row, column);
            }
          }
        }
      }
    }
  }
  return y;
}

Map shuffle(const Map& x, int64_t r) {
  Map y{x.channels / (r * r), x.height * r, x.width * r};
  for (int64_t c = 0; c < y.channels; ++c) {
    for (int64_t row = 0; row < y.height; ++row) {
      for (int64_t column = 0; column < y.width; ++column)
        y.at(c, row, column) = x.at((c * r + row % r) * r + column % r, row / r, column / r);
    }
  }
  return y;
}

Map unshuffle(const Map& x, int64_t r) {
  Map y{x.channels * r * r, x.height / r, x.width / r};
  for (int64_t c = 0; c < x.channels; ++c) {
    for (int64_t row = 0; row < x.height; ++row) {
      for (int64_t column = 0; column < x.width; ++column)
        y.at((c * r + row % r) * r + column % r, row / r, column / r) = x.at(c, row, column);
    }
  }
  return y;
}

void expect_equal(const Map& expected, const Map& actual, const std::string& what) {
  ASSERT_EQ(actual.channels, expected.channels) << what;
  ASSERT_EQ(actual.height, expected.height) << what;
  ASSERT_EQ(actual.width, expected.width) << what;
  for (size_t i = 0; i < expected.values.size(); ++i)
    ASSERT_TRUE(std::abs(actual.values[i] - expected.values[i]) <= 1e-12)
        << what << ", value " << i << ": " << actual.values[i] << ", expected "
        << expected.values[i];
}

}  // namespace fovea::test
