// Networks that see further than their convolutions, told from their tensors' names and shapes. The
// networks of tests/golden are the proof of what they compute; here, what is read, told and
// refused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/network_file.h"

namespace fovea {
namespace {

using namespace test;

struct Plksr {
  bool is_real = true;
  bool has_layer_norm = false;
  int64_t dysample_groups = 0;
  int64_t last = 12;
  int64_t kernels[2] = {3, 3};
};

NetworkFile plksr(const Plksr& p, int64_t dim = 8, int64_t blocks = 2) {
  NetworkFile file;
  file.convolution("feats.0", dim, 3);
  for (int64_t i = 1; i <= blocks; ++i) {
    const std::string block = fmt::format("feats.{}.", i);
    const std::string mixer = block + (p.is_real ? "channel_mixer" : "channe_mixer");
    if (p.has_layer_norm)
      file.tensor(block + "layer_norm.weight", {dim}).tensor(block + "layer_norm.bias", {dim});
    file.convolution(mixer + ".0", 2 * dim, dim, p.kernels[0]);
    file.convolution(mixer + ".2", dim, 2 * dim, p.kernels[1]);
    file.convolution(block + "lk.conv", dim / 4, dim / 4, 17);
    file.convolution(block + "attn.f.0", dim, dim).convolution(block + "refine", dim, dim, 1);
    if (p.is_real && !p.has_layer_norm)
      file.tensor(block + "norm.weight", {dim}).tensor(block + "norm.bias", {dim});
  }
  file.convolution(fmt::format("feats.{}", blocks + (p.is_real ? 2 : 1)), p.last, dim);
  if (p.dysample_groups > 0) {
    const int64_t offsets = 2 * p.dysample_groups * p.last / 3;
    file.convolution("to_img.offset", offsets, p.last, 1);
    file.convolution_without_bias("to_img.scope", offsets, p.last, 1);
    file.convolution("to_img.end_conv", 3, p.last, 1);
    file.tensor("to_img.init_pos", {1, offsets, 1, 1});
  }
  return file;
}

TEST(RealPlksr, ScaleNormsAndSamplingComeFromTensors) {
  const auto rgb = ColourMode::kRgb;
  expect_model({plksr({}), "RealPLKSR", rgb, {2, 1}, 1});
  expect_model({plksr({.last = 48}), "RealPLKSR", rgb, {4, 1}, 1});
  expect_model({plksr({.last = 3}), "RealPLKSR", rgb, {1, 1}, 1});
  EXPECT_EQ(details_of(plksr({})),
            "dim 8, n_blocks 2, kernel_size 17, large kernel on 2 channels, use_ea yes, norm group "
            "norm of 4, dysample no");
  const NetworkFile sampled = plksr({.has_layer_norm = true, .dysample_groups = 4});
  expect_model({sampled, "RealPLKSR", rgb, {2, 1}, 1, true});
  EXPECT_EQ(details_of(sampled),
            "dim 8, n_blocks 2, kernel_size 17, large kernel on 2 channels, use_ea yes, norm layer "
            "norm, dysample yes");
}

TEST(RealPlksr, SeesTheWholePictureWhereItsNormsOrSamplingDo) {
  EXPECT_EQ(receptive_radius(plksr({}).build()->graph), kWholePicture);
  EXPECT_EQ(receptive_radius(plksr({.has_layer_norm = true, .dysample_groups = 4}).build()->graph),
            kWholePicture);
  // Two convolutions of 3x3, a block of 3x3, 3x3, 17x17 and 3x3 each.
  EXPECT_EQ(receptive_radius(plksr({.has_layer_norm = true}).build()->graph), 2 + 2 * 11);
}

TEST(RealPlksr, RefusesWhatDoesNotFit) {
  const NetworkFile good = plksr({.dysample_groups = 4});
  expect_refused(good.without("feats.2.norm.bias"), "missing: feats.2.norm.bias");
  expect_refused(good.without("to_img.scope.weight"), "missing: to_img.scope.weight");
  expect_refused(good.without("to_img.init_pos"), "missing: to_img.init_pos");
  expect_refused(plksr({}, 8).metadata("norm_groups", "3"),
                 "RealPLKSR: 8 channels do not divide into 3 groups");
  expect_refused(plksr({}, 8).metadata("norm_groups", "many"), "norm_groups is \"many\"");
  expect_refused(plksr({.dysample_groups = 5}), "to_img.offset has 40 channels of 12");
  expect_refused(plksr({.last = 7}), "RealPLKSR: the last convolution's 7 channels");
  expect_refused(plksr({}).tensor("feats.1.layer_norm.weight", {8}),
                 "missing: feats.1.layer_norm.bias, feats.2.layer_norm.weight");
}

TEST(Plksr, MixersAndKernelsComeFromShapes) {
  const auto rgb = ColourMode::kRgb;
  expect_model({plksr({.is_real = false}), "PLKSR", rgb, {2, 1}, 1});
  const std::string start = "dim 8, n_blocks 2, kernel_size 17, large kernel on 2 channels, ";
  EXPECT_EQ(details_of(plksr({.is_real = false, .kernels = {3, 1}})),
            start + "use_ea yes, ccm_type CCM, lk_type PLK");
  EXPECT_EQ(details_of(plksr({.is_real = false, .kernels = {1, 3}})),
            start + "use_ea yes, ccm_type ICCM, lk_type PLK");
  EXPECT_EQ(receptive_radius(plksr({.is_real = false}).build()->graph), 2 + 2 * 11);
  expect_refused(plksr({.is_real = false}).tensor("feats.1.lk.convs.0.weight", {2, 2, 5, 5}),
                 "PLKSR: its large kernels are sums of dilated ones");
}

}  // namespace
}  // namespace fovea
