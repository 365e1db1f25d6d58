// Pictures through the Upscaler on the emulated device: what f16 holds, and what it does not.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
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

Result<Upscaler> chain_on_emulated_device(std::vector<SharedModel> chain) {
  UpscalerOptions options;
  options.device = DeviceKind::kCuda;
  options.precision = Precision::kF16;
  options.threads = 1;
  return Upscaler::create(std::move(chain), options,
                          [](Precision wanted) { return cuda::make_cuda_backend(0, wanted); });
}

// Each network is a stage of its own, f32 in between; where one of them leaves f16, all are redone.
TEST_F(CudaUpscaler, ChainsOfNetworks) {
  const Picture picture = random_picture({7, 11});
  auto kept =
      chain_on_emulated_device({multiplying({4}), multiplying({0.5f}), multiplying({0.5f})});
  ASSERT_TRUE(kept) << kept.error().message;
  expect_kept(*kept, picture, false);
  // 2^20 is more than f16 holds, in the second network's own map.
  auto redone = chain_on_emulated_device({multiplying({1024}), multiplying({1024, 0x1p-20f})});
  ASSERT_TRUE(redone) << redone.error().message;
  expect_kept(*redone, picture, true);
}

// What passes everything on, but for the rows' samples: rows are f32.
class ExecutorOfFloats : public Executor {
 public:
  explicit ExecutorOfFloats(std::unique_ptr<Executor> real) : real_(std::move(real)) {}

  MapStorage storage() const override { return real_->storage(); }
  int64_t arena_room(int64_t host_room) const override { return real_->arena_room(host_room); }
  int64_t host_bytes(const Graph& graph, const Plan& plan) const override {
    return real_->host_bytes(graph, plan);
  }
  Status begin(const Graph& graph, const Plan& plan, const RowSource& source,
               const RowSink& sink) override {
    source_ = RowSource(source.values);
    sink_ = RowSink(sink.values);
    return real_->begin(graph, plan, source_, sink_);
  }
  Status take_input(RowRange rows) override { return real_->take_input(rows); }
  Status run(const Step& step, RowRange rows) override { return real_->run(step, rows); }
  Status give_output(RowRange rows) override { return real_->give_output(rows); }
  Status finish() override { return real_->finish(); }
  void abandon() override { real_->abandon(); }
  void release() override { real_->release(); }
  bool is_device() const override { return true; }

 private:
  std::unique_ptr<Executor> real_;
  RowSource source_;
  RowSink sink_;
};

class BackendOfFloats : public Backend {
 public:
  explicit BackendOfFloats(std::unique_ptr<Backend> real) : real_(std::move(real)) {}

  std::string_view name() const override { return real_->name(); }
  Rewrites rewrites() const override { return real_->rewrites(); }
  Result<Steps> lower(const Graph& graph, ThreadTeam& team) const override {
    return real_->lower(graph, team);
  }
  Result<std::unique_ptr<Executor>> make_executor(ThreadTeam& team) const override {
    FOVEA_ASSIGN_OR_RETURN(auto executor, real_->make_executor(team));
    return std::make_unique<ExecutorOfFloats>(std::move(executor));
  }

 private:
  std::unique_ptr<Backend> real_;
};

// A 3x3 convolution between as many channels as the mode has, behind pixel-unshuffle and before
// pixel-shuffle where pictures are padded to a multiple.
std::shared_ptr<const Model> convolving(ColourMode colour, int64_t in, int64_t out, float range,
                                        int64_t multiple) {
  Model model;
  model.scale = {1, 1};
  model.colour = colour;
  model.range = range;
  model.padding_multiple = multiple;
  RandomValues random(12);
  Graph& graph = model.graph;
  ValueId value = graph.add_input(in);
  const int64_t area = multiple * multiple;
  if (multiple > 1) value = *graph.add(PixelUnshuffle{multiple}, {value}, "unshuffle");
  Convolution convolution;
  std::vector<float> weights = random.normals(in * out * area * area * 9, 0.1f);
  for (int64_t c = 0; c < out * area; ++c)
    weights[static_cast<size_t>((c * in * area + c % (in * area)) * 9 + 4)] += 0.7f;
  convolution.weight =
      graph.add_parameter(make_weight("weight", {out * area, in * area, 3, 3}, weights));
  convolution.out_channels = out * area;
  convolution.kernel_h = convolution.kernel_w = 3;
  value = *graph.add(convolution, {value}, "convolution");
  if (multiple > 1) (void)*graph.add(PixelShuffle{multiple}, {value}, "shuffle");
  return std::make_shared<const Model>(std::move(model));
}

Picture noise(int channels, int bit_depth) {
  RandomValues random(13);
  Picture picture = *Picture::create({11, 29}, channels, bit_depth);
  for (int64_t y = 0; y < picture.height(); ++y) {
    for (int64_t x = 0; x < picture.width(); ++x) {
      for (int c = 0; c < channels; ++c)
        picture.set_sample(y, x, c, random.integer(0, static_cast<int>(picture.max_sample())));
    }
  }
  return picture;
}

// A picture's samples, converted on the device, give the picture that floats converted on the host
// give: in every layout of a picture, padded or not.
TEST_F(CudaUpscaler, SamplesOverTheBusChangeNoBit) {
  struct Case {
    ColourMode colour;
    int64_t in, out;
  };
  for (const Case& c : {Case{ColourMode::kRgb, 3, 3}, Case{ColourMode::kGray, 1, 1},
                        Case{ColourMode::kGrayToRgb, 1, 3}, Case{ColourMode::kRgba, 4, 4}}) {
    for (const auto& [range, multiple] : {std::pair{1.0f, 1}, {255.0f, 1}, {1.0f, 2}}) {
      const auto model = convolving(c.colour, c.in, c.out, range, multiple);
      auto direct = on_emulated_device(model, Precision::kF16);
      ASSERT_TRUE(direct) << direct.error().message;
      UpscalerOptions options;
      options.device = DeviceKind::kCuda;
      options.precision = Precision::kF16;
      options.threads = 1;
      auto floats = Upscaler::create(
          model, options, [](Precision wanted) -> Result<std::unique_ptr<Backend>> {
            FOVEA_ASSIGN_OR_RETURN(auto real, cuda::make_cuda_backend(0, wanted));
            return std::make_unique<BackendOfFloats>(std::move(real));
          });
      ASSERT_TRUE(floats) << floats.error().message;
      for (const int channels : {1, 2, 3, 4}) {
        for (const int depth : {8, 16}) {
          SCOPED_TRACE(testing::Message() << "mode " << static_cast<int>(c.colour) << ", range "
                                          << range << ", multiple " << multiple << ", " << channels
                                          << " channels of " << depth << " bits");
          const Picture picture = noise(channels, depth);
          const auto expected = floats->upscale(picture);
          const auto actual = direct->upscale(picture);
          ASSERT_TRUE(expected) << expected.error().message;
          ASSERT_TRUE(actual) << actual.error().message;
          ASSERT_EQ(actual->size(), expected->size());
          ASSERT_EQ(actual->channels(), expected->channels());
          for (int64_t y = 0; y < actual->height(); ++y)
            ASSERT_EQ(std::memcmp(actual->row_bytes(y), expected->row_bytes(y),
                                  static_cast<size_t>(actual->row_byte_count())),
                      0)
                << y;
        }
      }
    }
  }
}

}  // namespace
}  // namespace fovea::test
