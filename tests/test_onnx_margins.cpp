// ONNX: means of the whole picture and what they gate, pools, and margins that are added or cut.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/onnx_files.h"
#include "tests/onnx_results.h"

namespace fovea::test {
namespace {

double mean_of(int64_t c) {
  double sum = 0;
  for (int64_t i = 0; i < 24; ++i) sum += double{sample(i / 6, i % 6, c)};
  return sum / 24;
}

std::string refusal_of(const OnnxFile& file) {
  const auto model = file.read();
  return model ? "accepted" : model.error().message;
}

void expect_refused(const OnnxFile& file, const std::string& what) {
  const std::string said = refusal_of(file);
  EXPECT_NE(said.find(what), std::string::npos) << said << "\nexpected " << what;
}

// x + mean(x), whichever way round.
TEST(OnnxMargins, MeansAreAddedEverywhere) {
  const auto sum = [](int64_t y, int64_t x, int64_t c) { return sample(y, x, c) + mean_of(c); };
  for (const std::vector<std::string>& order : {std::vector<std::string>{"x", "m"}, {"m", "x"}}) {
    expect_result({{onnx_node("GlobalAveragePool", {"x"}, {"m"}), onnx_node("Add", order, {"y"})}},
                  {4, 6}, 3, sum);
    expect_result({{onnx_node("GlobalAveragePool", {"x"}, {"m"}), onnx_node("Sum", order, {"y"})}},
                  {4, 6}, 3, sum);
    const double sign = order[0] == "x" ? 1 : -1;
    expect_result({{onnx_node("GlobalAveragePool", {"x"}, {"m"}), onnx_node("Sub", order, {"y"})}},
                  {4, 6}, 3, [&](int64_t y, int64_t x, int64_t c) {
                    return sign * (double{sample(y, x, c)} - mean_of(c));
                  });
  }
}

// A channel attention: x * sigmoid(W mean(x) + b).
TEST(OnnxMargins, Gates) {
  const std::vector<float> w = {0.5f, -1, 0.25f, 1, 1, 0, -0.5f, 0.75f, 1};
  for (const bool reduces : {false, true}) {
    OnnxFile file{{reduces ? onnx_node("ReduceMean", {"x"}, {"m"},
                                       {onnx_attribute("axes", std::vector<int64_t>{-1, 2})})
                           : onnx_node("GlobalAveragePool", {"x"}, {"m"}),
                   onnx_node("Conv", {"m", "w", "b"}, {"l"}), onnx_node("Sigmoid", {"l"}, {"g"}),
                   onnx_node("Mul", {"g", "x"}, {"y"})},
                  {onnx_floats("w", {3, 3, 1, 1}, w), onnx_floats("b", {3}, {0.1f, 0.2f, 0.3f})}};
    expect_result(file, {4, 6}, 3, [&](int64_t y, int64_t x, int64_t c) {
      double line = 0.1 * static_cast<double>(c + 1);
      for (int64_t i = 0; i < 3; ++i)
        line += double{w[static_cast<size_t>(c * 3 + i)]} * mean_of(i);
      return double{sample(y, x, c)} / (1 + std::exp(-line));
    });
  }
}

// Axes as an input, no dimensions kept: they come back by Unsqueeze.
TEST(OnnxMargins, ReducedDimensions) {
  OnnxFile file{
      {onnx_node("ReduceMean", {"x", "axes"}, {"m"}, {onnx_attribute("keepdims", int64_t{0})}),
       onnx_node("Unsqueeze", {"m", "axes"}, {"u"}), onnx_node("Mul", {"x", "u"}, {"y"})},
      {onnx_integers("axes", {2, 3})}};
  file.opset = 18;
  expect_result(file, {4, 6}, 3, [](int64_t y, int64_t x, int64_t c) {
    return double{sample(y, x, c)} * mean_of(c);
  });
}

TEST(OnnxMargins, Pools) {
  const std::vector<std::string> window = {onnx_attribute("kernel_shape", {2, 2}),
                                           onnx_attribute("strides", {2, 2})};
  expect_result({{onnx_node("AveragePool", {"x"}, {"y"}, window)}}, {2, 3}, 3,
                [](int64_t y, int64_t x, int64_t c) {
                  return (double{sample(2 * y, 2 * x, c)} + double{sample(2 * y, 2 * x + 1, c)} +
                          double{sample(2 * y + 1, 2 * x, c)} +
                          double{sample(2 * y + 1, 2 * x + 1, c)}) /
                         4;
                });
  expect_result(
      {{onnx_node("MaxPool", {"x"}, {"y"}, window)}}, {2, 3}, 3,
      [](int64_t y, int64_t x, int64_t c) {
        return double{std::max({sample(2 * y, 2 * x, c), sample(2 * y, 2 * x + 1, c),
                                sample(2 * y + 1, 2 * x, c), sample(2 * y + 1, 2 * x + 1, c)})};
      });
}

int64_t mirrored(int64_t i, int64_t length) {
  return i < 0 ? -i : i >= length ? 2 * (length - 1) - i : i;
}

// The mean of 3 x 3 pixels, one channel at a time, of a map that is padded before.
OnnxFile blurred(const std::string& mode) {
  return {{onnx_node("Pad", {"x", "p"}, {"large"}, {onnx_attribute("mode", mode.c_str())}),
           onnx_node("AveragePool", {"large"}, {"y"}, {onnx_attribute("kernel_shape", {3, 3})})},
          {onnx_integers("p", {0, 0, 1, 1, 0, 0, 1, 1})}};
}

TEST(OnnxMargins, PadsByEachMode) {
  const auto mean = [](const std::function<double(int64_t, int64_t)>& at, int64_t y, int64_t x) {
    double sum = 0;
    for (int64_t i = 0; i < 9; ++i) sum += at(y + i / 3 - 1, x + i % 3 - 1);
    return sum / 9;
  };
  expect_result(blurred("reflect"), {4, 6}, 3, [&](int64_t y, int64_t x, int64_t c) {
    return mean([&](int64_t i, int64_t j) { return sample(mirrored(i, 4), mirrored(j, 6), c); }, y,
                x);
  });
  expect_result(blurred("edge"), {4, 6}, 3, [&](int64_t y, int64_t x, int64_t c) {
    return mean(
        [&](int64_t i, int64_t j) {
          return sample(std::clamp<int64_t>(i, 0, 3), std::clamp<int64_t>(j, 0, 5), c);
        },
        y, x);
  });
  expect_result(blurred("constant"), {4, 6}, 3, [&](int64_t y, int64_t x, int64_t c) {
    return mean(
        [&](int64_t i, int64_t j) {
          return i < 0 || j < 0 || i > 3 || j > 5 ? 0.0 : double{sample(i, j, c)};
        },
        y, x);
  });
}

// A convolution that is not padded, behind a mirrored border.
TEST(OnnxMargins, ConvolutionOfTheInside) {
  std::vector<float> taps(9, 0.0f);
  taps[1] = 1;  // the pixel above
  const OnnxFile file{
      {onnx_node("Pad", {"x", "p"}, {"large"}, {onnx_attribute("mode", "reflect")}),
       onnx_node("Conv", {"large", "w"}, {"y"}, {onnx_attribute("group", int64_t{3})})},
      {onnx_integers("p", {0, 0, 1, 1, 0, 0, 1, 1}), onnx_floats("w", {3, 1, 3, 3}, [&] {
         std::vector<float> all;
         for (int c = 0; c < 3; ++c) all.insert(all.end(), taps.begin(), taps.end());
         return all;
       }())}};
  expect_result(file, {4, 6}, 3,
                [](int64_t y, int64_t x, int64_t c) { return sample(mirrored(y - 1, 4), x, c); });
}

// What a wide border of zeros is made smaller by is no convolution alone.
TEST(OnnxMargins, ConvolutionThatLeavesABorder) {
  const OnnxFile file{
      {onnx_node("Pad", {"x", "p"}, {"large"}), onnx_node("Conv", {"large", "w"}, {"c"}),
       onnx_node("AveragePool", {"c"}, {"y"}, {onnx_attribute("kernel_shape", {3, 3})})},
      {onnx_integers("p", {0, 0, 1, 1, 0, 0, 1, 1}),
       onnx_floats("w", {3, 3, 1, 1}, {1, 0, 0, 0, 1, 0, 0, 0, 1})}};
  expect_result(file, {4, 6}, 3, [](int64_t y, int64_t x, int64_t c) {
    double sum = 0;
    for (int64_t i = 0; i < 9; ++i) {
      const int64_t v = y + i / 3 - 1, u = x + i % 3 - 1;
      sum += v < 0 || u < 0 || v > 3 || u > 5 ? 0.0 : double{sample(v, u, c)};
    }
    return sum / 9;
  });
}

// One node for each axis, ends as numbers from the end, or computed from the sides.
TEST(OnnxMargins, CutAgain) {
  const std::vector<std::string> tensors = {onnx_integers("p", {0, 0, 2, 2, 0, 0, 2, 2}),
                                            onnx_integers("two", {2}), onnx_integers("three", {3}),
                                            onnx_integers("-two", {-2})};
  const auto same = [](int64_t y, int64_t x, int64_t c) { return sample(y, x, c); };
  const std::string pad = onnx_node("Pad", {"x", "p"}, {"large"}, {onnx_attribute("mode", "edge")});
  expect_result({{pad, onnx_node("Slice", {"large", "two", "-two", "two"}, {"rows"}),
                  onnx_node("Slice", {"rows", "two", "-two", "three"}, {"y"})},
                 tensors},
                {4, 6}, 3, same);
  expect_result({{pad, onnx_node("Shape", {"large"}, {"sides"}),
                  onnx_node("Add", {"sides", "-two"}, {"ends"}),
                  onnx_node("Slice", {"ends", "two", "three", "zero"}, {"bottom"}),
                  onnx_node("Slice", {"ends", "three", "four", "zero"}, {"right"}),
                  onnx_node("Slice", {"large", "two", "bottom", "two"}, {"rows"}),
                  onnx_node("Slice", {"rows", "two", "right", "three"}, {"y"})},
                 [&] {
                   std::vector<std::string> all = tensors;
                   all.push_back(onnx_integers("zero", {0}));
                   all.push_back(onnx_integers("four", {4}));
                   return all;
                 }()},
                {4, 6}, 3, same);
  std::vector<std::string> negative = {tensors[0],
                                       onnx_integers("n", {0, 0, -2, -2, 0, 0, -2, -2})};
  expect_result({{pad, onnx_node("Pad", {"large", "n"}, {"y"})}, negative}, {4, 6}, 3, same);
}

TEST(OnnxMargins, Refusals) {
  const auto pad = [](const std::vector<int64_t>& sides, const char* mode) {
    return OnnxFile{{onnx_node("Pad", {"x", "p"}, {"large"}, {onnx_attribute("mode", mode)}),
                     onnx_node("Relu", {"large"}, {"y"})},
                    {onnx_integers("p", sides)}};
  };
  const std::string uneven = "(top left bottom right), only the same on all sides is supported";
  expect_refused(pad({0, 0, 1, 1, 0, 0, 1, 2}, "reflect"), "pads by 1 1 1 2 " + uneven);
  expect_refused(pad({0, 0, 1, 1, 0, 0, 1, 2}, "constant"),
                 "reads what Pad changed by 1 1 1 2 " + uneven);
  expect_refused(pad({0, 0, 0, 0, 0, 0, -1, 0}, "constant"), "pads by 0 0 -1 0 " + uneven);
  expect_refused(pad({0, 0, 1, 1, 0, 0, 1, 1}, "wrap"), "pads by 'wrap'");
  expect_refused(pad({0, 0, 1, 1, 0, 0, 1, 1}, "edge"),
                 "output 'y': has sides 2 pixels longer than its scale tells");
  expect_refused(
      {{onnx_node("Slice", {"x", "one", "end", "two"}, {"rows"}),
        onnx_node("Relu", {"rows"}, {"y"})},
       {onnx_integers("one", {1}), onnx_integers("end", {-1}), onnx_integers("two", {2})}},
      "reads what Slice changed by -1 0 -1 0 " + uneven);
  expect_refused(
      {{onnx_node("Slice", {"x", "one", "end", "two"}, {"y"})},
       {onnx_integers("one", {std::numeric_limits<int64_t>::min()}),
        onnx_integers("end", {std::numeric_limits<int64_t>::min()}), onnx_integers("two", {2})}},
      "by what is neither whole channels nor a margin");
  expect_refused({{onnx_node("GlobalAveragePool", {"x"}, {"y"})}}, "scale");
  expect_refused(
      {{onnx_node("ReduceMean", {"x"}, {"y"}, {onnx_attribute("axes", std::vector<int64_t>{1})})}},
      "is over the axes [1], only height and width");
  expect_refused({{onnx_node("ReduceMean", {"x"}, {"y"})}}, "has no axes");
  expect_refused(
      {{onnx_node("GlobalAveragePool", {"x"}, {"m"}),
        onnx_node("SpaceToDepth", {"m"}, {"y"}, {onnx_attribute("blocksize", int64_t{2})})}},
      "of one pixel for the whole picture is not supported");
  const auto pool = [](const std::vector<std::string>& attributes) {
    return OnnxFile{{onnx_node("MaxPool", {"x"}, {"y"}, attributes)}};
  };
  expect_refused(pool({}), "has no kernel_shape");
  expect_refused(pool({onnx_attribute("kernel_shape", {2, 3})}), "only square ones");
  expect_refused(
      pool({onnx_attribute("kernel_shape", {3, 3}), onnx_attribute("pads", {1, 1, 1, 1})}),
      "only windows within it");
  expect_refused(pool({onnx_attribute("kernel_shape", {3, 3}), onnx_attribute("strides", {2, 2}),
                       onnx_attribute("ceil_mode", int64_t{1})}),
                 "has windows that go beyond the map");
  OnnxFile grows{{onnx_node("Pad", {"x"}, {"v0"},
                            {onnx_attribute("mode", "edge"),
                             onnx_attribute("pads", {0, 0, 255, 255, 0, 0, 255, 255})})},
                 {onnx_floats("s", {4}, {1, 1, 16, 16})}};
  for (int i = 0; i < 9; ++i)
    grows.nodes.push_back(onnx_node("Upsample", {fmt::format("v{}", i), "s"},
                                    {i == 8 ? std::string("y") : fmt::format("v{}", i + 1)}));
  grows.opset = 9;
  expect_refused(grows, "beyond 1073741824");
  OnnxFile sum{{onnx_node("Pad", {"x", "p"}, {"large"}, {onnx_attribute("mode", "edge")}),
                onnx_node("Add", {"large", "x"}, {"y"})},
               {onnx_integers("p", {0, 0, 1, 1, 0, 0, 1, 1})}};
  expect_refused(sum, "joins maps whose sides differ by -2 pixels");
}

}  // namespace
}  // namespace fovea::test
