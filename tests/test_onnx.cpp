// ONNX: what each operator becomes, held to the operator's own formula where it is rewritten.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>

#include "tests/onnx_files.h"
#include "tests/onnx_results.h"

namespace fovea::test {
namespace {

using Attributes = std::vector<std::string>;

// y = TYPE(x, ...) of three channels, or as many as `channels`.
OnnxFile one_node(const std::string& type, const std::vector<std::string>& others = {},
                  const Attributes& attributes = {}, const std::vector<std::string>& tensors = {},
                  int64_t opset = 17) {
  std::vector<std::string> inputs = {"x"};
  inputs.insert(inputs.end(), others.begin(), others.end());
  OnnxFile file{{onnx_node(type, inputs, {"y"}, attributes)}, tensors};
  file.opset = opset;
  return file;
}

template <class Op>
Op only(const OnnxFile& file) {
  const auto model = file.read();
  if (!model) {
    ADD_FAILURE() << model.error().message;
    return {};
  }
  EXPECT_EQ(model->graph.nodes().size(), 1u);
  const auto* op =
      model->graph.nodes().empty() ? nullptr : std::get_if<Op>(&model->graph.nodes().front().op);
  if (op == nullptr) ADD_FAILURE() << "is another operator";
  return op == nullptr ? Op{} : *op;
}

ActivationKind activation_of(const OnnxFile& file) { return only<Activate>(file).activation.kind; }

double padded(int64_t y, int64_t x, int64_t c) {
  return y < 0 || x < 0 || y >= 4 || x >= 6 ? 0.0 : sample(y, x, c);
}

// Weights (out, in, h, w), all different.
std::vector<float> weights(int64_t count) {
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(static_cast<float>(std::cos(1.7 * static_cast<double>(i))) * 0.25f);
  return values;
}

struct Window {
  int64_t in = 3, out = 3, height = 3, width = 3, stride = 1, dilation = 1, top = 1, left = 1,
          bottom = 1, right = 1, groups = 1;
};

OnnxFile convolution(const Window& w, Attributes extra = {}) {
  const int64_t in = w.in / w.groups;
  Attributes attributes = {onnx_attribute("strides", {w.stride, w.stride}),
                           onnx_attribute("dilations", {w.dilation, w.dilation}),
                           onnx_attribute("group", w.groups)};
  if (extra.empty()) extra = {onnx_attribute("pads", {w.top, w.left, w.bottom, w.right})};
  attributes.insert(attributes.end(), extra.begin(), extra.end());
  return one_node(
      "Conv", {"w", "b"}, attributes,
      {onnx_floats("w", {w.out, in, w.height, w.width}, weights(w.out * in * w.height * w.width)),
       onnx_floats("b", {w.out}, weights(w.out))});
}

double convolved(const Window& w, int64_t y, int64_t x, int64_t o) {
  const int64_t in = w.in / w.groups;
  const std::vector<float> taps = weights(w.out * in * w.height * w.width);
  double sum = weights(w.out)[static_cast<size_t>(o)];
  for (int64_t i = 0; i < in; ++i) {
    for (int64_t u = 0; u < w.height; ++u) {
      for (int64_t v = 0; v < w.width; ++v)
        sum += double{taps[static_cast<size_t>(((o * in + i) * w.height + u) * w.width + v)]} *
               padded(w.stride * y + u * w.dilation - w.top, w.stride * x + v * w.dilation - w.left,
                      i + o / (w.out / w.groups) * in);
    }
  }
  return sum;
}

TEST(Onnx, ConvolutionAsItIs) {
  const auto op = only<Convolution>(convolution({}));
  EXPECT_EQ(op.out_channels, 3);
  EXPECT_EQ(op.kernel_h, 3);
  EXPECT_EQ(op.groups, 1);
  EXPECT_NE(op.bias, kNoParameter);
}

TEST(Onnx, ConvolutionsOfAllWindows) {
  for (const Window& w :
       {Window{}, Window{.height = 1, .top = 0, .bottom = 0},
        Window{.height = 2, .width = 2, .top = 0, .left = 0},
        Window{.height = 2, .width = 2, .bottom = 0, .right = 0},
        Window{.height = 3, .width = 5, .left = 1, .right = 3},
        Window{.dilation = 2, .top = 2, .left = 2, .bottom = 2, .right = 2}, Window{.groups = 3},
        Window{.height = 2, .width = 2, .top = 0, .left = 0, .groups = 3}})
    expect_result(convolution(w), {4, 6}, 3,
                  [&](int64_t y, int64_t x, int64_t c) { return convolved(w, y, x, c); });
}

TEST(Onnx, StridedConvolutions) {
  for (const Window& w :
       {Window{.stride = 2},
        Window{.height = 2, .width = 2, .stride = 2, .top = 0, .left = 0, .bottom = 0, .right = 0},
        Window{.stride = 2, .bottom = 0, .right = 0}, Window{.height = 4, .width = 4, .stride = 2},
        Window{.stride = 2, .groups = 3}})
    expect_result(convolution(w), {2, 3}, 3,
                  [&](int64_t y, int64_t x, int64_t c) { return convolved(w, y, x, c); });
}

TEST(Onnx, AutomaticPadding) {
  const Window even{.height = 2, .width = 2, .top = 0, .left = 0};
  expect_result(convolution(even, {onnx_attribute("auto_pad", "SAME_UPPER")}), {4, 6}, 3,
                [&](int64_t y, int64_t x, int64_t c) { return convolved(even, y, x, c); });
  const Window late{.height = 2, .width = 2, .bottom = 0, .right = 0};
  expect_result(convolution(late, {onnx_attribute("auto_pad", "SAME_LOWER")}), {4, 6}, 3,
                [&](int64_t y, int64_t x, int64_t c) { return convolved(late, y, x, c); });
  const Window strided{.stride = 2, .top = 0, .left = 0};
  expect_result(convolution(strided, {onnx_attribute("auto_pad", "SAME_UPPER")}), {2, 3}, 3,
                [&](int64_t y, int64_t x, int64_t c) { return convolved(strided, y, x, c); });
}

TEST(Onnx, PadBeforeAConvolution) {
  OnnxFile file = convolution({}, {onnx_attribute("pads", {0, 0, 0, 0})});
  file.nodes = {onnx_node("Pad", {"x", "p"}, {"large"}),
                onnx_node("Conv", {"large", "w", "b"}, {"y"})};
  file.tensors.push_back(onnx_integers("p", {0, 0, 1, 1, 0, 0, 1, 1}));
  expect_result(file, {4, 6}, 3,
                [](int64_t y, int64_t x, int64_t c) { return convolved({}, y, x, c); });
}

// The border that a 1x1 convolution makes of zeros is its bias.
TEST(Onnx, ConvolutionsBehindOnePad) {
  OnnxFile file = convolution({});
  file.nodes = {onnx_node("Pad", {"x", "p"}, {"large"}),
                onnx_node("Conv", {"large", "v", "c"}, {"first"}),
                onnx_node("Conv", {"first", "w", "b"}, {"y"})};
  file.tensors.push_back(onnx_integers("p", {0, 0, 1, 1, 0, 0, 1, 1}));
  file.tensors.push_back(onnx_floats("v", {3, 3, 1, 1}, {1, 2, 0, 0, -1, 0, 0.5f, 0, 1}));
  file.tensors.push_back(onnx_floats("c", {3}, {1, 2, 3}));
  const auto first = [](int64_t y, int64_t x, int64_t c) {
    const double a = padded(y, x, 0), b = padded(y, x, 1), d = padded(y, x, 2);
    return c == 0 ? a + 2 * b + 1 : c == 1 ? -b + 2 : 0.5 * a + d + 3;
  };
  const std::vector<float> taps = weights(81);
  expect_result(file, {4, 6}, 3, [&](int64_t y, int64_t x, int64_t o) {
    double sum = weights(3)[static_cast<size_t>(o)];
    for (int64_t i = 0; i < 27; ++i)
      sum += double{taps[static_cast<size_t>(o * 27 + i)]} *
             first(y + i % 9 / 3 - 1, x + i % 3 - 1, i / 9);
    return sum;
  });
}

TEST(Onnx, TransposedConvolution) {
  // Kernel 2, stride 2: every output pixel is one tap.
  const OnnxFile file = one_node("ConvTranspose", {"w"}, {onnx_attribute("strides", {2, 2})},
                                 {onnx_floats("w", {3, 3, 2, 2}, weights(36))});
  const std::vector<float> taps = weights(36);
  expect_result(file, {8, 12}, 3, [&](int64_t y, int64_t x, int64_t o) {
    double sum = 0;
    for (int64_t i = 0; i < 3; ++i)
      sum += double{taps[static_cast<size_t>((i * 3 + o) * 4 + y % 2 * 2 + x % 2)]} *
             sample(y / 2, x / 2, i);
    return sum;
  });
}

TEST(Onnx, Activations) {
  EXPECT_EQ(activation_of(one_node("Relu")), ActivationKind::kRelu);
  EXPECT_EQ(activation_of(one_node("Sigmoid")), ActivationKind::kSigmoid);
  EXPECT_EQ(activation_of(one_node("Tanh")), ActivationKind::kTanh);
  EXPECT_EQ(activation_of(one_node("HardSwish")), ActivationKind::kHardSwish);
  EXPECT_EQ(activation_of(one_node("Mish")), ActivationKind::kMish);
  EXPECT_EQ(activation_of(one_node("Gelu")), ActivationKind::kGelu);
  const auto leaky = only<Activate>(one_node("LeakyRelu", {}, {onnx_attribute("alpha", 0.25f)}));
  EXPECT_EQ(leaky.activation.negative_slope, 0.25f);
  EXPECT_EQ(only<Activate>(one_node("LeakyRelu")).activation.negative_slope, 0.01f);
}

TEST(Onnx, PreluSlopes) {
  for (const std::vector<int64_t>& shape :
       {std::vector<int64_t>{3, 1, 1}, {1, 3, 1, 1}, {1}, {1, 1, 1}}) {
    const bool one = shape[0] == 1 && shape.size() != 4;
    const auto op = only<Activate>(one_node(
        "PRelu", {"s"}, {},
        {onnx_floats("s", shape,
                     one ? std::vector<float>{0.5f} : std::vector<float>{0.1f, 0.2f, 0.3f})}));
    EXPECT_EQ(op.activation.kind, ActivationKind::kPrelu);
  }
}

TEST(Onnx, ActivationsSpelledOut) {
  OnnxFile silu{{onnx_node("Sigmoid", {"x"}, {"s"}), onnx_node("Mul", {"x", "s"}, {"y"})}};
  auto model = silu.read();
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(std::get<Activate>(model->graph.nodes().back().op).activation.kind,
            ActivationKind::kSilu);
  const OnnxFile mish{{onnx_node("Softplus", {"x"}, {"p"}), onnx_node("Tanh", {"p"}, {"t"}),
                       onnx_node("Mul", {"x", "t"}, {"y"})}};
  EXPECT_EQ(activation_of(mish), ActivationKind::kMish);
  OnnxFile gelu{{onnx_node("Div", {"x", "root"}, {"d"}), onnx_node("Erf", {"d"}, {"e"}),
                 onnx_node("Add", {"e", "one"}, {"a"}), onnx_node("Mul", {"x", "a"}, {"m"}),
                 onnx_node("Mul", {"m", "half"}, {"y"})},
                {onnx_floats("root", {}, {1.4142135f}), onnx_floats("one", {}, {1}),
                 onnx_floats("half", {}, {0.5f})}};
  EXPECT_EQ(activation_of(gelu), ActivationKind::kGelu);
  gelu.nodes[3] = onnx_node("Mul", {"x", "half"}, {"h"});
  gelu.nodes[4] = onnx_node("Mul", {"h", "a"}, {"y"});
  EXPECT_EQ(activation_of(gelu), ActivationKind::kGelu);
}

TEST(Onnx, Clips) {
  const auto op = only<Clamp>(one_node(
      "Clip", {"low", "high"}, {}, {onnx_floats("low", {}, {-1}), onnx_floats("high", {}, {2})}));
  EXPECT_EQ(op.low, -1);
  EXPECT_EQ(op.high, 2);
  EXPECT_EQ(only<Clamp>(one_node("Clip", {"", "high"}, {}, {onnx_floats("high", {}, {2})})).low,
            -FLT_MAX);
  EXPECT_EQ(only<Clamp>(one_node("Clip", {}, {onnx_attribute("max", 6.0f)}, {}, 10)).high, 6);
  EXPECT_EQ(only<Clamp>(one_node("Max", {"zero"}, {}, {onnx_floats("zero", {}, {0})})).low, 0);
}

TEST(Onnx, NumbersForAMap) {
  const std::vector<std::string> tensors = {onnx_floats("k", {3, 1, 1}, {2, 4, 8}),
                                            onnx_floats("n", {}, {0.5f})};
  const std::vector<double> k = {2, 4, 8};
  const auto at = [&](int64_t c) { return k[static_cast<size_t>(c)]; };
  const auto check = [&](const std::string& type, const std::vector<std::string>& inputs,
                         const std::function<double(double, int64_t)>& formula) {
    expect_result({{onnx_node(type, inputs, {"y"})}, tensors}, {4, 6}, 3,
                  [&](int64_t y, int64_t x, int64_t c) { return formula(sample(y, x, c), c); });
  };
  check("Add", {"x", "k"}, [&](double v, int64_t c) { return v + at(c); });
  check("Sub", {"k", "x"}, [&](double v, int64_t c) { return at(c) - v; });
  check("Sub", {"x", "n"}, [](double v, int64_t) { return v - 0.5; });
  check("Mul", {"k", "x"}, [&](double v, int64_t c) { return v * at(c); });
  check("Mul", {"x", "n"}, [](double v, int64_t) { return v * 0.5; });
  check("Div", {"x", "k"}, [&](double v, int64_t c) { return v / at(c); });
}

TEST(Onnx, FactorsGoIntoSums) {
  const OnnxFile file{{onnx_node("Mul", {"x", "n"}, {"m"}), onnx_node("Sub", {"x", "m"}, {"y"})},
                      {onnx_floats("n", {}, {0.25f})}};
  EXPECT_EQ(only<Add>(file).scales, (std::vector<float>{1.0f, -0.25f}));
}

TEST(Onnx, BatchNormalization) {
  const OnnxFile file =
      one_node("BatchNormalization", {"s", "b", "m", "v"}, {onnx_attribute("epsilon", 1.0f)},
               {onnx_floats("s", {3}, {1, 2, 3}), onnx_floats("b", {3}, {4, 5, 6}),
                onnx_floats("m", {3}, {7, 8, 9}), onnx_floats("v", {3}, {3, 3, 3})});
  expect_result(file, {4, 6}, 3, [](int64_t y, int64_t x, int64_t c) {
    const auto k = static_cast<double>(c);
    return (k + 1) * (sample(y, x, c) - (k + 7)) / 2 + k + 4;
  });
}

TEST(Onnx, ShufflesInBothOrders) {
  for (const bool crd : {true, false}) {
    OnnxFile file = one_node(
        "DepthToSpace", {},
        {onnx_attribute("blocksize", int64_t{2}), onnx_attribute("mode", crd ? "CRD" : "DCR")});
    file.nodes.insert(file.nodes.begin(), onnx_node("Concat", {"x", "x", "x", "x"}, {"z"}));
    file.nodes[1] = onnx_node(
        "DepthToSpace", {"z"}, {"y"},
        {onnx_attribute("blocksize", int64_t{2}), onnx_attribute("mode", crd ? "CRD" : "DCR")});
    expect_result(file, {8, 12}, 3, [&](int64_t y, int64_t x, int64_t c) {
      const int64_t phase = y % 2 * 2 + x % 2;
      return sample(y / 2, x / 2, (crd ? c * 4 + phase : phase * 3 + c) % 3);
    });
  }
}

TEST(Onnx, SpaceToDepth) {
  // Phases slowest: the first three channels are those of every second pixel.
  OnnxFile file{
      {onnx_node("SpaceToDepth", {"x"}, {"d"}, {onnx_attribute("blocksize", int64_t{2})}),
       onnx_node("Slice", {"d", "three", "six", "one"}, {"y"})},
      {onnx_integers("three", {3}), onnx_integers("six", {6}), onnx_integers("one", {1})}};
  expect_result(file, {2, 3}, 3,
                [](int64_t y, int64_t x, int64_t c) { return sample(2 * y, 2 * x + 1, c); });
}

TEST(Onnx, ResizesThatAreTheEngines) {
  const auto resize = [](const char* mode, const char* transform, const char* nearest,
                         float factor) {
    return one_node(
        "Resize", {"", "s"},
        {onnx_attribute("mode", mode), onnx_attribute("coordinate_transformation_mode", transform),
         onnx_attribute("nearest_mode", nearest)},
        {onnx_floats("s", {4}, {1, 1, factor, factor})});
  };
  EXPECT_EQ(only<Resize>(resize("nearest", "asymmetric", "floor", 3)).scale, (Scale{3, 1}));
  EXPECT_EQ(only<Resize>(resize("nearest", "half_pixel", "round_prefer_floor", 2)).filter,
            ResizeFilter::kNearest);
  EXPECT_EQ(only<Resize>(resize("linear", "half_pixel", "floor", 1.5f)).scale, (Scale{3, 2}));
  const auto cubic = only<Resize>(resize("cubic", "pytorch_half_pixel", "floor", 0.5f));
  EXPECT_EQ(cubic.filter, ResizeFilter::kBicubic);
  EXPECT_EQ(cubic.cubic_a, -0.75f);
  EXPECT_FALSE(cubic.antialias);
}

// Sizes computed from the picture's: Shape, Slice, Cast, Mul, Floor, Concat.
TEST(Onnx, SizesComputedFromThePicture) {
  OnnxFile file{
      {onnx_node("Shape", {"x"}, {"shape"}),
       onnx_node("Slice", {"shape", "two", "four", "zero"}, {"sides"}),
       onnx_node("Cast", {"sides"}, {"real"}, {onnx_attribute("to", int64_t{1})}),
       onnx_node("Mul", {"real", "factor"}, {"larger"}), onnx_node("Floor", {"larger"}, {"whole"}),
       onnx_node("Cast", {"whole"}, {"ends"}, {onnx_attribute("to", int64_t{7})}),
       onnx_node("Slice", {"shape", "zero", "two", "zero"}, {"begin"}),
       onnx_node("Concat", {"begin", "ends"}, {"sizes"}, {onnx_attribute("axis", int64_t{0})}),
       onnx_node("Resize", {"x", "", "", "sizes"}, {"y"},
                 {onnx_attribute("coordinate_transformation_mode", "asymmetric"),
                  onnx_attribute("nearest_mode", "floor")})},
      {onnx_integers("zero", {0}), onnx_integers("two", {2}), onnx_integers("four", {4}),
       onnx_floats("factor", {}, {2})}};
  for (const auto& dims : {std::vector<int64_t>{1, 3, -1, -1}, {1, 3, 4, 6}, {-1, 3, -1, 6}}) {
    file.input = onnx_value("x", dims);
    EXPECT_EQ(only<Resize>(file).scale, (Scale{2, 1}));
  }
}

TEST(Onnx, ShufflesSpelledOut) {
  OnnxFile file{
      {onnx_node("Concat", {"x", "x", "x", "x"}, {"z"}),
       onnx_node("Reshape", {"z", "apart"}, {"a"}),
       onnx_node("Transpose", {"a"}, {"b"}, {onnx_attribute("perm", {0, 1, 4, 2, 5, 3})}),
       onnx_node("Reshape", {"b", "again"}, {"y"})},
      {onnx_integers("apart", {1, 3, 2, 2, 4, 6}), onnx_integers("again", {1, 3, 8, 12})}};
  file.input = onnx_value("x", {1, 3, 4, 6});
  expect_result(file, {8, 12}, 3, [](int64_t y, int64_t x, int64_t c) {
    return sample(y / 2, x / 2, (c * 4 + y % 2 * 2 + x % 2) % 3);
  });
}

TEST(Onnx, ChannelsLast) {
  OnnxFile file{{onnx_node("Transpose", {"x"}, {"a"}, {onnx_attribute("perm", {0, 3, 1, 2})}),
                 onnx_node("Relu", {"a"}, {"b"}),
                 onnx_node("Transpose", {"b"}, {"y"}, {onnx_attribute("perm", {0, 2, 3, 1})})}};
  file.input = onnx_value("x", {1, -1, -1, 3});
  EXPECT_EQ(activation_of(file), ActivationKind::kRelu);
}

TEST(Onnx, ChannelsCutAndSplit) {
  OnnxFile file{
      {onnx_node("Split", {"x", "counts"}, {"a", "b"}, {onnx_attribute("axis", int64_t{1})}),
       onnx_node("Slice", {"x", "zero", "one", "one"}, {"c"}),
       onnx_node("Concat", {"b", "c"}, {"y"}, {onnx_attribute("axis", int64_t{-3})})},
      {onnx_integers("counts", {1, 2}), onnx_integers("zero", {0}), onnx_integers("one", {1})}};
  expect_result(file, {4, 6}, 3,
                [](int64_t y, int64_t x, int64_t c) { return sample(y, x, (c + 1) % 3); });
}

TEST(Onnx, HalfWeightsStayHalf) {
  OnnxFile file = one_node("Conv", {"w"}, {},
                           {onnx_tensor("w", kOnnxFloat16, {3, 3, 1, 1}, std::string(18, '\0'))});
  file.input = onnx_value("x", {1, 3, -1, -1}, kOnnxFloat16);
  const auto model = file.read();
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->graph.parameters().at(0).dtype, DType::kF16);
}

TEST(Onnx, WhatNothingReadsIsNotUnderstood) {
  OnnxFile file = one_node("Relu");
  file.nodes.push_back(onnx_node("Warp", {"x"}, {"unread"}));
  file.tensors.push_back(onnx_tensor("text", 8, {1}, ""));
  EXPECT_EQ(activation_of(file), ActivationKind::kRelu);
}

}  // namespace
}  // namespace fovea::test
