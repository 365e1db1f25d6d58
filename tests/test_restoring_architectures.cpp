// Networks that are told a number of the picture: what is read of their files.
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

}  // namespace
}  // namespace fovea
