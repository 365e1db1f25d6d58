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

TEST(Edsr, BasicSrAndMmeditingNameItAlikeButForTheirShuffles) {
  const auto named = [](const char* up) {
    NetworkFile file;
    file.convolution("conv_first", 4, 3).convolution("body.0.conv1", 4, 4);
    file.convolution("body.0.conv2", 4, 4).convolution("conv_after_body", 4, 4);
    file.convolution(up, 16, 4).convolution("conv_last", 3, 4);
    return file.metadata("res_scale", "1");
  };
  EXPECT_EQ(details_of(named("upsample.0")),
            "layout BasicSR, channels 3, num_feat 4, num_block 1, res_scale 1, range 255");
  EXPECT_EQ(details_of(named("upsample.0.upsample_conv")),
            "layout MMEditing, channels 3, num_feat 4, num_block 1, res_scale 1, range 1");
  expect_refused(named("upsample.1.upsample_conv"), "unexpected tensors: upsample.1");
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
                 "sub_mean does more than to shift 3 channels");
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

NetworkFile swift_srgan(int64_t feat, int64_t blocks, int ups) {
  NetworkFile file;
  const auto separable = [&](const std::string& name, int64_t out, int64_t in, int64_t kernel,
                             bool bias) {
    file.tensor(name + ".depthwise.weight", {in, 1, kernel, kernel});
    file.tensor(name + ".pointwise.weight", {out, in, 1, 1});
    if (bias) file.tensor(name + ".depthwise.bias", {in}).tensor(name + ".pointwise.bias", {out});
  };
  const auto block = [&](const std::string& name) {
    separable(name + ".cnn", feat, feat, 3, false);
    file.batch_norm(name + ".bn", feat).prelu(name + ".act", feat);
  };
  separable("initial.cnn", feat, 3, 9, true);
  file.prelu("initial.act", feat);
  for (int64_t i = 0; i < blocks; ++i) {
    block(fmt::format("residual.{}.block1", i));
    block(fmt::format("residual.{}.block2", i));
  }
  block("convblock");
  for (int u = 0; u < ups; ++u) {
    separable(fmt::format("upsampler.{}.conv", u), 4 * feat, feat, 3, true);
    file.prelu(fmt::format("upsampler.{}.act", u), feat);
  }
  separable("final_conv", 3, feat, 9, true);
  return file;
}

TEST(SwiftSrgan, DepthWidthAndScaleComeFromTensors) {
  for (int ups = 0; ups <= 2; ++ups)
    expect_model({swift_srgan(4, 2, ups), "Swift-SRGAN", ColourMode::kRgb, {1 << ups, 1}, 1, true});
  EXPECT_EQ(details_of(swift_srgan(4, 3, 2)), "channels 3, num_feat 4, num_block 3");
  const NetworkFile good = swift_srgan(4, 2, 2);
  expect_refused(good.without("residual.1.block2.bn.weight"),
                 "Swift-SRGAN: tensor residual.1.block2.bn.weight is missing");
  expect_refused(good.without("residual.1.block1.act.weight"), "missing: residual.1.block1.act");
  expect_refused(good.with(make_weight("convblock.cnn.depthwise.weight", {4, 2, 3, 3},
                                       std::vector<float>(72))),
                 "has shape [4, 2, 3, 3], expected [4, 1, 3, 3]");
  expect_refused(swift_srgan(4, 1, 6), "6 upsampling layers are more than 5");
}

NetworkFile rdn(int64_t feat, int64_t growth, int64_t blocks, int64_t layers,
                const std::vector<int64_t>& factors) {
  NetworkFile file;
  file.convolution("sfe1", feat, 3).convolution("sfe2", feat, feat);
  for (int64_t b = 0; b < blocks; ++b) {
    for (int64_t i = 0; i < layers; ++i)
      file.convolution(fmt::format("rdbs.{}.layers.{}.conv", b, i), growth, feat + i * growth);
    file.convolution(fmt::format("rdbs.{}.lff", b), feat, feat + layers * growth, 1);
  }
  file.convolution("gff.0", feat, blocks * feat, 1).convolution("gff.1", feat, feat);
  for (size_t i = 0; i < factors.size(); ++i)
    file.convolution(fmt::format("upscale.{}", 2 * i), feat * factors[i] * factors[i], feat);
  return file.convolution("output", 3, feat);
}

TEST(Rdn, EverythingComesFromTensors) {
  const auto rgb = ColourMode::kRgb;
  expect_model({rdn(4, 2, 2, 3, {2}), "RDN", rgb, {2, 1}, 1});
  expect_model({rdn(4, 2, 2, 3, {3}), "RDN", rgb, {3, 1}, 1});
  expect_model({rdn(4, 2, 2, 3, {2, 2}), "RDN", rgb, {4, 1}, 1});
  expect_model({rdn(4, 2, 1, 1, {}), "RDN", rgb, {1, 1}, 1});
  EXPECT_EQ(details_of(rdn(4, 2, 3, 2, {2})),
            "layout sfe1, channels 3, num_feat 4, num_block 3, growth 2, range 1");
  const NetworkFile good = rdn(4, 2, 2, 3, {2});
  expect_refused(good.without("rdbs.1.lff.weight"), "RDN: 1 of the network's tensors are missing");
  expect_refused(good.without("rdbs.0.layers.2.conv.weight"), "rdbs.0.lff.weight has shape");
  expect_refused(good.with(make_weight("output.weight", {3, 5, 3, 3}, std::vector<float>(135))),
                 "channels out and 5 in there is no pixel shuffle");
}

// `groups` above 1: CARN-M.
NetworkFile carn(int64_t feat, const std::vector<std::string>& ups, int64_t groups = 1) {
  NetworkFile file;
  for (const auto& [name, bias] :
       {std::pair{"sub_mean.shifter", -0.4f}, {"add_mean.shifter", 0.4f}}) {
    const std::vector<float> identity = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    file.convolution(name, 3, 3, 1);
    file = file.with(make_weight(fmt::format("{}.weight", name), {3, 3, 1, 1}, identity))
               .with(make_weight(fmt::format("{}.bias", name), {3}, std::vector<float>(3, bias)));
  }
  file.convolution("entry", feat, 3).convolution("exit", 3, feat);
  const auto cascade = [&](const std::string& prefix, auto step) {
    for (int i = 1; i <= 3; ++i) {
      step(fmt::format("{}b{}", prefix, i), i);
      file.convolution(fmt::format("{}c{}.body.0", prefix, i), feat, (i + 1) * feat, 1);
    }
  };
  const auto block = [&](const std::string& name, int i) {
    if (groups > 1 && i > 1) return;
    file.convolution(name + ".body.0", feat, feat / groups);
    file.convolution(name + ".body.2", feat, feat / groups);
    if (groups > 1) file.convolution(name + ".body.4", feat, feat, 1);
  };
  cascade("", [&](const std::string& name, int) { cascade(name + ".", block); });
  for (const std::string& up : ups) {
    const bool thrice = up == "up3";
    file.convolution(fmt::format("upsample.{}.body.0", up), (thrice ? 9 : 4) * feat, feat / groups);
    if (up == "up4") file.convolution("upsample.up4.body.3", 4 * feat, feat / groups);
  }
  return file;
}

TEST(Carn, HasOneScaleOrAsksWhich) {
  const auto rgb = ColourMode::kRgb;
  expect_model({carn(8, {"up"}), "CARN", rgb, {2, 1}, 1, true});
  expect_model({carn(8, {"up"}, 4), "CARN", rgb, {2, 1}, 1, true});
  EXPECT_EQ(details_of(carn(8, {"up"})), "variant CARN, num_feat 8");
  EXPECT_EQ(details_of(carn(8, {"up"}, 2)), "variant CARN-M, num_feat 8");
  for (const int64_t scale : {2, 3, 4}) {
    const auto all = [&] { return carn(8, {"up2", "up3", "up4"}, 4); };
    expect_model({all().told("scale", std::to_string(scale)), "CARN", rgb, {scale, 1}, 1, true});
    expect_refused(all(), "holds a network for each of the scales 2, 3 and 4; choose one with -s");
    expect_refused(all().told("scale", "5"), "the scales 2, 3 and 4, and not 5; choose one");
  }
}

TEST(Carn, RefusesWhatDoesNotFit) {
  const NetworkFile good = carn(8, {"up"});
  expect_refused(good.without("b2.c3.body.0.bias"), "missing: b2.c3.body.0.bias");
  expect_refused(good.without("add_mean.shifter.weight"), "add_mean.shifter.weight is missing");
  expect_refused(carn(8, {"up"}).convolution("upsample.up5.body.0", 4, 4), "unexpected tensors");
}

}  // namespace
}  // namespace fovea
