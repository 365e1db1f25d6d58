// Networks of plain convolutions, told from their tensors' names and shapes. The networks of
// tests/golden are the proof of what they compute; here, what is read, told and refused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/network_file.h"

namespace fovea {
namespace {

using namespace test;

// `steps`: the naming by the paper's steps.
NetworkFile fsrcnn(int64_t channels, int64_t d, int64_t s, int64_t m, bool steps = false) {
  NetworkFile file;
  const auto layer = [&](const std::string& prefix, int64_t at, int64_t out, int64_t in,
                         int64_t kernel) {
    file.convolution(fmt::format("{}.{}", prefix, at), out, in, kernel);
    file.prelu(fmt::format("{}.{}", prefix, at + 1), out);
  };
  layer(steps ? "feature_extraction" : "first_part", 0, d, channels, 5);
  layer(steps ? "shrink" : "mid_part", 0, s, d, 1);
  for (int64_t i = 0; i < m; ++i) layer(steps ? "map" : "mid_part", 2 * (i + !steps), s, s, 3);
  layer(steps ? "expand" : "mid_part", steps ? 0 : 2 * m + 2, d, s, 1);
  const std::string last = steps ? "deconv" : "last_part";
  return file.tensor(last + ".weight", {d, channels, 9, 9}).tensor(last + ".bias", {channels});
}

TEST(Fsrcnn, TakesItsScaleFromWhoTellsIt) {
  for (const bool steps : {false, true}) {
    NetworkFile file = fsrcnn(1, 8, 4, 2, steps);
    expect_refused(file,
                   "FSRCNN: its weights do not tell its scale; give it with -s, or as the "
                   "metadata key scale");
    expect_model({file.told("scale", "4"), "FSRCNN", ColourMode::kLuma, {4, 1}, 1, true});
    expect_model({file.metadata("scale", "3"), "FSRCNN", ColourMode::kLuma, {3, 1}, 1, true});
    EXPECT_EQ(details_of(file), "in_channels 1, features 8, layers 6, kernel 9");
  }
  expect_model(
      {fsrcnn(3, 8, 4, 1).told("scale", "2"), "FSRCNN", ColourMode::kRgb, {2, 1}, 1, true});
}

TEST(Fsrcnn, RefusesWhatDoesNotFit) {
  NetworkFile good = fsrcnn(1, 8, 4, 2);
  expect_refused(fsrcnn(1, 8, 4, 2).told("scale", "1.5"), "scale 1.5 is no whole number");
  expect_refused(fsrcnn(1, 8, 4, 2).told("scale", "17"), "no whole number within 1...16");
  good.metadata("scale", "2");
  expect_refused(good.without("mid_part.3.weight"), "missing: mid_part.3.weight");
  expect_refused(good.without("mid_part.2.weight"),
                 "FSRCNN: last_part takes 8 channels, expected 4");
  expect_refused(good.with(make_weight("last_part.weight", {8, 1, 4, 4}, std::vector<float>(128))),
                 "an even kernel of 4");
  expect_refused(good.with(make_weight("last_part.weight", {7, 1, 9, 9}, std::vector<float>(567))),
                 "last_part takes 7 channels, expected 8");
  expect_refused(fsrcnn(2, 8, 4, 2).told("scale", "2"), "turns 2 channels into 2");
}

NetworkFile espcn(const std::vector<std::string>& names, int64_t channels, int64_t last) {
  NetworkFile file;
  int64_t in = channels, kernel = 5;
  for (const std::string& name : names) {
    const int64_t out = name == names.back() ? last : 8;
    file.convolution(name, out, in, kernel);
    in = out;
    kernel = 3;
  }
  return file;
}

TEST(Espcn, ScaleComesFromTheLastConvolution) {
  const auto places = std::vector<std::string>{"first_part.0", "first_part.2", "last_part.0"};
  const auto steps = std::vector<std::string>{"feature_maps.0", "feature_maps.2", "sub_pixel.0"};
  for (const int64_t scale : {1, 2, 3, 4, 8}) {
    const Scale expected{scale, 1};
    const int64_t area = scale * scale;
    expect_model({espcn(places, 1, area), "ESPCN", ColourMode::kLuma, expected, 1});
    expect_model({espcn(steps, 3, 3 * area), "ESPCN", ColourMode::kRgb, expected, 1});
  }
  EXPECT_EQ(details_of(espcn(steps, 1, 9)),
            "in_channels 1, out_channels 1, layers 3, act_type tanh");
  expect_refused(espcn(places, 1, 7), "7 channels are not 1, 3, 4 or 1 times a square");
  expect_refused(espcn(places, 1, 4).without("last_part.0.bias").metadata("architecture", "ESPCN"),
                 "ESPCN: its tensors are not the three convolutions");
}

// Three convolutions called so are SRCNN too, which gives as many channels as it takes.
TEST(Espcn, AsksForTheActivationOfNumberedLayers) {
  const std::vector<std::string> numbered = {"conv1", "conv2", "conv3"};
  expect_refused(espcn(numbered, 3, 12), "ReLU or tanh with a sigmoid at its end");
  expect_model(
      {espcn(numbered, 3, 12).metadata("act_type", "tanh"), "ESPCN", ColourMode::kRgb, {2, 1}, 1});
  EXPECT_EQ(details_of(espcn(numbered, 1, 9).metadata("act_type", "tanh")),
            "in_channels 1, out_channels 1, layers 3, act_type tanh, sigmoid");
  EXPECT_EQ(details_of(espcn(numbered, 1, 9).metadata("act_type", "relu")),
            "in_channels 1, out_channels 1, layers 3, act_type relu");
}

TEST(Espcn, AsksForTheActivationOfFourLayers) {
  const std::vector<std::string> plain = {"conv1", "conv2", "conv3", "conv4"};
  expect_refused(espcn(plain, 1, 4), "set its metadata key act_type to relu or tanh");
  expect_refused(espcn(plain, 1, 4).metadata("act_type", "gelu"), "act_type is \"gelu\"");
  for (const char* type : {"relu", "tanh"}) {
    expect_model(
        {espcn(plain, 1, 4).metadata("act_type", type), "ESPCN", ColourMode::kLuma, {2, 1}, 1});
    EXPECT_EQ(details_of(espcn(plain, 1, 4).metadata("act_type", type)),
              fmt::format("in_channels 1, out_channels 1, layers 4, act_type {}", type));
  }
}

NetworkFile vdsr(int64_t feat, int64_t layers, const std::string& first = "input",
                 const std::string& middle = "residual_layer", const std::string& last = "output") {
  NetworkFile file;
  file.convolution_without_bias(first, feat, 1);
  for (int64_t i = 0; i < layers - 2; ++i)
    file.convolution_without_bias(fmt::format("{}.{}.conv", middle, i), feat, feat);
  return file.convolution_without_bias(last, 1, feat);
}

TEST(Vdsr, IsOfAnyDepthInBothNamings) {
  for (const NetworkFile& file : {vdsr(4, 20), vdsr(4, 20, "conv1.0", "trunk", "conv2")}) {
    expect_model({file, "VDSR", ColourMode::kLuma, kUnknownScale, 1});
    EXPECT_EQ(details_of(file), "num_feat 4, layers 20");
    EXPECT_TRUE(file.build()->resize_before);
    EXPECT_EQ(receptive_radius(file.build()->graph), 20);
  }
  const auto scaled = vdsr(4, 3).metadata("scale", "3").build();
  ASSERT_TRUE(scaled) << scaled.error().message;
  EXPECT_EQ(scaled->scale, (Scale{3, 1}));
  EXPECT_FALSE(scaled->resize_before);
  expect_refused(vdsr(4, 3).tensor("input.bias", {3}), "tensor input.bias has shape [3]");
  expect_refused(vdsr(4, 5).without("residual_layer.1.conv.weight"), "1 unexpected tensors");
}

NetworkFile dncnn(int64_t in, int64_t out, int64_t feat, int64_t layers, bool norm = false) {
  NetworkFile file;
  file.convolution("model.0", feat, in);
  int64_t at = 2;
  for (int64_t i = 0; i < layers - 2; ++i, at += 2) {
    file.convolution(fmt::format("model.{}", at), feat, feat);
    if (norm) file.batch_norm(fmt::format("model.{}", ++at), feat);
  }
  return file.convolution(fmt::format("model.{}", at), out, feat);
}

TEST(Dncnn, IsToldByItsManyConvolutions) {
  expect_model({dncnn(1, 1, 4, 17), "DnCNN", ColourMode::kGray, {1, 1}, 1});
  expect_model({dncnn(3, 3, 4, 20), "DnCNN", ColourMode::kRgb, {1, 1}, 1});
  expect_model({dncnn(3, 3, 4, 8, true), "DnCNN", ColourMode::kRgb, {1, 1}, 1, true});
  EXPECT_EQ(details_of(dncnn(3, 3, 4, 20)), "variant DnCNN, channels 3, num_feat 4, layers 20");
  // IRCNN, whose convolutions are dilated, is named the same and has seven.
  expect_model({dncnn(1, 1, 4, 7), "IRCNN", ColourMode::kGray, {1, 1}, 1, true});
  expect_refused(dncnn(1, 1, 4, 6), "unknown architecture");
  expect_refused(dncnn(1, 1, 4, 8).tensor("model.15.weight", {1}), "unexpected tensors");
  expect_refused(dncnn(1, 3, 4, 8), "it turns 1 channels into 3");
}

NetworkFile ircnn(int64_t channels, const std::vector<std::string>& prefixes) {
  NetworkFile file;
  for (const std::string& prefix : prefixes) {
    for (int i = 0; i < 7; ++i)
      file.convolution(fmt::format("{}model.{}", prefix, 2 * i), i == 6 ? channels : 4,
                       i == 0 ? channels : 4);
  }
  return file;
}

TEST(Ircnn, SeesAsFarAsItIsDilated) {
  expect_model({ircnn(1, {""}), "IRCNN", ColourMode::kGray, {1, 1}, 1, true});
  expect_model({ircnn(3, {""}), "IRCNN", ColourMode::kRgb, {1, 1}, 1, true});
  EXPECT_EQ(receptive_radius(ircnn(3, {""}).build()->graph), 1 + 2 + 3 + 4 + 3 + 2 + 1);
  expect_refused(ircnn(3, {""}).tensor("model.13.weight", {1}), "unexpected tensors");
}

TEST(Ircnn, OneOfManyIsChosenByTheNoise) {
  const auto network_for = [](const char* level) {
    return details_of(ircnn(1, {"0.", "1.", "2."}).metadata("noise_level", level));
  };
  expect_refused(ircnn(1, {"0.", "1.", "2."}), "set its metadata key noise_level to 0...255");
  EXPECT_EQ(network_for("0"), "channels 1, num_feat 4, network 0");
  EXPECT_EQ(network_for("2"), "channels 1, num_feat 4, network 0");
  EXPECT_EQ(network_for("2.5"), "channels 1, num_feat 4, network 1");
  EXPECT_EQ(network_for("50"), "channels 1, num_feat 4, network 2");
}

TEST(Dncnn, FfdnetIsToldByItsUnshuffledPicture) {
  const auto ffdnet = [](int64_t channels, int64_t layers) {
    return dncnn(4 * channels + 1, 4 * channels, 8, layers).metadata("noise_level", "15");
  };
  expect_model({ffdnet(1, 15), "DnCNN", ColourMode::kGray, {1, 1}, 1, true});
  expect_model({ffdnet(3, 12), "DnCNN", ColourMode::kRgb, {1, 1}, 1, true});
  EXPECT_EQ(details_of(ffdnet(3, 12)), "variant FFDNet, channels 3, num_feat 8, layers 12");
  expect_refused(ffdnet(2, 12), "turns 2 channels into 2");
}

TEST(Dncnn, IsToldTheNoise) {
  for (const int64_t channels : {1, 3}) {
    const auto told = [&](const char* level) {
      return dncnn(channels + 1, channels, 4, 8).metadata("noise_level", level);
    };
    expect_refused(told("256"), "its metadata key noise_level is 256 (0 to 255)");
    expect_refused(told("strong"), "noise_level is \"strong\", which is no number");
    expect_model(
        {told("25"), "DnCNN", channels == 1 ? ColourMode::kGray : ColourMode::kRgb, {1, 1}, 1});
    for (const bool has_usual : {false, true}) {
      const auto model = (has_usual ? told("25") : dncnn(channels + 1, channels, 4, 8)).build();
      ASSERT_TRUE(model) << model.error().message;
      ASSERT_TRUE(model->condition);
      EXPECT_EQ(model->condition->name, "noise_level");
      EXPECT_EQ(model->condition->unit, 255);
      EXPECT_EQ(model->condition->usual, has_usual ? std::optional(25.0) : std::nullopt);
    }
  }
}

}  // namespace
}  // namespace fovea
