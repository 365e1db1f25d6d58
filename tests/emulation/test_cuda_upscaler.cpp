// Pictures through the Upscaler on the emulated device: what f16 holds, and what it does not.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <vector>

#include "engine/upscaler.h"
#include "kernels/cuda/cuda_backend.h"
#include "tests/emulation/emulation.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

class CudaUpscaler : public ::testing::Test {
 protected:
  void TearDown() override {
    for (const std::string& error : emulation::take_errors()) ADD_FAILURE() << error;
  }
};

// 1x1 convolutions that multiply each of three channels by a factor.
std::shared_ptr<const Model> multiplying(const std::vector<float>& factors) {
  Model model;
  model.scale = {1, 1};
  ValueId value = model.graph.add_input(3);
  for (const float factor : factors) {
    std::vector<float> weights(9, 0.0f);
    for (size_t c = 0; c < 3; ++c) weights[c * 3 + c] = factor;
    Convolution convolution;
    convolution.weight = model.graph.add_parameter(make_weight("weight", {3, 3, 1, 1}, weights));
    convolution.out_channels = 3;
    convolution.kernel_h = 1;
    convolution.kernel_w = 1;
    value = *model.graph.add(convolution, {value}, "multiply");
  }
  return std::make_shared<const Model>(std::move(model));
}

Picture random_picture(Size size) {
  RandomValues random(11);
  Picture picture = *Picture::create(size, 3, 8);
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) {
      for (int c = 0; c < 3; ++c) picture.set_sample(y, x, c, random.integer(0, 255));
    }
  }
  return picture;
}

Result<Upscaler> on_emulated_device(std::shared_ptr<const Model> model, Precision precision) {
  UpscalerOptions options;
  options.device = DeviceKind::kCuda;
  options.precision = precision;
  options.threads = 1;
  return Upscaler::create(std::move(model), options,
                          [](Precision wanted) { return cuda::make_cuda_backend(0, wanted); });
}

// EXPECTs `picture` itself out of a network that changes nothing, and whether it had to be redone.
void expect_kept(Upscaler& upscaler, const Picture& picture, bool redone) {
  UpscaleReport report;
  const auto result = upscaler.upscale(picture, {}, &report);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(report.redone, redone);
  ASSERT_EQ(result->size(), picture.size());
  for (int64_t y = 0; y < picture.height(); ++y) {
    for (int64_t x = 0; x < picture.width(); ++x) {
      for (int c = 0; c < 3; ++c) {
        ASSERT_LE(std::abs(result->sample(y, x, c) - picture.sample(y, x, c)), 1)
            << y << " " << x << " " << c;
      }
    }
  }
}

TEST_F(CudaUpscaler, WhatF16HoldsIsDoneOnce) {
  auto upscaler = on_emulated_device(multiplying({4, 0.25f}), Precision::kAuto);
  ASSERT_TRUE(upscaler) << upscaler.error().message;
  expect_kept(*upscaler, random_picture({9, 13}), false);
}

// 9e6 is beyond f16's 65504 and within f32's range.
TEST_F(CudaUpscaler, WhatF16CannotHoldIsRedoneInF32) {
  auto upscaler = on_emulated_device(multiplying({3e3f, 3e3f, 1 / 9e6f}), Precision::kAuto);
  ASSERT_TRUE(upscaler) << upscaler.error().message;
  for (int i = 0; i < 2; ++i) expect_kept(*upscaler, random_picture({9, 13}), true);
}

// 1e40 is beyond f32's range too.
TEST_F(CudaUpscaler, WhatF32CannotHoldIsAnError) {
  auto upscaler = on_emulated_device(multiplying({1e20f, 1e20f, 1e-20f}), Precision::kAuto);
  ASSERT_TRUE(upscaler) << upscaler.error().message;
  const auto result = upscaler->upscale(random_picture({9, 13}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kNumeric) << result.error().message;
}

}  // namespace
}  // namespace fovea::test
