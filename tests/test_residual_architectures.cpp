// Residual networks, told from their tensors' names and shapes. The networks of tests/golden are
// the proof of what they compute; here, what is read, told and refused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/network_file.h"

namespace fovea {
namespace {

using namespace test;

NetworkFile srgan(int64_t feat, int64_t blocks, int ups) {
  NetworkFile file;
  file.convolution("block1.0", feat, 3, 9).prelu("block1.1", 1);
  for (int64_t i = 2; i < blocks + 2; ++i) {
    const std::string name = fmt::format("block{}.", i);
    file.convolution(name + "conv1", feat, feat).batch_norm(name + "bn1", feat);
    file.prelu(name + "prelu", 1);
    file.convolution(name + "conv2", feat, feat).batch_norm(name + "bn2", feat);
  }
  file.convolution(fmt::format("block{}.0", blocks + 2), feat, feat);
  file.batch_norm(fmt::format("block{}.1", blocks + 2), feat);
  const std::string tail = fmt::format("block{}.", blocks + 3);
  for (int u = 0; u < ups; ++u) {
    file.convolution(fmt::format("{}{}.conv", tail, u), 4 * feat, feat);
    file.prelu(fmt::format("{}{}.prelu", tail, u), 1);
  }
  return file.convolution(fmt::format("{}{}", tail, ups), 3, feat, 9);
}

TEST(Srresnet, DepthWidthAndScaleComeFromTensors) {
  for (int ups = 0; ups <= 3; ++ups)
    expect_model({srgan(4, 2, ups), "SRResNet", ColourMode::kRgb, {int64_t{1} << ups, 1}, 1, true});
  EXPECT_EQ(details_of(srgan(8, 5, 2)),
            "layout block1 to block8, in_channels 3, out_channels 3, num_feat 8, num_block 5");
}

TEST(Srresnet, RefusesWhatDoesNotFit) {
  const NetworkFile good = srgan(4, 2, 2);
  expect_refused(good.without("block3.bn1.running_var"),
                 "SRResNet: tensor block3.bn1.running_var is missing");
  expect_refused(good.without("block5.1.prelu.weight"), "missing: block5.1.prelu.weight");
  expect_refused(good.with(make_weight("block2.bn2.weight", {3}, std::vector<float>(3))),
                 "have 3, 4 and 4 elements");
  expect_refused(good.with(make_weight("block2.bn2.running_var", {4}, std::vector<float>(4, -1.f))),
                 "block2.bn2: a batch normalisation's variance -1 of channel 0 is not positive");
  expect_refused(
      good.with(make_weight("block2.conv2.weight", {5, 4, 3, 3}, std::vector<float>(180))),
      "tensor block2.conv2.bias has 4 elements, expected 5");
  expect_refused(srgan(4, 2, 2).tensor("more", {1}), "1 unexpected tensors: more");
  expect_refused(srgan(4, 1, 6), "6 upsampling layers are more than 5");
}

NetworkFile edsr(int64_t feat, int64_t blocks, int ups, int64_t factor = 2, float mean = -114.0f) {
  NetworkFile file;
  const auto shift = [&](const std::string& name, float bias) {
    std::vector<float> identity(9);
    identity[0] = identity[4] = identity[8] = 1.0f;
    const auto tensors = {make_weight(name + ".weight", {3, 3, 1, 1}, identity),
                          make_weight(name + ".bias", {3}, std::vector<float>(3, bias))};
    for (const WeightTensor& tensor : tensors) {
      file.tensor(tensor.name, tensor.shape);
      file = file.with(tensor);
    }
  };
  shift("sub_mean", mean);
  shift("add_mean", -mean);
  file.convolution("head.0", feat, 3);
  for (int64_t i = 0; i < blocks; ++i) {
    file.convolution(fmt::format("body.{}.body.0", i), feat, feat);
    file.convolution(fmt::format("body.{}.body.2", i), feat, feat);
  }
  file.convolution(fmt::format("body.{}", blocks), feat, feat);
  for (int u = 0; u < ups; ++u)
    file.convolution(fmt::format("tail.0.{}", 2 * u), feat * factor * factor, feat);
  return file.convolution("tail.1", 3, feat);
}

TEST(Edsr, DepthWidthScaleAndRangeComeFromTensors) {
  const auto with = [](NetworkFile file) { return file.metadata("res_scale", "0.1"); };
  const auto rgb = ColourMode::kRgb;
  expect_model({with(edsr(4, 2, 1)), "EDSR", rgb, {2, 1}, 1, true});
  expect_model({with(edsr(4, 2, 2)), "EDSR", rgb, {4, 1}, 1, true});
  expect_model({with(edsr(4, 2, 1, 3)), "EDSR", rgb, {3, 1}, 1, true});
  EXPECT_EQ(details_of(with(edsr(4, 3, 2))),
            "layout EDSR-PyTorch, channels 3, num_feat 4, num_block 3, res_scale 0.1, range 255");
  EXPECT_EQ(details_of(with(edsr(4, 3, 2, 2, -0.44f))),
            "layout EDSR-PyTorch, channels 3, num_feat 4, num_block 3, res_scale 0.1, range 1");
}

TEST(Edsr, KnowsTheResidualScaleOfThePublishedNetworks) {
  EXPECT_NE(details_of(edsr(64, 16, 1)).find("res_scale 1,"), std::string::npos);
  EXPECT_NE(details_of(edsr(256, 32, 1)).find("res_scale 0.1,"), std::string::npos);
  EXPECT_NE(details_of(edsr(64, 16, 1).metadata("res_scale", "0.5")).find("res_scale 0.5,"),
            std::string::npos);
  expect_refused(edsr(64, 15, 1),
                 "do not tell the residual scale of 15 blocks of 64 features; set its metadata key "
                 "res_scale");
  expect_refused(edsr(4, 2, 1).metadata("res_scale", "much"),
                 "metadata res_scale is \"much\", which is no number");
}

TEST(Edsr, RefusesWhatDoesNotFit) {
  const NetworkFile good = edsr(4, 2, 2).metadata("res_scale", "1");
  expect_refused(good.without("body.2.weight"), "missing: body.2.weight");
  expect_refused(good.without("sub_mean.weight"), "tensor sub_mean.weight is missing");
  expect_refused(good.with(make_weight("add_mean.bias", {3}, std::vector<float>(3, 1.0f))),
                 "add_mean adds 1 where sub_mean takes 114");
  expect_refused(good.with(make_weight("sub_mean.weight", {3, 3, 1, 1}, std::vector<float>(9, 1))),
                 "does more than to shift colours");
}

NetworkFile msrresnet(int64_t feat, int64_t blocks, int ups, int64_t factor = 2) {
  NetworkFile file;
  file.convolution("conv_first", feat, 3);
  for (int64_t i = 0; i < blocks; ++i) {
    file.convolution(fmt::format("body.{}.conv1", i), feat, feat);
    file.convolution(fmt::format("body.{}.conv2", i), feat, feat);
  }
  for (int u = 1; u <= ups; ++u)
    file.convolution(fmt::format("upconv{}", u), feat * factor * factor, feat);
  return file.convolution("conv_hr", feat, feat).convolution("conv_last", 3, feat);
}

TEST(Msrresnet, DepthWidthAndScaleComeFromTensors) {
  const auto rgb = ColourMode::kRgb;
  expect_model({msrresnet(4, 2, 1), "MSRResNet", rgb, {2, 1}, 1});
  expect_model({msrresnet(4, 2, 2), "MSRResNet", rgb, {4, 1}, 1});
  expect_model({msrresnet(4, 2, 1, 3), "MSRResNet", rgb, {3, 1}, 1});
  EXPECT_EQ(details_of(msrresnet(4, 3, 2)), "layout BasicSR, channels 3, num_feat 4, num_block 3");
}

TEST(Msrresnet, RefusesWhatDoesNotFit) {
  const NetworkFile good = msrresnet(4, 2, 2);
  expect_refused(good.without("conv_hr.bias"), "MSRResNet: 1 of the network's tensors are missing");
  expect_refused(msrresnet(4, 2, 2).convolution("upconv3", 16, 4), "upconv3.weight");
}

}  // namespace
}  // namespace fovea
