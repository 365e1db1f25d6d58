// Convolutions of other strides rewritten into those that the engine has, held to their own
// formulas in f64, at the edges too.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "loaders/rewriting/dilated_convolution.h"
#include "loaders/rewriting/strided_convolution.h"
#include "loaders/rewriting/transposed_convolution.h"
#include "tests/layer_formulas.h"

namespace fovea {
namespace {

using namespace test;

// All kernels up to 9 with all paddings that give s n rows, and those that do not refused.
TEST(TransposedConvolution, IsAConvolutionAndAShuffle) {
  Numbers numbers;
  int exact = 0, refused = 0;
  for (int64_t stride = 1; stride <= 4; ++stride) {
    for (int64_t kernel = 1; kernel <= 9; ++kernel) {
      for (int64_t before = 0; before <= kernel; ++before) {
        for (int64_t after = 0; after <= kernel; ++after) {
          for (int64_t output_padding = 0; output_padding < 4; ++output_padding) {
            const Channels& n = kChannels[(exact + refused) % 4];
            TransposedConvolution t;
            t.in_channels = n.in;
            t.out_channels = n.out;
            t.groups = n.groups;
            t.kernel = kernel;
            t.stride = stride;
            t.padding_before = before;
            t.padding_after = after;
            t.output_padding = output_padding;
            t.weight = numbers(n.in * n.out / n.groups * kernel * kernel);
            t.bias = numbers(n.out);
            t.names = {"t"};
            const std::string what =
                fmt::format("kernel {} stride {} padding {} {} output padding {} groups {}", kernel,
                            stride, before, after, output_padding, n.groups);
            const auto rewritten = rewrite_transposed(t);
            if (kernel - before - after + output_padding != stride) {
              expect_error(error_of(rewritten), fmt::format("only {} n is run", stride));
              ++refused;
              continue;
            }
            ++exact;
            ASSERT_TRUE(rewritten) << what << ": " << error_of(rewritten);
            EXPECT_EQ(rewritten->factor, stride);
            EXPECT_EQ(rewritten->convolution.kernel % 2, 1);
            EXPECT_EQ(rewritten->convolution.names, t.names);
            for (const auto& [height, width] : {std::pair{1, 1}, {2, 5}, {7, 4}}) {
              const Map x = numbers.map(n.in, height, width);
              expect_equal(scatter(x, t), shuffle(convolve_same(x, rewritten->convolution), stride),
                           what);
            }
          }
        }
      }
    }
  }
  EXPECT_GT(exact, 300);
  EXPECT_GT(refused, 1000);
}

TEST(TransposedConvolution, TakesTheKernelsOfPublishedNetworks) {
  const auto kernel_of = [](int64_t kernel, int64_t stride, int64_t padding, int64_t output) {
    TransposedConvolution t{1, 1, kernel, stride, padding, padding, output, 1, {}, {0}, {}};
    t.weight.assign(static_cast<size_t>(kernel * kernel), 1.0);
    const auto rewritten = rewrite_transposed(t);
    return rewritten ? rewritten->convolution.kernel : -1;
  };
  EXPECT_EQ(kernel_of(9, 2, 4, 1), 5);  // FSRCNN x2, x3, x4
  EXPECT_EQ(kernel_of(9, 3, 4, 2), 5);
  EXPECT_EQ(kernel_of(9, 4, 4, 3), 3);
  EXPECT_EQ(kernel_of(4, 2, 1, 0), 3);
  EXPECT_EQ(kernel_of(2, 2, 0, 0), 1);
  EXPECT_EQ(kernel_of(4, 2, 3, 0), -1);  // waifu2x: 2 n - 4 rows
}

TEST(TransposedConvolution, RefusesNumbersOfAStranger) {
  TransposedConvolution t{1, 1, 2, 2, 0, 0, 0, 1, {1, 2, 3, 4}, {0}, {}};
  ASSERT_TRUE(rewrite_transposed(t));
  const auto with = [&](auto member, int64_t value) {
    TransposedConvolution bad = t;
    bad.*member = value;
    return error_of(rewrite_transposed(bad));
  };
  expect_error(with(&TransposedConvolution::stride, 0), "stride 0 is not within 1...16");
  expect_error(with(&TransposedConvolution::stride, 17), "stride 17 is not within 1...16");
  expect_error(with(&TransposedConvolution::stride, INT64_MAX), "is not within 1...16");
  expect_error(with(&TransposedConvolution::padding_before, -1), "padding -1 is not within");
  expect_error(with(&TransposedConvolution::padding_after, INT64_MAX), "is not within 0...18");
  expect_error(with(&TransposedConvolution::output_padding, INT64_MIN), "is not within 0...18");
  expect_error(with(&TransposedConvolution::kernel, 3), "kernel 3, 1 groups with 4 weights");
  expect_error(with(&TransposedConvolution::groups, 2), "2 groups");
  expect_error(with(&TransposedConvolution::groups, 0), "0 groups");
  expect_error(with(&TransposedConvolution::out_channels, 2), "1 to 2 channels");
  t = {1, 1, 256, 2, 127, 127, 0, 1, std::vector<double>(65536), {0}, {}};
  expect_error(error_of(rewrite_transposed(t)), "kernel 256 is larger than 255");
  t = {1024, 1024, 1, 16, 0, 0, 15, 1, std::vector<double>(1048576), std::vector<double>(1024), {}};
  expect_error(error_of(rewrite_transposed(t)), "1024 to 262144 channels, kernel 1, is too large");
}

TEST(StridedConvolution, IsAnUnshuffleAndAConvolution) {
  Numbers numbers;
  int exact = 0, refused = 0;
  for (int64_t stride = 1; stride <= 4; ++stride) {
    for (int64_t kernel = 1; kernel <= 7; ++kernel) {
      for (int64_t before = 0; before <= kernel; ++before) {
        for (int64_t after = 0; after <= kernel; ++after) {
          const Channels& n = kChannels[(exact + refused) % 4];
          const auto c = numbers.convolution(n.in, n.out, kernel, n.groups);
          const std::string what = fmt::format("kernel {} stride {} padding {} {} groups {}",
                                               kernel, stride, before, after, n.groups);
          const auto rewritten = rewrite_strided(c, {stride, before, after});
          // By the formula of the size, for three maps of which one is large enough for any kernel.
          bool fits = true;
          for (const int64_t count : {1, 2, 5}) {
            const int64_t room = count * stride + before + after - kernel;
            fits = fits && room >= 0 && room / stride + 1 == count;
          }
          if (!fits) {
            expect_error(error_of(rewritten), fmt::format("only n / {} is run", stride));
            ++refused;
            continue;
          }
          ++exact;
          ASSERT_TRUE(rewritten) << what << ": " << error_of(rewritten);
          EXPECT_EQ(rewritten->factor, stride);
          EXPECT_EQ(rewritten->convolution.kernel % 2, 1);
          EXPECT_EQ(rewritten->convolution.names, c.names);
          for (const auto& [height, width] : {std::pair{1, 1}, {2, 5}, {7, 4}}) {
            const Map x = numbers.map(n.in, height * stride, width * stride);
            expect_equal(convolve(x, c, stride, before, after),
                         convolve_same(unshuffle(x, stride), rewritten->convolution), what);
          }
        }
      }
    }
  }
  EXPECT_GT(exact, 200);
  EXPECT_GT(refused, 300);
}

TEST(StridedConvolution, RefusesNumbersOfAStranger) {
  Numbers numbers;
  const auto c = numbers.convolution(2, 2, 3);
  const auto error = [&](const StridedWindow& window) {
    return error_of(rewrite_strided(c, window));
  };
  EXPECT_EQ(error({2, 1, 1}), "no error");
  expect_error(error({0, 1, 1}), "stride 0 is not within 1...16");
  expect_error(error({INT64_MAX, 1, 1}), "is not within 1...16");
  expect_error(error({2, -1, 1}), "padding -1 is not within");
  expect_error(error({2, 1, INT64_MAX}), "is not within 0...19");
  expect_error(error({2, 0, 0}), "gives n / 2 -1 rows for n; only n / 2 is run");
  expect_error(error({2, 2, 2}), "gives n / 2 +1 rows for n; only n / 2 is run");
  auto misfit = c;
  misfit.bias.pop_back();
  expect_error(error_of(rewrite_strided(misfit, {2, 1, 1})), "36 weights and 1 biases");
}

// y[o, a, b] = bias[o] + sum w[o, i, u, v] x[group's i, a + d (u - k / 2), b + d (v - k / 2)]
TEST(DilatedConvolution, IsALargerOneWithZeros) {
  Numbers numbers;
  for (int64_t dilation = 1; dilation <= 4; ++dilation) {
    for (const int64_t kernel : {1, 3, 5}) {
      const Channels& n = kChannels[dilation % 4];
      const auto c = numbers.convolution(n.in, n.out, kernel, n.groups);
      const auto rewritten = rewrite_dilated(c, dilation);
      ASSERT_TRUE(rewritten) << error_of(rewritten);
      EXPECT_EQ(rewritten->kernel, dilation * (kernel - 1) + 1);
      EXPECT_EQ(rewritten->names, c.names);
      const Map x = numbers.map(n.in, 7, 4);
      Map y{n.out, 7, 4};
      for (int64_t o = 0; o < n.out; ++o) {
        const int64_t group = o / (n.out / n.groups);
        for (int64_t a = 0; a < 7 * 4; ++a) {
          double& sum = y.at(o, a / 4, a % 4);
          sum = c.bias[static_cast<size_t>(o)];
          for (int64_t t = 0; t < c.in_per_group() * kernel * kernel; ++t) {
            const int64_t i = t / (kernel * kernel);
            const int64_t u = t / kernel % kernel, v = t % kernel;
            sum += c.weight[c.index(o, i, u, v)] *
                   static_cast<const Map&>(x).at(group * c.in_per_group() + i,
                                                 a / 4 + dilation * (u - kernel / 2),
                                                 a % 4 + dilation * (v - kernel / 2));
          }
        }
      }
      expect_equal(y, convolve_same(x, *rewritten),
                   fmt::format("kernel {} dilation {}", kernel, dilation));
    }
  }
  expect_error(error_of(rewrite_dilated(numbers.convolution(1, 1, 3), 0)),
               "stride 0 is not within 1...16");
  expect_error(error_of(rewrite_dilated(numbers.convolution(1, 1, 3), 17)), "is not within 1...16");
}

}  // namespace
}  // namespace fovea
