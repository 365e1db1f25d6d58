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

}  // namespace
}  // namespace fovea
