// ncnn: what each layer becomes, how weights are read, and every way in which a file is refused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <limits>

#include "loaders/formats/ncnn.h"
#include "tests/ncnn_files.h"

namespace fovea::test {
namespace {

// A network of the input and the layer `line`, which makes the blob `out` of the blob `data`.
Result<Model> with_layer(const std::string& line, std::string_view bin = "") {
  return read_ncnn_layers({kNcnnInput, line}, bin);
}

// The only node's operator.
template <class Op>
Op only(const Result<Model>& model) {
  if (!model) {
    ADD_FAILURE() << model.error().message;
    return {};
  }
  EXPECT_EQ(model->graph.nodes().size(), 1u);
  const auto* op = std::get_if<Op>(&model->graph.nodes().front().op);
  if (op == nullptr) {
    ADD_FAILURE() << "is " << operator_name(model->graph.nodes().front().op);
    return {};
  }
  return *op;
}

std::vector<float> values(const Result<Model>& model, ParameterId id) {
  return *to_f32(model->graph.parameter(id));
}

TEST(Ncnn, ConvolutionWithFloat32Weights) {
  std::vector<float> weights(3 * 3 * 3 * 1);
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i) - 5.5f;
  for (const uint32_t tag : {0u, kFloat32Tag}) {
    const auto model = with_layer("Convolution conv 1 1 data out 0=3 1=1 11=3 4=0 14=1 5=1 6=27",
                                  tagged(tag, floats(weights)) + floats({0.5f, -1.0f, 2.0f}));
    const auto op = only<Convolution>(model);
    EXPECT_EQ(op.out_channels, 3);
    EXPECT_EQ(op.kernel_w, 1);
    EXPECT_EQ(op.kernel_h, 3);
    EXPECT_EQ(op.groups, 1);
    EXPECT_EQ(op.activation.kind, ActivationKind::kNone);
    EXPECT_EQ(model->graph.parameter(op.weight).shape, (std::vector<int64_t>{3, 3, 3, 1}));
    EXPECT_EQ(values(model, op.weight), weights);
    EXPECT_EQ(values(model, op.bias), (std::vector<float>{0.5f, -1.0f, 2.0f}));
  }
}

TEST(Ncnn, ConvolutionWithFloat16WeightsIsPaddedToFourBytes) {
  // 1.0, -2.0, 0.5 and two bytes of padding; then another layer, so that a wrong offset shows.
  const std::string halves("\x00\x3c\x00\xc0\x00\x38\xff\xff", 8);
  const auto model =
      read_ncnn_layers({"Input in 0 1 data 2=1", "Convolution a 1 1 data mid 0=3 1=1 6=3",
                        "Convolution b 1 1 mid out 0=1 1=1 5=1 6=3"},
                       tagged(kFloat16Tag, halves) + tagged(0, floats({1, 2, 3})) + floats({4}));
  ASSERT_TRUE(model) << model.error().message;
  const auto& first = std::get<Convolution>(model->graph.nodes()[0].op);
  const auto& second = std::get<Convolution>(model->graph.nodes()[1].op);
  EXPECT_EQ(model->graph.parameter(first.weight).dtype, DType::kF16);
  EXPECT_EQ(values(model, first.weight), (std::vector<float>{1.0f, -2.0f, 0.5f}));
  EXPECT_EQ(first.bias, kNoParameter);
  EXPECT_EQ(values(model, second.weight), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(values(model, second.bias), (std::vector<float>{4}));
}

TEST(Ncnn, ConvolutionActivations) {
  const auto activation = [](const std::string& fields) {
    return only<Convolution>(
               with_layer("Convolution c 1 1 data out 0=3 1=1 6=9 " + fields, tagged(0, zeros(9))))
        .activation;
  };
  EXPECT_EQ(activation("9=0").kind, ActivationKind::kNone);
  EXPECT_EQ(activation("9=1").kind, ActivationKind::kRelu);
  EXPECT_EQ(activation("9=4").kind, ActivationKind::kSigmoid);
  EXPECT_EQ(activation("9=5").kind, ActivationKind::kMish);
  EXPECT_EQ(activation("9=6 -23310=2,1.666667e-01,5.000000e-01").kind, ActivationKind::kHardSwish);
  for (const char* written : {"9=2 -23310=1,2.000000e-01", "9=2 10=0.2,"}) {
    EXPECT_EQ(activation(written).kind, ActivationKind::kLeakyRelu) << written;
    EXPECT_EQ(activation(written).negative_slope, 0.2f) << written;
  }
}

TEST(Ncnn, ConvolutionWithClipIsTwoOperators) {
  const auto model = with_layer("Convolution c 1 1 data out 0=3 1=1 6=9 9=3 -23310=2,-0.5,1.5",
                                tagged(0, zeros(9)));
  ASSERT_TRUE(model) << model.error().message;
  ASSERT_EQ(model->graph.nodes().size(), 2u);
  EXPECT_EQ(model->graph.nodes()[1].name, "c_clip");
  const auto& clamp = std::get<Clamp>(model->graph.nodes()[1].op);
  EXPECT_EQ(clamp.low, -0.5f);
  EXPECT_EQ(clamp.high, 1.5f);
}

TEST(Ncnn, ConvolutionPaddingThatKeepsTheSize) {
  for (const char* padding : {"4=2", "4=-233", "4=-234", "4=2 15=2 14=2 16=2"}) {
    const auto op = only<Convolution>(
        with_layer(fmt::format("Convolution c 1 1 data out 0=3 1=5 {} 6=225", padding),
                   tagged(0, zeros(225))));
    EXPECT_EQ(op.kernel_h, 5) << padding;
  }
}

TEST(Ncnn, ConvolutionDepthWise) {
  const auto op = only<Convolution>(
      with_layer("ConvolutionDepthWise c 1 1 data out 0=3 1=3 4=1 6=27 7=3", tagged(0, zeros(27))));
  EXPECT_EQ(op.groups, 3);
  EXPECT_EQ(op.out_channels, 3);
}

TEST(Ncnn, Activations) {
  const auto kind = [](const std::string& type, const std::string& fields = "") {
    return only<Activate>(with_layer(type + " a 1 1 data out " + fields)).activation.kind;
  };
  EXPECT_EQ(kind("ReLU"), ActivationKind::kRelu);
  EXPECT_EQ(kind("Sigmoid"), ActivationKind::kSigmoid);
  EXPECT_EQ(kind("Swish"), ActivationKind::kSilu);
  EXPECT_EQ(kind("TanH"), ActivationKind::kTanh);
  EXPECT_EQ(kind("GELU"), ActivationKind::kGelu);
  EXPECT_EQ(kind("Mish"), ActivationKind::kMish);
  EXPECT_EQ(kind("HardSwish", "0=1.666667e-01 1=5.000000e-01"), ActivationKind::kHardSwish);
  const auto leaky = only<Activate>(with_layer("ReLU a 1 1 data out 0=1.000000e-01")).activation;
  EXPECT_EQ(leaky.kind, ActivationKind::kLeakyRelu);
  EXPECT_EQ(leaky.negative_slope, 0.1f);
}

TEST(Ncnn, PReluWithOneSlopeOrOneAChannel) {
  for (const std::vector<float>& slopes : {std::vector<float>{0.25f}, {0.1f, 0.2f, -0.3f}}) {
    const auto model =
        with_layer(fmt::format("PReLU p 1 1 data out 0={}", slopes.size()), floats(slopes));
    const auto op = only<Activate>(model);
    EXPECT_EQ(op.activation.kind, ActivationKind::kPrelu);
    EXPECT_EQ(values(model, op.activation.slopes), slopes);
  }
}

TEST(Ncnn, Clip) {
  const auto both = only<Clamp>(with_layer("Clip c 1 1 data out 0=-1.0 1=2.0"));
  EXPECT_EQ(both.low, -1.0f);
  EXPECT_EQ(both.high, 2.0f);
  const auto none = only<Clamp>(with_layer("Clip c 1 1 data out"));
  EXPECT_EQ(none.low, -FLT_MAX);
  EXPECT_EQ(none.high, FLT_MAX);
}

TEST(Ncnn, ScaleAndBatchNormBecomeAffine) {
  const auto scale = with_layer("Scale s 1 1 data out 0=3 1=1", floats({1, 2, 3, 4, 5, 6}));
  const auto scale_op = only<Affine>(scale);
  EXPECT_EQ(values(scale, scale_op.weight), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(values(scale, scale_op.bias), (std::vector<float>{4, 5, 6}));
  EXPECT_EQ(only<Affine>(with_layer("Scale s 1 1 data out 0=3", zeros(3))).bias, kNoParameter);

  // slope, mean, variance, bias; the deviations are 2, 3 and, of a channel that never varies, 1e-4.
  const auto norm = with_layer("BatchNorm b 1 1 data out 0=3 1=0.0",
                               floats({4, 6, 1, 1, 2, 0, 4, 9, 0, 10, 20, 30}));
  const auto norm_op = only<Affine>(norm);
  EXPECT_EQ(values(norm, norm_op.weight), (std::vector<float>{2, 2, 1e4f}));
  EXPECT_EQ(values(norm, norm_op.bias), (std::vector<float>{8, 16, 30}));
  const auto eps = with_layer("BatchNorm b 1 1 data out 0=3 1=0.25",
                              floats({1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(values(eps, only<Affine>(eps).weight), (std::vector<float>{2, 2, 2}));
}

TEST(Ncnn, BinaryOpOfTwoBlobs) {
  const auto two = [](const std::string& fields) {
    return read_ncnn_layers(
        {kNcnnInput, "Split s 1 2 data a b", "BinaryOp o 2 1 a b out " + fields});
  };
  EXPECT_EQ(only<Add>(two("")).scales, (std::vector<float>{1, 1}));
  EXPECT_EQ(only<Add>(two("0=0")).scales, (std::vector<float>{1, 1}));
  EXPECT_EQ(only<Add>(two("0=1")).scales, (std::vector<float>{1, -1}));
  EXPECT_EQ(only<Add>(two("0=7")).scales, (std::vector<float>{-1, 1}));
  only<Multiply>(two("0=2"));
}

TEST(Ncnn, BinaryOpWithANumber) {
  const auto line = [](int operation, const std::string& number) {
    return with_layer(fmt::format("BinaryOp o 1 1 data out 0={} 1=1 2={}", operation, number));
  };
  const auto expect_affine = [](const Result<Model>& model, std::vector<float> weight,
                                const std::vector<float>& bias) {
    const auto op = only<Affine>(model);
    EXPECT_EQ(op.weight == kNoParameter ? std::vector<float>{} : values(model, op.weight), weight);
    EXPECT_EQ(values(model, op.bias), bias);
  };
  expect_affine(line(0, "0.5"), {}, {0.5f, 0.5f, 0.5f});
  expect_affine(line(1, "0.5"), {}, {-0.5f, -0.5f, -0.5f});
  expect_affine(line(7, "1"), {-1, -1, -1}, {1, 1, 1});
  EXPECT_EQ(only<Add>(line(2, "2.55e+02")).scales, (std::vector<float>{255}));
  EXPECT_EQ(only<Add>(line(3, "4.0")).scales, (std::vector<float>{0.25f}));
  EXPECT_EQ(only<Clamp>(line(4, "0.0")).low, 0.0f);
  EXPECT_EQ(only<Clamp>(line(4, "0.0")).high, FLT_MAX);
  EXPECT_EQ(only<Clamp>(line(5, "1.0")).high, 1.0f);
  EXPECT_EQ(only<Clamp>(line(5, "1.0")).low, -FLT_MAX);
}

TEST(Ncnn, Eltwise) {
  const auto three = [](const std::string& fields) {
    return read_ncnn_layers(
        {kNcnnInput, "Split s 1 3 data a b c", "Eltwise e 3 1 a b c out " + fields});
  };
  EXPECT_EQ(only<Add>(three("0=1")).scales, (std::vector<float>{1, 1, 1}));
  EXPECT_EQ(only<Add>(three("0=1 -23301=3,2.000000e-01,1.0,-1.0")).scales,
            (std::vector<float>{0.2f, 1.0f, -1.0f}));
  const auto product = three("0=0");
  ASSERT_TRUE(product) << product.error().message;
  ASSERT_EQ(product->graph.nodes().size(), 2u);
  EXPECT_TRUE(std::holds_alternative<Multiply>(product->graph.nodes()[1].op));
  EXPECT_EQ(product->graph.nodes()[1].inputs,
            (std::vector<ValueId>{product->graph.nodes()[0].output, product->graph.input()}));
}

TEST(Ncnn, ConcatOfChannels) {
  for (const char* axis : {"", "0=0", "0=-3"}) {
    const auto model = read_ncnn_layers({"Input in 0 1 data 2=1", "ReLU r 1 1 data b",
                                         "Concat c 3 1 data b data out " + std::string(axis)});
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_TRUE(std::holds_alternative<Concat>(model->graph.nodes()[1].op));
    EXPECT_EQ(model->colour, ColourMode::kGrayToRgb);
    EXPECT_EQ(model->graph.nodes()[1].inputs, (std::vector<ValueId>{0, 1, 0}));
  }
}

TEST(Ncnn, InterpScalesAreExact) {
  const auto resize = [](int type, const std::string& scale) {
    return only<Resize>(
        with_layer(fmt::format("Interp i 1 1 data out 0={} 1={} 2={}", type, scale, scale)));
  };
  EXPECT_EQ(resize(1, "4.000000e+00").filter, ResizeFilter::kNearest);
  EXPECT_EQ(resize(1, "4.000000e+00").scale, (Scale{4, 1}));
  EXPECT_EQ(resize(2, "2").filter, ResizeFilter::kBilinear);
  EXPECT_FALSE(resize(2, "2").antialias);
  EXPECT_EQ(resize(3, "5.000000e-01").filter, ResizeFilter::kBicubic);
  EXPECT_EQ(resize(3, "5.000000e-01").cubic_a, -0.75);
  EXPECT_FALSE(resize(3, "5.000000e-01").antialias);
  EXPECT_EQ(resize(3, "5.000000e-01").scale, (Scale{1, 2}));
  EXPECT_EQ(resize(3, "7.500000e-01").scale, (Scale{3, 4}));
  EXPECT_EQ(resize(3, "6.666667e-01").scale, (Scale{2, 3}));
  EXPECT_EQ(resize(3, "0.333333").scale, (Scale{1, 3}));
  EXPECT_EQ(resize(3, "1.428571e-01").scale, (Scale{1, 7}));
  EXPECT_EQ(resize(3, "1.600000e+00").scale, (Scale{8, 5}));
  EXPECT_EQ(resize(3, "6.400000e+01").scale, (Scale{64, 1}));
}

TEST(Ncnn, ShufflesAndTheirPadding) {
  const auto model = read_ncnn_layers(
      {"Input in 0 1 data 2=3", "Reorg r 1 1 data a 0=2", "PixelShuffle p 1 1 a out 0=2"});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(std::get<PixelUnshuffle>(model->graph.nodes()[0].op).factor, 2);
  EXPECT_EQ(std::get<PixelShuffle>(model->graph.nodes()[1].op).factor, 2);
  EXPECT_EQ(model->scale, (Scale{1, 1}));
  EXPECT_EQ(model->padding_multiple, 2);

  // Thirds and halves of the picture: sizes are whole for multiples of 6.
  const auto six =
      read_ncnn_layers({"Input in 0 1 data 2=3", "Interp i 1 1 data a 0=2 1=0.333333 2=0.333333",
                        "Interp j 1 1 a b 0=2 1=1.5 2=1.5", "Interp k 1 1 b out 0=2 1=8 2=8"});
  ASSERT_TRUE(six) << six.error().message;
  EXPECT_EQ(six->padding_multiple, 6);
  EXPECT_EQ(six->scale, (Scale{4, 1}));
}

TEST(Ncnn, LayersThatDoNothingAddNothing) {
  const auto model =
      read_ncnn_layers({kNcnnInput, "Noop n 1 1 data a", "Dropout d 1 1 a b", "Split s 1 2 b c d",
                        "Interp i 1 1 c e 0=3", "BinaryOp o 2 1 e d out 0=0"});
  ASSERT_TRUE(model) << model.error().message;
  ASSERT_EQ(model->graph.nodes().size(), 1u);
  EXPECT_EQ(model->graph.nodes()[0].inputs, (std::vector<ValueId>{0, 0}));
  EXPECT_EQ(only<Add>(with_layer("Dropout d 1 1 data out 0=0.5")).scales,
            (std::vector<float>{0.5f}));
}

TEST(Ncnn, TheIdentityIsANetwork) {
  const auto model = read_ncnn_layers({kNcnnInput});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->graph.output(), model->graph.input());
  EXPECT_EQ(model->scale, (Scale{1, 1}));
}

TEST(Ncnn, ChannelsOfThePictureAreToldByTheFirstWeights) {
  const std::string input = "Input in 0 1 data";
  const std::string to_gray = "Convolution z 1 1 last out 0=1 1=1 6=";
  const auto channels = [](const Result<Model>& model) -> int64_t {
    if (!model) {
      ADD_FAILURE() << model.error().message;
      return 0;
    }
    return model->graph.value(model->graph.input()).channels;
  };
  EXPECT_EQ(
      channels(read_ncnn_layers({input, "Split s 1 2 data a b", "Interp i 1 1 a c 0=1 1=2 2=2",
                                 "Convolution z 1 1 b d 0=12 1=1 6=36",
                                 "PixelShuffle p 1 1 d e 0=2", "BinaryOp o 2 1 c e out"},
                                tagged(0, zeros(36)))),
      3);
  EXPECT_EQ(channels(read_ncnn_layers({input, "Reorg r 1 1 data last 0=2", to_gray + "4"},
                                      tagged(0, zeros(4)))),
            1);
  EXPECT_EQ(
      channels(read_ncnn_layers({input, "ConvolutionDepthWise z 1 1 data out 0=4 1=1 6=4 7=4"},
                                tagged(0, zeros(4)))),
      4);
  EXPECT_EQ(channels(read_ncnn_layers({input, "PReLU p 1 1 data out 0=4"}, zeros(4))), 4);
  EXPECT_EQ(channels(read_ncnn_layers({input, "Scale p 1 1 data out 0=3"}, zeros(3))), 3);
  EXPECT_EQ(channels(read_ncnn_layers({"Input in 0 1 data 0=64 1=48 2=4 -23330=4,3,64,48,4",
                                       "ReLU r 1 1 data out 31=1"})),
            4);
}

TEST(Ncnn, ReadsCarriageReturnsAndBlankLines) {
  const auto model = read_ncnn_text(
      "7767517\r\n\r\n2 2\r\nInput  in\t0 1 data 2=3\r\n"
      "ReLU r 1 1 data out\r\n\r\n");
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->format, "ncnn");
  EXPECT_EQ(model->colour, ColourMode::kRgb);
}

}  // namespace
}  // namespace fovea::test
