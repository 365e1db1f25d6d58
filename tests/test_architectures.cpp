// Networks told from their tensors' names and shapes: what is read, what is built, what is refused
// and how.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/network_file.h"

namespace fovea {
namespace {

using namespace test;

// `in` and `out` are conv_first's and conv_last's channels.
NetworkFile rrdbnet(int64_t in, int64_t out, int64_t feat, int64_t blocks, int64_t grow, int ups) {
  NetworkFile file;
  file.convolution("conv_first", feat, in);
  for (int64_t b = 0; b < blocks; ++b) {
    for (int r = 1; r <= 3; ++r) {
      for (int c = 1; c <= 5; ++c)
        file.convolution(fmt::format("body.{}.rdb{}.conv{}", b, r, c), c == 5 ? feat : grow,
                         feat + (c - 1) * grow);
    }
  }
  file.convolution("conv_body", feat, feat);
  for (int u = 1; u <= ups; ++u) file.convolution(fmt::format("conv_up{}", u), feat, feat);
  file.convolution("conv_hr", feat, feat).convolution("conv_last", out, feat);
  return file;
}

// `last` is the last convolution's channels.
NetworkFile srvgg(int64_t in, int64_t last, int64_t feat, int64_t body, bool prelu = true) {
  NetworkFile file;
  for (int64_t i = 0; i <= body; ++i) {
    file.convolution(fmt::format("body.{}", 2 * i), feat, i == 0 ? in : feat);
    if (prelu) file.tensor(fmt::format("body.{}.weight", 2 * i + 1), {feat});
  }
  file.convolution(fmt::format("body.{}", 2 * body + 2), last, feat);
  return file;
}

NetworkFile srcnn(std::array<int64_t, 3> kernels, std::array<int64_t, 2> widths,
                  std::array<std::string, 3> names = {"conv1", "conv2", "conv3"}) {
  NetworkFile file;
  file.convolution(names[0], widths[0], 1, kernels[0]);
  file.convolution(names[1], widths[1], widths[0], kernels[1]);
  file.convolution(names[2], 1, widths[1], kernels[2]);
  return file;
}

TEST(RrdbNet, ScaleChannelsAndUnshuffleComeFromShapes) {
  const auto rgb = ColourMode::kRgb;
  expect_model({rrdbnet(3, 3, 16, 2, 8, 2), "RRDBNet", rgb, {4, 1}, 1});
  expect_model({rrdbnet(3, 3, 6, 1, 2, 0), "RRDBNet", rgb, {1, 1}, 1});
  expect_model({rrdbnet(3, 3, 6, 1, 2, 1), "RRDBNet", rgb, {2, 1}, 1});
  expect_model({rrdbnet(3, 3, 6, 1, 2, 3), "RRDBNet", rgb, {8, 1}, 1});
  expect_model({rrdbnet(3, 3, 6, 1, 2, 4), "RRDBNet", rgb, {16, 1}, 1});
  expect_model({rrdbnet(12, 3, 6, 1, 2, 2), "RRDBNet", rgb, {2, 1}, 2});
  expect_model({rrdbnet(48, 3, 6, 1, 2, 2), "RRDBNet", rgb, {1, 1}, 4});
  expect_model({rrdbnet(12, 3, 6, 1, 2, 3), "RRDBNet", rgb, {4, 1}, 2});
  expect_model({rrdbnet(1, 1, 6, 1, 2, 2), "RRDBNet", ColourMode::kGray, {4, 1}, 1});
  expect_model({rrdbnet(4, 1, 6, 1, 2, 2), "RRDBNet", ColourMode::kGray, {2, 1}, 2});
  expect_model({rrdbnet(1, 3, 6, 1, 2, 2), "RRDBNet", ColourMode::kGrayToRgb, {4, 1}, 1});
  expect_model({rrdbnet(4, 4, 6, 1, 2, 2), "RRDBNet", ColourMode::kRgba, {4, 1}, 1});
  expect_model({rrdbnet(16, 4, 6, 1, 2, 2), "RRDBNet", ColourMode::kRgba, {2, 1}, 2});
}

TEST(RrdbNet, TellsItsParameters) {
  const auto model = rrdbnet(12, 3, 24, 2, 12, 2).build();
  ASSERT_TRUE(model) << model.error().message;
  const std::vector<std::pair<std::string, std::string>> details = {
      {"layout", "Real-ESRGAN"}, {"in_channels", "3"},  {"out_channels", "3"}, {"num_feat", "24"},
      {"num_block", "2"},        {"num_grow_ch", "12"}, {"unshuffle", "2"}};
  EXPECT_EQ(model->details, details);
}

// Counted in users' terms: 3 x 5 convolutions a block, and those around the blocks, each one input
// pixel; after the first upsampling half a pixel, then a quarter.
TEST(RrdbNet, SeesAsFarAsItsLayersSay) {
  const auto model = rrdbnet(3, 3, 4, 23, 2, 2).build();
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(receptive_radius(model->graph), 349);
}

TEST(RrdbNet, IsBuiltOfPlainOperators) {
  const auto model = rrdbnet(3, 3, 6, 2, 2, 2).build();
  ASSERT_TRUE(model) << model.error().message;
  int convolutions = 0, activations = 0, adds = 0, concats = 0, resizes = 0;
  for (const Node& node : model->graph.nodes()) {
    convolutions += std::holds_alternative<Convolution>(node.op);
    activations += std::holds_alternative<Activate>(node.op);
    adds += std::holds_alternative<Add>(node.op);
    concats += std::holds_alternative<Concat>(node.op);
    resizes += std::holds_alternative<Resize>(node.op);
    if (const auto* convolution = std::get_if<Convolution>(&node.op)) {
      EXPECT_EQ(convolution->activation.kind, ActivationKind::kNone) << node.name;
      EXPECT_TRUE(convolution->residuals.empty()) << node.name;
    }
  }
  EXPECT_EQ(convolutions, 2 * 15 + 6);  // first, body, up1, up2, hr, last
  EXPECT_EQ(activations, 2 * 3 * 4 + 3);
  EXPECT_EQ(adds, 2 * (3 + 1) + 1);
  EXPECT_EQ(concats, 2 * 3 * 4);
  EXPECT_EQ(resizes, 2);
}

TEST(RrdbNet, RefusesWhatDoesNotFit) {
  const NetworkFile good = rrdbnet(3, 3, 6, 2, 2, 2);
  expect_refused(good.without("conv_hr.bias"),
                 "RRDBNet: 1 of the network's tensors are missing: conv_hr.bias");
  expect_refused(rrdbnet(3, 3, 6, 2, 2, 2).tensor("conv_up9.weight", {1}),
                 "RRDBNet: 1 unexpected tensors: conv_up9.weight");
  expect_refused(good.with(make_weight("conv_body.bias", {5}, std::vector<float>(5))),
                 "tensor conv_body.bias has shape [5], expected [6]");
  expect_refused(
      good.with(make_weight("body.1.rdb3.conv2.weight", {2, 7, 3, 3}, std::vector<float>(126))),
      "tensor body.1.rdb3.conv2.weight has shape [2, 7, 3, 3], expected [2, 8, 3, 3]");
  expect_refused(good.with(make_weight("conv_first.weight", {6, 3}, std::vector<float>(18))),
                 "tensor conv_first.weight has shape [6, 3], expected [out, in, k, k]");
  expect_refused(good.with(make_weight("conv_last.weight", {0, 6, 3, 3}, {})),
                 "tensor conv_last.weight has shape [0, 6, 3, 3]");
  expect_refused(rrdbnet(5, 3, 6, 1, 2, 2), "turns 5 channels into 3");
  expect_refused(rrdbnet(48, 3, 6, 1, 2, 1), "1 up-convolutions after a pixel-unshuffle by 4");
  expect_refused(rrdbnet(3, 3, 2, 1, 2, 6), "6 up-convolutions");
}

TEST(RrdbNet, NamesFiveOfManyMissingAndUnexpected) {
  NetworkFile few;
  few.convolution("conv_first", 6, 3).convolution("conv_body", 6, 6).convolution("conv_last", 3, 6);
  few.convolution("body.0.rdb1.conv1", 2, 6);
  expect_refused(few,
                 "30 of the network's tensors are missing: body.0.rdb1.conv2.weight, "
                 "body.0.rdb1.conv2.bias, body.0.rdb1.conv3.weight, body.0.rdb1.conv3.bias, "
                 "body.0.rdb1.conv4.weight and 25 more");
  NetworkFile many = rrdbnet(3, 3, 6, 1, 2, 2);
  for (int i = 0; i < 7; ++i) many.tensor(fmt::format("extra.{}", i), {1});
  expect_refused(many,
                 "7 unexpected tensors: extra.0, extra.1, extra.2, extra.3, extra.4 and 2 more");
}

// The networks of tests/golden are their proof; here, what is told of them and refused.
TEST(RrdbNet, IsReadInItsOlderLayouts) {
  NetworkFile file;
  file.convolution("model.0", 6, 3);
  for (int r = 1; r <= 3; ++r) {
    for (int c = 1; c <= 5; ++c)
      file.convolution(fmt::format("model.1.sub.0.RDB{}.conv{}.0", r, c), c == 5 ? 6 : 2,
                       6 + (c - 1) * 2);
  }
  file.convolution("model.1.sub.1", 6, 6);
  file.convolution("model.3", 6, 6).convolution("model.6", 6, 6).convolution("model.8", 6, 6);
  file.convolution("model.10", 3, 6);
  expect_model({file, "RRDBNet", ColourMode::kRgb, {4, 1}, 1});
  EXPECT_EQ(file.build()->details[0],
            (std::pair<std::string, std::string>{"layout", "ESRGAN of 2018"}));
  expect_refused(file.without("model.6.weight"), "missing: model.6.weight");
  expect_refused(file.without("model.10.weight"), "RRDBNet: ");
  NetworkFile plus = file;
  for (int r = 1; r <= 3; ++r)
    plus.tensor(fmt::format("model.1.sub.0.RDB{}.conv1x1.weight", r), {2, 6, 1, 1});
  expect_model({plus, "RRDBNet", ColourMode::kRgb, {4, 1}, 1});
  EXPECT_EQ(plus.build()->details[0].second, "ESRGAN+");
  expect_refused(plus.without("model.1.sub.0.RDB2.conv1x1.weight"), "RDB2.conv1x1.weight");
}

TEST(RrdbNet, RefusesNumbersThatAreNone) {
  const NetworkFile good = rrdbnet(3, 3, 6, 1, 2, 2);
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    const std::vector<float> values = {0, 0, 0, 0, bad, 0};
    expect_refused(good.with(make_weight("conv_hr.bias", {6}, values)), "conv_hr.bias");
  }
  WeightTensor integers = make_weight("conv_hr.bias", {6}, std::vector<float>(6));
  integers.dtype = DType::kI32;
  expect_refused(good.with(integers), "tensor conv_hr.bias holds int32, expected floating point");
}

TEST(Srvgg, ScaleAndChannelsComeFromTheLastConvolution) {
  const std::string name = "SRVGGNetCompact";
  for (const int64_t scale : {1, 2, 3, 4, 8}) {
    const Scale expected{scale, 1};
    const int64_t area = scale * scale;
    expect_model({srvgg(3, 3 * area, 8, 2), name, ColourMode::kRgb, expected, 1});
    expect_model({srvgg(1, area, 8, 0), name, ColourMode::kGray, expected, 1});
    expect_model({srvgg(4, 4 * area, 8, 1), name, ColourMode::kRgba, expected, 1});
    expect_model({srvgg(1, 3 * area, 8, 1), name, ColourMode::kGrayToRgb, expected, 1});
  }
}

TEST(Srvgg, TellsItsParameters) {
  const auto model = srvgg(3, 48, 24, 8).build();
  ASSERT_TRUE(model) << model.error().message;
  const std::vector<std::pair<std::string, std::string>> details = {{"in_channels", "3"},
                                                                    {"out_channels", "3"},
                                                                    {"num_feat", "24"},
                                                                    {"num_conv", "8"},
                                                                    {"act_type", "prelu"}};
  EXPECT_EQ(model->details, details);
  EXPECT_EQ(receptive_radius(model->graph), 10);  // 1 + 8 + 1 convolutions of 3x3
}

TEST(Srvgg, TakesOneSlopeForAllChannels) {
  const auto one = make_weight("body.1.weight", {1}, std::vector<float>{0.1f});
  EXPECT_TRUE(srvgg(3, 12, 8, 1).with(one).build());
  const auto two = make_weight("body.1.weight", {2}, std::vector<float>{0.1f, 0.2f});
  expect_refused(srvgg(3, 12, 8, 1).with(two), "tensor body.1.weight has shape [2], expected [8]");
}

TEST(Srvgg, AsksForTheActivationWhereWeightsDoNotTell) {
  expect_refused(srvgg(3, 12, 8, 1, false), "set its metadata key act_type to relu or leakyrelu");
  expect_refused(srvgg(3, 12, 8, 1, false).metadata("act_type", "gelu"), "act_type is \"gelu\"");
  const auto slope = [](const char* type) {
    const auto model = srvgg(3, 12, 8, 1, false).metadata("act_type", type).build();
    EXPECT_TRUE(model) << model.error().message;
    return std::get<Activate>(model->graph.nodes()[1].op).activation;
  };
  EXPECT_EQ(slope("relu").kind, ActivationKind::kRelu);
  EXPECT_EQ(slope("leakyrelu").kind, ActivationKind::kLeakyRelu);
  EXPECT_EQ(slope("leakyrelu").negative_slope, 0.1f);
}

TEST(Srvgg, MetadataDecideAmongSplitsThatFit) {
  // 36 channels from one: x6 in gray, or x3 in four channels.
  expect_model({srvgg(1, 36, 8, 1), "SRVGGNetCompact", ColourMode::kGray, {6, 1}, 1});
  expect_refused(srvgg(1, 36, 8, 1).metadata("scale", "3"), "turns 1 channels into 4");
  expect_refused(srvgg(1, 36, 8, 1).metadata("scale", "2"), "scale 2 does not fit");
  expect_refused(srvgg(1, 36, 8, 1).metadata("scale", "big"), "metadata scale is \"big\"");
}

TEST(Srvgg, RefusesWhatDoesNotFit) {
  expect_refused(srvgg(3, 20, 8, 1), "20 channels are not 1, 3, 4 or 3 times a square");
  expect_refused(srvgg(3, 16, 8, 1), "turns 3 channels into 4");
  expect_refused(srvgg(3, 12, 8, 1).tensor("body.999999999.weight", {1, 1, 3, 3}),
                 "1 unexpected tensors: body.999999999.weight");
  expect_refused(srvgg(3, 12, 8, 2).without("body.3.weight"), "missing: body.3.weight");
  expect_refused(srvgg(3, 12, 8, 2).without("body.4.bias"), "missing: body.4.bias");
}

TEST(Srcnn, TakesAnyKernelsWidthsAndBothNamings) {
  const std::array<std::string, 3> steps = {"features.0", "map.0", "reconstruction"};
  const auto expect_srcnn = [](const NetworkFile& file, const char* kernels, int64_t radius) {
    expect_model({file, "SRCNN", ColourMode::kLuma, kUnknownScale, 1});
    const auto model = file.build();
    ASSERT_TRUE(model);
    EXPECT_EQ(model->details[0].second, kernels);
    EXPECT_EQ(receptive_radius(model->graph), radius);
    ASSERT_TRUE(model->resize_before);
    EXPECT_EQ(model->resize_before->filter, ResizeFilter::kBicubic);
    EXPECT_EQ(model->resize_before->cubic_a, -0.5);
    EXPECT_TRUE(model->resize_before->antialias);
  };
  expect_srcnn(srcnn({9, 1, 5}, {64, 32}), "9-1-5", 6);
  expect_srcnn(srcnn({9, 3, 5}, {64, 32}, steps), "9-3-5", 7);
  expect_srcnn(srcnn({9, 5, 5}, {128, 5}, steps), "9-5-5", 8);
}

TEST(Srcnn, TakesItsScaleFromMetadata) {
  for (const char* key : {"scale", "upscale"}) {
    const auto model = srcnn({9, 1, 5}, {8, 4}).metadata(key, "3").build();
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(model->scale, (Scale{3, 1}));
    EXPECT_FALSE(model->resize_before);
    const auto* resize = std::get_if<Resize>(&model->graph.nodes()[0].op);
    ASSERT_NE(resize, nullptr);
    EXPECT_EQ(resize->scale, (Scale{3, 1}));
    EXPECT_EQ(resize->filter, ResizeFilter::kBicubic);
  }
  expect_refused(srcnn({9, 1, 5}, {8, 4}).metadata("scale", "-2"), "metadata scale is \"-2\"");
}

TEST(Srcnn, RefusesWhatDoesNotFit) {
  NetworkFile even;
  even.convolution("conv1", 8, 1, 9).convolution("conv2", 4, 8, 4).convolution("conv3", 1, 4, 5);
  expect_refused(
      even, "tensor conv2.weight has shape [4, 8, 4, 4], expected [out, in, k, k] with an odd k");
  NetworkFile colour;
  colour.convolution("conv1", 8, 3, 9).convolution("conv2", 4, 8, 1).convolution("conv3", 3, 4, 5);
  expect_refused(colour, "turns 3 channels into 3; only those that turn luma into luma");
}

NetworkFile span(int64_t in, int64_t last, int64_t feat) {
  NetworkFile file;
  const auto conv3xc = [&](const std::string& name, int64_t from, int64_t to) {
    file.convolution(name + ".sk", to, from, 1).convolution(name + ".conv.0", 2 * from, from, 1);
    file.convolution(name + ".conv.1", 2 * to, 2 * from)
        .convolution(name + ".conv.2", to, 2 * to, 1);
    file.convolution(name + ".eval_conv", to, from);
  };
  conv3xc("conv_1", in, feat);
  for (int b = 1; b <= 6; ++b) {
    for (int c = 1; c <= 3; ++c) conv3xc(fmt::format("block_{}.c{}_r", b, c), feat, feat);
  }
  conv3xc("conv_2", feat, feat);
  file.convolution("conv_cat", feat, 4 * feat, 1).convolution("upsampler.0", last, feat);
  return file;
}

// The networks of tests/golden are its proof; here, what is told of it and refused.
TEST(Span, ScaleChannelsAndNormalisationComeFromTensors) {
  const auto model = span(3, 48, 6).build();
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->architecture, "SPAN");
  EXPECT_EQ(model->scale, (Scale{4, 1}));
  const std::vector<std::pair<std::string, std::string>> details = {
      {"in_channels", "3"}, {"out_channels", "3"}, {"feature_channels", "6"}, {"norm", "yes"}};
  EXPECT_EQ(model->details, details);
  EXPECT_EQ(receptive_radius(model->graph), 21);

  const auto gray = span(1, 4, 6).tensor("no_norm", {1}).build();
  ASSERT_TRUE(gray) << gray.error().message;
  EXPECT_EQ(gray->colour, ColourMode::kGray);
  EXPECT_EQ(gray->details[3].second, "no");
}

TEST(Span, RefusesWhatDoesNotFit) {
  const NetworkFile good = span(3, 12, 6);
  expect_refused(span(1, 4, 6), "SPAN: its colours are normalised as three channels, and it has 1");
  expect_refused(good.without("block_3.c2_r.conv.1.bias"),
                 "SPAN: tensor block_3.c2_r.conv.1.bias is missing");
  expect_refused(good.with(make_weight("conv_2.sk.weight", {6, 5, 1, 1}, std::vector<float>(30))),
                 "tensor conv_2.sk.weight has shape [6, 5, 1, 1]");
  expect_refused(
      good.with(make_weight("block_1.c1_r.conv.2.weight", {5, 12, 1, 1}, std::vector<float>(60))),
      "tensor block_1.c1_r.conv.2.bias has 6 elements, expected 5");
  expect_refused(span(3, 12, 6).tensor("more", {1}), "1 unexpected tensors: more");
}

TEST(Architectures, MetadataNameTheFamily) {
  const auto model = rrdbnet(3, 3, 6, 1, 2, 2).metadata("architecture", "RRDBNet").build();
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->metadata.at("architecture"), "RRDBNet");
  // A name that is a family's is believed over the tensors; any other leaves the word to them.
  expect_refused(srvgg(3, 12, 8, 1).metadata("architecture", "RRDBNet"),
                 "RRDBNet: conv_first, the blocks' or conv_last's weights are missing");
  EXPECT_TRUE(srvgg(3, 12, 8, 1).metadata("architecture", "my network").build());
  expect_refused(srvgg(3, 12, 8, 1).metadata("architecture", "HAT"), "HAT is an attention network");
}

TEST(Architectures, UnknownOnesAreToldByTheirFirstTensors) {
  EXPECT_EQ(error_of(NetworkFile().build()), "holds no tensors");
  NetworkFile file;
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) file.tensor(name, {2});
  expect_refused(
      file,
      "unknown architecture with the tensors a, b, c, d, e and 1 more; use a model of RRDBNet, "
      "CompactRestorer, DamageUNet, SRVGGNetCompact, SPAN, SRCNN");
}

struct Recognised {
  const char* message;
  std::vector<std::string> names;
};

class RefusedArchitecture : public testing::TestWithParam<Recognised> {};

TEST_P(RefusedArchitecture, IsNamed) {
  NetworkFile file;
  for (const std::string& name : GetParam().names) file.tensor(name, {2});
  expect_refused(file, GetParam().message);
}

// Tensors as the published models have them; those that two architectures share are there too.
INSTANTIATE_TEST_SUITE_P(
    Known, RefusedArchitecture,
    testing::Values(
        Recognised{
            "SwinIR is an attention network; fovea runs convolutional ones",
            {"conv_first.weight", "layers.0.residual_group.blocks.0.attn.relative_position_index"}},
        Recognised{"Swin2SR is an attention network",
                   {"conv_first.weight", "patch_embed.proj.weight",
                    "layers.0.residual_group.blocks.0.attn.relative_position_index"}},
        Recognised{"HAT is an attention network",
                   {"conv_first.weight", "relative_position_index_SA",
                    "layers.0.residual_group.overlap_attn.qkv.weight"}},
        Recognised{
            "ATD is an attention network",
            {"conv_first.weight", "relative_position_index_SA", "layers.0.residual_group.td"}},
        Recognised{
            "DAT is an attention network",
            {"conv_first.weight", "before_RG.1.weight", "layers.0.blocks.0.ffn.sg.norm.weight",
             "layers.0.blocks.0.attn.attns.0.rpe_biases"}},
        Recognised{"RGT is an attention network",
                   {"conv_first.weight", "before_RG.1.weight", "layers.0.blocks.0.gamma"}},
        Recognised{"OmniSR is an attention network",
                   {"residual_layer.0.residual_layer.0.layer.0.fn.0.weight", "input.weight"}},
        Recognised{
            "DRCT is an attention network",
            {"conv_first.weight", "layers.0.swin1.attn.qkv.weight", "layers.0.adjust1.weight"}},
        Recognised{"SRFormer is an attention network",
                   {"conv_first.weight",
                    "layers.0.residual_group.blocks.0.attn.aligned_relative_position_index"}},
        Recognised{
            "GRL is an attention network",
            {"conv_first.weight", "layers.0.blocks.0.attn.window_attn.attn_transform.logit_scale"}},
        Recognised{"CRAFT is an attention network",
                   {"conv_first.weight", "layers.0.residual_group.hf_blocks.0.attn.temperature"}},
        Recognised{"MMRealSR is not run by this version",
                   {"conv_first.weight", "body.0.rdb1.conv1.weight", "conv_body.weight",
                    "conv_last.weight", "am_list.0.fc.0.weight", "de_net.conv_first.0.weight"}}));

}  // namespace
}  // namespace fovea
