// This project's networks that restore pictures: what is read of their files.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/network_file.h"

namespace fovea {
namespace {

using namespace test;

NetworkFile restorer(int64_t channels, int64_t feat, int64_t body, int64_t told = 1) {
  NetworkFile file;
  for (int64_t i = 0; i <= body; ++i) {
    file.convolution(fmt::format("body.{}", 2 * i), feat, i == 0 ? 4 * channels + told : feat);
    file.tensor(fmt::format("body.{}.weight", 2 * i + 1), {feat});
  }
  return file.convolution(fmt::format("body.{}", 2 * body + 2), 4 * channels, feat);
}

NetworkFile of_quality(int64_t channels) {
  return restorer(channels, 8, 3).metadata("condition", "quality");
}

TEST(CompactRestorer, IsToldByItsOneChannelMore) {
  const std::string name = "CompactRestorer";
  expect_model({of_quality(3), name, ColourMode::kRgb, {1, 1}, 2, true});
  expect_model({of_quality(1), name, ColourMode::kGray, {1, 1}, 2, true});
  expect_model({of_quality(4), name, ColourMode::kRgba, {1, 1}, 2, true});
  EXPECT_EQ(details_of(of_quality(3)), "channels 3, num_feat 8, num_conv 3");
  const auto model = of_quality(3).build();
  ASSERT_TRUE(model);
  EXPECT_EQ(model->graph.value(model->graph.input()).channels, 4);
  // 5 convolutions of 3x3 at half the size, and the pixel's own place among four.
  EXPECT_EQ(receptive_radius(model->graph), 2 * 5 + 1);
  // Without the channel, or with two, it is something else.
  expect_refused(restorer(3, 8, 3, 0), "SRVGGNetCompact");
  expect_refused(restorer(3, 8, 3, 2), "SRVGGNetCompact");
}

TEST(CompactRestorer, SaysWhatItIsTold) {
  const auto quality = of_quality(3).metadata("quality", "50").build();
  ASSERT_TRUE(quality) << quality.error().message;
  ASSERT_TRUE(quality->condition);
  EXPECT_EQ(quality->condition->name, kJpegQuality);
  EXPECT_EQ(quality->condition->lowest, 1);
  EXPECT_EQ(quality->condition->highest, 100);
  EXPECT_EQ(quality->condition->unit, 100);
  EXPECT_EQ(quality->condition->usual, 50.0);
  EXPECT_TRUE(quality->undoes_jpeg);
  const auto noise = restorer(3, 8, 3).metadata("condition", "noise_level").build();
  ASSERT_TRUE(noise) << noise.error().message;
  EXPECT_EQ(noise->condition->unit, 255);
  EXPECT_EQ(noise->condition->usual, std::nullopt);
  EXPECT_FALSE(noise->undoes_jpeg);
}

TEST(CompactRestorer, RefusesWhatDoesNotFit) {
  expect_refused(restorer(3, 8, 3), "set its metadata key condition to quality or noise_level");
  expect_refused(restorer(3, 8, 3).metadata("condition", "taste"), "it is told \"taste\"");
  expect_refused(of_quality(3).metadata("quality", "0"), "metadata key quality is 0 (1 to 100)");
  expect_refused(of_quality(3).metadata("quality", "fine"),
                 "quality is \"fine\", which is no number");
  expect_refused(of_quality(2), "2 channels");
  expect_refused(of_quality(3).without("body.3.weight"), "missing: body.3.weight");
  expect_refused(of_quality(3).without("body.4.bias"), "body.4.bias");
  expect_refused(of_quality(3).without("body.0.bias"), "body.0.bias");
  expect_refused(of_quality(3).tensor("body.99.weight", {1}), "unexpected tensors: body.99.weight");
  // Believed when it is named, and then told what it lacks.
  expect_refused(restorer(3, 8, 3, 2).metadata("architecture", "CompactRestorer"),
                 "it turns 14 channels into 12");
}

NetworkFile damage_unet(int64_t channels, const std::vector<int64_t>& widths, int64_t blocks) {
  NetworkFile file;
  const auto add_blocks = [&](const std::string& name, int64_t features, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      file.convolution(fmt::format("{}.{}.first", name, i), features, features);
      file.convolution(fmt::format("{}.{}.second", name, i), features, features);
    }
  };
  file.convolution("enter", widths.front(), 4 * channels);
  for (size_t i = 0; i + 1 < widths.size(); ++i) {
    add_blocks(fmt::format("down.{}", i), widths[i], blocks);
    file.convolution(fmt::format("shrink.{}", i), widths[i + 1], 4 * widths[i], 1);
    file.convolution(fmt::format("grow.{}", i), 4 * widths[i], widths[i + 1], 1);
    add_blocks(fmt::format("up.{}", i), widths[i], blocks);
  }
  add_blocks("middle", widths.back(), 2 * blocks);
  return file.convolution("leave", 4 * (2 * channels + 1), widths.front());
}

TEST(DamageUnet, WidthsAndDepthComeFromTensors) {
  const std::string name = "DamageUNet";
  expect_model({damage_unet(3, {4, 6, 8}, 1), name, ColourMode::kRgb, {1, 1}, 1});
  expect_model({damage_unet(1, {4, 6}, 2), name, ColourMode::kGray, {1, 1}, 1});
  expect_model({damage_unet(4, {4, 6, 4, 4}, 1), name, ColourMode::kRgba, {1, 1}, 1});
  EXPECT_EQ(details_of(damage_unet(3, {4, 6, 8}, 1)), "channels 3, features 4-6-8, output picture");
  const auto model = damage_unet(3, {4, 6}, 1).build();
  ASSERT_TRUE(model) << model.error().message;
  // From the first of 4 x 4 pixels upwards: at half the size 3 convolutions of 3x3 (leave, up),
  // then half a pixel more for the step to a fourth, there 4 (middle), and at half the size 3
  // again.
  EXPECT_EQ(receptive_radius(model->graph), 2 * 3 + 2 + 4 * 4 + 2 * 3);
}

TEST(DamageUnet, GivesItsMaskWhereThatIsWanted) {
  const NetworkFile file = damage_unet(3, {4, 6}, 1);
  EXPECT_EQ(details_of(NetworkFile(file).metadata("output", "picture")), details_of(file));
  const NetworkFile mask = NetworkFile(file).metadata("output", "mask");
  expect_model({mask, "DamageUNet", ColourMode::kRgb, {1, 1}, 1});
  EXPECT_EQ(details_of(mask), "channels 3, features 4-6, output mask");
  expect_refused(NetworkFile(file).metadata("output", "holes"),
                 "metadata key output is \"holes\" (picture or mask)");
}

TEST(DamageUnet, RefusesWhatDoesNotFit) {
  const NetworkFile file = damage_unet(3, {4, 6, 8}, 1);
  expect_refused(damage_unet(2, {4, 6}, 1), "2 channels");
  expect_refused(file.without("down.1.0.second.bias"), "missing: down.1.0.second.bias");
  expect_refused(file.without("grow.1.weight"), "missing: grow.1.weight");
  expect_refused(NetworkFile(file).tensor("up.7.0.first.weight", {1}),
                 "unexpected tensors: up.7.0.first.weight");
  expect_refused(NetworkFile(file.without("leave.weight")).tensor("leave.weight", {24, 4, 3, 3}),
                 "it turns 12 channels into 24");
  expect_refused(NetworkFile(file.without("enter.weight")).tensor("enter.weight", {4, 13, 3, 3}),
                 "it turns 13 channels into 28");
  expect_refused(damage_unet(3, std::vector<int64_t>(9, 2), 1), "9 levels; at most 8 are run");
}

}  // namespace
}  // namespace fovea
