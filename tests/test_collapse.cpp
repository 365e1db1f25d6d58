// Branches and normalisations taken together into one convolution, held to their own formulas in
// f64, at the edges too.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "loaders/rewriting/batch_norm.h"
#include "loaders/rewriting/collapse.h"
#include "loaders/rewriting/join.h"
#include "tests/layer_formulas.h"

namespace fovea {
namespace {

using namespace test;

TEST(BatchNorm, IsFoldedIntoTheConvolutionBeforeIt) {
  Numbers numbers;
  for (const Channels& n : kChannels) {
    for (const int64_t kernel : {1, 3, 5}) {
      const auto c = numbers.convolution(n.in, n.out, kernel, n.groups);
      const auto weight = numbers(n.out), bias = numbers(n.out), mean = numbers(n.out);
      auto variance = numbers(n.out);
      for (double& value : variance) value = std::abs(value);
      const double epsilon = 1e-3;
      const auto norm = batch_norm(weight, bias, mean, variance, epsilon);
      ASSERT_TRUE(norm) << error_of(norm);
      const auto folded = followed_by(c, *norm);
      ASSERT_TRUE(folded) << error_of(folded);
      const Map x = numbers.map(n.in, 5, 4);
      Map expected = convolve_same(x, c);
      for (int64_t o = 0; o < n.out; ++o) {
        const auto at = static_cast<size_t>(o);
        for (int64_t i = 0; i < 20; ++i) {
          double& y = expected.values[static_cast<size_t>(o * 20 + i)];
          y = (y - mean[at]) / std::sqrt(variance[at] + epsilon) * weight[at] + bias[at];
        }
      }
      expect_equal(expected, convolve_same(x, *folded), fmt::format("kernel {}", kernel));
    }
  }
}

TEST(BatchNorm, IsReadFromItsFourTensors) {
  Weights weights;
  const auto add = [&](const std::string& name, std::vector<float> values) {
    const auto count = static_cast<int64_t>(values.size());
    ASSERT_TRUE(weights.add(make_weight(name, {count}, values)));
  };
  add("bn.weight", {2, 3});
  add("bn.bias", {1, -1});
  add("bn.running_mean", {0.5, -0.5});
  expect_error(error_of(read_batch_norm(weights, "bn")), "tensor bn.running_var is missing");
  add("bn.running_var", {4, 0.25});
  const auto norm = read_batch_norm(weights, "bn", 0.0);
  ASSERT_TRUE(norm) << error_of(norm);
  EXPECT_EQ(norm->scale, (std::vector<double>{1, 6}));
  EXPECT_EQ(norm->shift, (std::vector<double>{0.5, 2}));
  EXPECT_EQ(norm->names.size(), 5u);
  add("b.weight", {1});
  add("b.bias", {1, 2});
  add("b.running_mean", {0});
  add("b.running_var", {0});
  expect_error(error_of(read_batch_norm(weights, "b")), "have 1, 2 and 1 elements");
}

TEST(BatchNorm, RefusesWhatDoesNotFit) {
  const std::vector<double> none;
  EXPECT_EQ(error_of(batch_norm(none, none, {1, 2}, {1, 1}, 0)), "no error");  // affine=False
  expect_error(error_of(batch_norm(none, none, {1, 2}, {1}, 0)), "2 means, 1 variances");
  expect_error(error_of(batch_norm({1}, none, {1, 2}, {1, 1}, 0)), "1 weights");
  expect_error(error_of(batch_norm(none, none, {1, 2}, {1, -1}, 1e-5)),
               "variance -1 of channel 1 is not positive");
  expect_error(error_of(batch_norm(none, none, {1}, {std::nan("")}, 1e-5)), "is not positive");
  Numbers numbers;
  const ChannelAffine one{{1}, {0}, {}};
  expect_error(error_of(followed_by(numbers.convolution(2, 2, 3), one)),
               "1 scales and 1 shifts behind a convolution to 2 channels");
}

// Behind a 1x1, the larger kernel is padded with what the 1x1 makes of zeros: its bias.
TEST(Collapse, TakesConvolutionsBehindEachOtherTogether) {
  Numbers numbers;
  const auto point = numbers.convolution(3, 5, 1), wide = numbers.convolution(5, 4, 3);
  const auto last = numbers.convolution(4, 2, 1);
  const auto two = behind(point, wide);
  ASSERT_TRUE(two) << error_of(two);
  const auto three = behind(*two, last);
  ASSERT_TRUE(three) << error_of(three);
  const Map x = numbers.map(3, 5, 4);
  Map padded{3, 7, 6};
  for (int64_t c = 0; c < 3; ++c) {
    for (int64_t row = 0; row < 5; ++row) {
      for (int64_t column = 0; column < 4; ++column)
        padded.at(c, row + 1, column + 1) = x.at(c, row, column);
    }
  }
  const Map valid = convolve(convolve_same(padded, point), wide, 1, 0, 0);
  expect_equal(valid, convolve_same(x, *two), "two");
  expect_equal(convolve_same(valid, last), convolve_same(x, *three), "three");
  expect_error(error_of(behind(wide, wide)), "cannot be taken together");
  expect_error(error_of(behind(wide, point)), "1x1 convolution of 3 channels");
  expect_error(error_of(behind(numbers.convolution(4, 4, 1, 2), last)), "in 2 groups");
  // Two thin tensors of which the product would be gigabytes, or hours.
  expect_error(error_of(behind(numbers.convolution(60000, 1, 1), numbers.convolution(1, 60000, 3))),
               "60000 to 60000 channels, kernel 3, is too large");
  expect_error(
      error_of(behind(numbers.convolution(1000, 1000, 1), numbers.convolution(1000, 1000, 3))),
      "1000 to 1000 to 1000 channels, kernel 3, are too large");
}

TEST(Collapse, AddsConvolutionsOfOneMap) {
  Numbers numbers;
  for (const Channels& n : kChannels) {
    const auto wide = numbers.convolution(n.in, n.out, 5, n.groups);
    const auto narrow = numbers.convolution(n.in, n.out, 3, n.groups);
    const Map x = numbers.map(n.in, 4, 3);
    Map expected = convolve_same(x, wide);
    const Map other = convolve_same(x, narrow);
    for (size_t i = 0; i < expected.values.size(); ++i) expected.values[i] += other.values[i];
    for (const auto& sum : {beside(wide, narrow), beside(narrow, wide)}) {
      ASSERT_TRUE(sum) << error_of(sum);
      expect_equal(expected, convolve_same(x, *sum), "sum");
    }
  }
  const auto a = numbers.convolution(4, 4, 3);
  expect_error(error_of(beside(a, numbers.convolution(4, 4, 2))), "kernels 3 and 2, have no sum");
  expect_error(error_of(beside(a, numbers.convolution(4, 3, 3))), "have no sum");
  expect_error(error_of(beside(a, numbers.convolution(4, 4, 3, 2))), "have no sum");
  const Map x = numbers.map(4, 3, 3);
  expect_equal(x, convolve_same(x, identity(4)), "identity");
}

Map part(const Map& x, int64_t begin, int64_t count) {
  const auto at = x.values.begin() + begin * x.height * x.width;
  return {count, x.height, x.width, {at, at + count * x.height * x.width}};
}

TEST(Join, TakesConvolutionsOfPartsAsOneOfTheWhole) {
  Numbers numbers;
  const Map x = numbers.map(5, 4, 3);
  const auto a = numbers.convolution(5, 2, 3), b = numbers.convolution(5, 3, 3);
  const auto outputs = join_outputs(a, b);
  ASSERT_TRUE(outputs) << error_of(outputs);
  const Map both = convolve_same(x, *outputs);
  expect_equal(convolve_same(x, a), part(both, 0, 2), "first");
  expect_equal(convolve_same(x, b), part(both, 2, 3), "second");
  const auto c = numbers.convolution(2, 4, 3), d = numbers.convolution(3, 4, 3);
  const auto inputs = join_inputs(c, d);
  ASSERT_TRUE(inputs) << error_of(inputs);
  Map sum = convolve_same(part(x, 0, 2), c);
  const Map rest = convolve_same(part(x, 2, 3), d);
  for (size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += rest.values[i];
  expect_equal(sum, convolve_same(x, *inputs), "sum");
  const auto none = no_convolution(5, 2, 3);
  ASSERT_TRUE(none) << error_of(none);
  expect_equal(Map{2, 4, 3}, convolve_same(x, *none), "none");
  expect_error(error_of(no_convolution(1 << 20, 1 << 20, 3)), "is too large");
  expect_error(error_of(join_outputs(a, c)), "5 and 2 channels are not of one map");
  expect_error(error_of(join_inputs(a, c)), "2 and 4 channels have no sum");
  expect_error(error_of(join_outputs(a, numbers.convolution(5, 2, 1))), "kernels 3 and 1");
  expect_error(error_of(join_inputs(numbers.convolution(2, 2, 3, 2), a)), "2 and 1 groups");
}

TEST(Convolutions, AreReadFromTheirTensors) {
  Weights weights;
  const auto add = [&](const std::string& name, std::vector<int64_t> shape) {
    int64_t count = 1;
    for (const int64_t n : shape) count *= n;
    ASSERT_TRUE(weights.add(
        make_weight(name, std::move(shape), std::vector<float>(static_cast<size_t>(count), 1.0f))));
  };
  add("c.weight", {4, 2, 3, 3});
  expect_error(error_of(read_convolution(weights, "c")), "tensor c.bias is missing");
  const auto without = read_convolution(weights, "c", Bias::kNone, 2);
  ASSERT_TRUE(without) << error_of(without);
  EXPECT_EQ(without->in_channels, 4);
  EXPECT_EQ(without->out_channels, 4);
  EXPECT_EQ(without->bias, std::vector<double>(4));
  add("c.bias", {3});
  expect_error(error_of(read_convolution(weights, "c")), "tensor c.bias has 3 elements");
  expect_error(error_of(read_convolution(weights, "c", Bias::kNone, 3)), "of 3 groups");
  add("d.weight", {4, 2, 3, 1});
  expect_error(error_of(read_convolution(weights, "d")), "expected [out, in, k, k]");
  expect_error(error_of(read_transposed_convolution(weights, "d")), "expected [in, out, k, k]");
  const auto transposed = read_transposed_convolution(weights, "c", Bias::kNone, 2);
  ASSERT_TRUE(transposed) << error_of(transposed);
  EXPECT_EQ(transposed->in_channels, 4);
  EXPECT_EQ(transposed->out_channels, 4);
  expect_error(error_of(read_transposed_convolution(weights, "c")), "tensor c.bias has 3 elements");
  add("e.weight", {4});
  expect_error(error_of(read_convolution(weights, "e")), "expected 4 dimensions");
  add("f.weight", {0, 1, 3, 3});
  expect_error(error_of(read_convolution(weights, "f")), "has shape [0, 1, 3, 3]");
}

}  // namespace
}  // namespace fovea
