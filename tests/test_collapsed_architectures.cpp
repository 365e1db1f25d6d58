// Plain stacks, some of them trained with branches, told from their tensors' names and shapes. The
// networks of tests/golden are the proof of what they compute; here, what is read, told and
// refused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/network_file.h"

namespace fovea {
namespace {

using namespace test;

NetworkFile artcnn(int64_t channels, int64_t filters, int64_t blocks, int64_t scale) {
  NetworkFile file;
  file.convolution("conv0", filters, channels);
  for (int64_t i = 0; i < blocks; ++i) {
    for (const char* part : {"0.0", "1.0", "2"})
      file.convolution(fmt::format("res_block.{}.conv.{}", i, part), filters, filters);
  }
  file.convolution(fmt::format("res_block.{}", blocks), filters, filters);
  return file.convolution("depth_to_space.upscale.0", channels * scale * scale, filters);
}

TEST(Artcnn, EverythingComesFromTensors) {
  expect_model({artcnn(3, 4, 2, 2), "ArtCNN", ColourMode::kRgb, {2, 1}, 1});
  expect_model({artcnn(1, 4, 1, 4), "ArtCNN", ColourMode::kGray, {4, 1}, 1});
  EXPECT_EQ(details_of(artcnn(3, 4, 8, 2)), "in_channels 3, out_channels 3, filters 4, n_block 8");
  EXPECT_EQ(receptive_radius(artcnn(3, 4, 8, 2).build()->graph), 27);
  expect_refused(artcnn(3, 4, 2, 2).without("res_block.1.conv.2.bias"), "res_block.1.conv.2.bias");
  expect_refused(artcnn(3, 4, 2, 2).without("res_block.2.weight"), "missing: res_block.2.weight");
}

NetworkFile ecbsr(int64_t channels, int64_t feat, int64_t blocks, int64_t scale, bool branches,
                  bool slopes = true) {
  NetworkFile file;
  int64_t in = channels;
  for (int64_t i = 0; i < blocks + 2; ++i) {
    const bool last = i == blocks + 1;
    const int64_t out = last ? channels * scale * scale : feat;
    const std::string name = fmt::format("backbone.{}", i);
    file.convolution(name + ".conv3x3", out, in);
    if (branches) {
      const std::string wide = name + ".conv1x1_3x3.";
      file.tensor(wide + "k0", {2 * out, in, 1, 1}).tensor(wide + "b0", {2 * out});
      file.tensor(wide + "k1", {out, 2 * out, 3, 3}).tensor(wide + "b1", {out});
      for (const char* filter : {"sbx", "sby", "lpl"}) {
        const std::string edge = fmt::format("{}.conv1x1_{}.", name, filter);
        file.tensor(edge + "k0", {out, in, 1, 1}).tensor(edge + "b0", {out});
        file.tensor(edge + "scale", {out, 1, 1, 1}).tensor(edge + "bias", {out});
        file.tensor(edge + "mask", {out, 1, 3, 3});
      }
    }
    if (slopes && !last) file.prelu(name + ".act", out);
    in = out;
  }
  return file;
}

TEST(Ecbsr, IsReadWithAndWithoutItsBranches) {
  for (const bool branches : {false, true}) {
    const NetworkFile file = ecbsr(3, 4, 2, 3, branches);
    expect_model({file, "ECBSR", ColourMode::kRgb, {3, 1}, 1, true});
    EXPECT_EQ(details_of(file),
              "form with a sum, channels 3, num_feat 4, num_block 2, act_type prelu, range 1");
    EXPECT_EQ(receptive_radius(file.build()->graph), 4);
  }
}

TEST(Ecbsr, AsksForWhatTensorsDoNotTell) {
  const auto luma = [] { return ecbsr(1, 4, 2, 2, true); };
  expect_refused(luma(), "do not tell the range of its luma; set its metadata key range to 255");
  expect_refused(luma().metadata("range", "2"), "metadata range is 2, expected 1 or 255");
  expect_model({luma().metadata("range", "255"), "ECBSR", ColourMode::kLuma, {2, 1}, 1, true});
  const auto plain = [] { return ecbsr(3, 4, 2, 2, false, false); };
  expect_refused(plain(), "set its metadata key act_type to relu");
  expect_refused(plain().metadata("act_type", "softplus"), "set its metadata key act_type");
  expect_model({plain().metadata("act_type", "relu"), "ECBSR", ColourMode::kRgb, {2, 1}, 1, true});
}

TEST(Ecbsr, RefusesWhatDoesNotFit) {
  const NetworkFile good = ecbsr(3, 4, 2, 2, true);
  expect_refused(good.without("backbone.1.conv1x1_sby.mask"),
                 "ECBSR: tensor backbone.1.conv1x1_sby.mask is missing");
  const auto with = [&](const char* name, std::vector<int64_t> shape, size_t count) {
    return good.with(make_weight(name, std::move(shape), std::vector<float>(count)));
  };
  expect_refused(with("backbone.1.conv1x1_sby.scale", {3, 1, 1, 1}, 3),
                 "backbone.1.conv1x1_sby.bias have 3, 36 and 4 elements, expected 4, 36 and 4");
  expect_refused(with("backbone.1.conv1x1_lpl.k0", {4, 4, 2, 2}, 64), "expected [out, in, 1, 1]");
  expect_refused(with("backbone.1.conv1x1_3x3.k1", {4, 7, 3, 3}, 252), "cannot be taken together");
  expect_refused(with("backbone.1.conv1x1_lpl.k0", {4, 3, 1, 1}, 12), "have no sum");
  expect_refused(ecbsr(3, 4, 2, 2, true).tensor("more", {1}), "1 unexpected tensors: more");
}

TEST(Abpn, DepthWidthAndScaleComeFromTensors) {
  const auto abpn = [](int64_t feat, int64_t blocks, int64_t scale) {
    const int64_t out = 3 * scale * scale;
    NetworkFile file;
    file.convolution("backbone.0", feat, 3);
    for (int64_t i = 0; i < blocks; ++i)
      file.convolution(fmt::format("backbone.{}.0", i + 2), feat, feat);
    file.convolution(fmt::format("backbone.{}", blocks + 2), out, feat);
    return file.convolution(fmt::format("backbone.{}", blocks + 4), out, out);
  };
  expect_model({abpn(4, 3, 3), "ABPN", ColourMode::kRgb, {3, 1}, 1});
  EXPECT_EQ(details_of(abpn(4, 5, 2)), "form with a sum, channels 3, num_feat 4, num_block 5");
  expect_refused(abpn(4, 3, 3).without("backbone.5.weight"), "missing: backbone.5.weight");
  expect_refused(abpn(4, 3, 3).convolution("backbone.11", 27, 27, 1), "unexpected tensors");
}

// As ETDS's authors join the picture into the stacks of others.
TEST(Joined, AbpnAndEcbsrAreReadWithThePictureInTheirStacks) {
  const auto abpn = [](int64_t widened, int64_t out) {
    NetworkFile file;
    file.convolution("backbone.0", 8, 3).convolution("backbone.2.0", 8, 8);
    file.convolution("backbone.3", widened, 8).convolution("backbone.5", out, widened);
    return file.convolution("backbone.7", out, out, 1);
  };
  expect_model({abpn(16, 12), "ABPN", ColourMode::kRgb, {2, 1}, 1});
  expect_model({abpn(30, 28), "ABPN", ColourMode::kRgb, {3, 1}, 1});
  EXPECT_EQ(details_of(abpn(16, 12)), "form joined, channels 3, num_feat 8, num_block 1");
  expect_refused(abpn(16, 14), "ABPN: the last convolution's 14 channels are not 3 times a square");

  const auto ecbsr = [](int64_t out) {
    NetworkFile file;
    file.convolution("backbone.0.0", 8, 3).prelu("backbone.0.1", 8);
    file.convolution("backbone.1.0", 8, 8).prelu("backbone.1.1", 8);
    return file.convolution("backbone.2.0", out, 8).convolution("backbone.3.0", out, out, 1);
  };
  expect_model({ecbsr(48), "ECBSR", ColourMode::kRgb, {4, 1}, 1});
  expect_model({ecbsr(28), "ECBSR", ColourMode::kRgb, {3, 1}, 1});
  EXPECT_EQ(details_of(ecbsr(48)),
            "form joined, channels 3, num_feat 8, num_block 1, act_type prelu, range 1");
  expect_refused(ecbsr(13), "ECBSR: the last convolution's 13 channels are not 3 times a square");
}

TEST(Etds, IsReadInBothForms) {
  const auto streams = [](int64_t scale) {
    NetworkFile file;
    const int64_t out = 3 * scale * scale;
    file.convolution("conv_first", 5, 3).convolution("conv_residual_first", 3, 3);
    for (int i = 0; i < 2; ++i) {
      file.convolution(fmt::format("backbone_convs.{}", i), 5, 5);
      file.convolution(fmt::format("residual_convs.{}", i), 3, 3);
      file.convolution(fmt::format("add_residual_convs.{}", i), 5, 3);
    }
    return file.convolution("conv_last", out, 5).convolution("conv_residual_last", out, 3);
  };
  const auto joined = [](int64_t scale, int64_t spare) {
    NetworkFile file;
    const int64_t out = 3 * scale * scale + spare;
    file.convolution("conv_first", 8, 3).convolution("backbone_convs.0", 8, 8);
    return file.convolution("conv_last", out, 8).convolution("conv_clip", out, out, 1);
  };
  const auto rgb = ColourMode::kRgb;
  expect_model({streams(4), "ETDS", rgb, {4, 1}, 1, true});
  expect_model({joined(2, 0), "ETDS", rgb, {2, 1}, 1});
  expect_model({joined(3, 1), "ETDS", rgb, {3, 1}, 1});
  EXPECT_EQ(details_of(streams(2)), "form two streams, channels 3, num_feat 5, num_block 2");
  EXPECT_EQ(details_of(joined(2, 0)), "form joined, channels 3, num_feat 8, num_block 1");
  expect_refused(joined(2, 2), "14 channels are not 3 times a square");
  expect_refused(streams(2).without("add_residual_convs.1.bias"),
                 "ETDS: tensor add_residual_convs.1.bias is missing");
  expect_refused(
      streams(2).with(make_weight("residual_convs.0.weight", {3, 2, 3, 3}, std::vector<float>(54))),
      "ETDS: convolutions of 8 and 7 channels are not of one map");
}

}  // namespace
}  // namespace fovea
