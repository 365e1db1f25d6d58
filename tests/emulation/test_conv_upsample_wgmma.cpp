// The folded upsampling convolution: against its formula in f64, and that none of its bits hangs on
// the schedule, on the number of blocks or on how rows are split.
#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "kernels/cuda/conv_upsample_wgmma.h"
#include "kernels/cuda/multiprocessor_count.h"
#include "kernels/cuda/pack_conv_upsample_wgmma.h"
#include "kernels/cuda/pointwise.h"
#include "tests/compare.h"
#include "tests/emulation/accuracy.h"
#include "tests/emulation/device_copy.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/map_buffer.h"
#include "tests/emulation/operator_run.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

using cuda::ConvolutionArgs;
using cuda::ElementType;
using cuda::EpilogueActivation;

// A layer with random values that `type` has, and its formula.
class Layer {
 public:
  Layer(ElementType type, int64_t in, int64_t out, EpilogueActivation activation, float slope)
      : in_(in), out_(out), activation_(activation), slope_(slope) {
    RandomValues random(kSeed);
    weight_ = random.normals(16 * out * in, 1.0f / std::sqrt(4.0f * static_cast<float>(in)));
    for (float& value : weight_) value = rounded_to(type, value);
    packed_.emplace(cuda::pack_conv_upsample_wgmma(type, weight_, in, out));
    bias_ = random.normals(out, 0.3f);
    slopes_ = random.normals(out, 0.5f);
    bias_.resize(64);
    slopes_.resize(64);
    device_bias_.emplace(bias_);
    device_slopes_.emplace(slopes_);
  }

  ConvolutionArgs args(const cuda::DeviceMap& input, const cuda::DeviceMap& output,
                       RowRange rows) const {
    ConvolutionArgs args;
    args.input = input;
    args.output = output;
    args.weights = packed_->data();
    args.epilogue.bias = device_bias_->data();
    args.epilogue.activation = activation_;
    args.epilogue.slope = slope_;
    args.epilogue.slopes = device_slopes_->data();
    args.first_row = rows.begin;
    args.last_row = rows.end;
    return args;
  }

  OperatorRun run(ElementType type, Size size, int blocks = 0) const {
    OperatorRun run;
    run.type = type;
    run.output_size = {2 * size.height, 2 * size.width};
    run.output_channels = out_;
    run.padding = 1.0f;
    RandomValues random(kSeed + 1);
    run.inputs.push_back(rounded_to(type, random.map(size, in_)));
    run.launch = [this, blocks](std::span<const cuda::DeviceMap> maps,
                                const cuda::DeviceMap& output, RowRange rows) {
      return cuda::launch_conv_upsample_wgmma(args(maps[0], output, rows), nullptr, blocks);
    };
    run.rows_needed = [size](size_t, RowRange rows) {
      return RowRange{std::max<int64_t>((rows.begin + 1) / 2 - 1, 0),
                      std::min(rows.end / 2 + 1, size.height)};
    };
    return run;
  }

  // (2 height, 2 width, out) in f64.
  std::vector<double> formula(const Tensor& input) const {
    const Size size = input.size();
    std::vector<double> result;
    for (int64_t y = 0; y < 2 * size.height; ++y) {
      for (int64_t x = 0; x < 2 * size.width; ++x) {
        for (int64_t k = 0; k < out_; ++k) {
          double sum = static_cast<double>(bias_[static_cast<size_t>(k)]);
          for (int64_t u = 0; u < 2; ++u) {
            for (int64_t v = 0; v < 2; ++v) {
              const int64_t row = y / 2 + u - 1 + y % 2;
              const int64_t column = x / 2 + v - 1 + x % 2;
              if (row < 0 || row >= size.height || column < 0 || column >= size.width) continue;
              const float* pixel = input.view().at(row, column);
              const int64_t phase = 2 * (y % 2) + x % 2;
              const float* weight = weight_.data() + (phase * out_ + k) * in_ * 4 + 2 * u + v;
              for (int64_t c = 0; c < in_; ++c)
                sum += static_cast<double>(weight[4 * c]) * static_cast<double>(pixel[c]);
            }
          }
          result.push_back(activated(sum, k));
        }
      }
    }
    return result;
  }

 private:
  static constexpr uint32_t kSeed = 1;

  double activated(double value, int64_t channel) const {
    if (activation_ == EpilogueActivation::kNone || value >= 0) return value;
    return value * static_cast<double>(activation_ == EpilogueActivation::kPrelu
                                           ? slopes_[static_cast<size_t>(channel)]
                                           : slope_);
  }

  int64_t in_;
  int64_t out_;
  EpilogueActivation activation_;
  float slope_;
  std::vector<float> weight_;
  std::optional<DeviceCopy<uint8_t>> packed_;
  std::vector<float> bias_;
  std::vector<float> slopes_;
  std::optional<DeviceCopy<float>> device_bias_;
  std::optional<DeviceCopy<float>> device_slopes_;
};

Layer leaky(ElementType type) { return {type, 64, 64, EpilogueActivation::kLeakyRelu, 0.2f}; }

class ConvUpsampleWgmma : public ::testing::Test {
 protected:
  void SetUp() override { emulation::set_schedule({}); }
  void TearDown() override { emulation::set_schedule({}); }
};

TEST_F(ConvUpsampleWgmma, IsAccurateOnEverySize) {
  const auto schedules = emulation::covering_schedules();
  size_t next = 0;
  for (const ElementType type : {ElementType::kF16, ElementType::kBf16}) {
    for (const Size size : kKernelSizes) {
      SCOPED_TRACE(std::string(type_name(type)) + ", " + std::to_string(size.height) + "x" +
                   std::to_string(size.width) + ", seeds 1 and 2");
      const emulation::Schedule& schedule = schedules[next++ % schedules.size()];
      SCOPED_TRACE(emulation::schedule_name(schedule));
      emulation::set_schedule(schedule);
      const Layer layer = leaky(type);
      const OperatorRun run = layer.run(type, size);
      expect_accurate(type, layer.formula(run.inputs[0]), run_on_whole_maps(run));
      if (HasFailure()) return;  // one case's report is enough
    }
  }
}

TEST_F(ConvUpsampleWgmma, HasEveryActivationAndChannelsThatFillUp) {
  for (const auto& [activation, slope] : {std::pair{EpilogueActivation::kNone, 0.0f},
                                          {EpilogueActivation::kLeakyRelu, 0.0f},
                                          {EpilogueActivation::kLeakyRelu, 1.5f},
                                          {EpilogueActivation::kPrelu, 0.0f}}) {
    const Layer layer(ElementType::kF16, 59, 61, activation, slope);
    const OperatorRun run = layer.run(ElementType::kF16, {4, 67});
    expect_accurate(ElementType::kF16, layer.formula(run.inputs[0]), run_on_whole_maps(run));
  }
}

TEST_F(ConvUpsampleWgmma, HasTheSameBitsUnderEverySchedule) {
  // One block: three runs, together of more rows than the ring has stages.
  const Layer layer = leaky(ElementType::kF16);
  const OperatorRun run = layer.run(ElementType::kF16, {13, 130}, 1);
  std::optional<Tensor> first;
  for (const emulation::Schedule& schedule : emulation::all_schedules()) {
    SCOPED_TRACE(emulation::schedule_name(schedule));
    emulation::set_schedule(schedule);
    const Tensor result = run_on_whole_maps(run);
    if (!first) {
      expect_accurate(ElementType::kF16, layer.formula(run.inputs[0]), result);
      first = result;
    }
    ASSERT_TRUE(same_bits(first->view(), result.view()));
    if (HasFailure()) return;
  }
}

TEST_F(ConvUpsampleWgmma, HasTheSameBitsForEveryNumberOfBlocksAndInPiecesOnRings) {
  const Layer layer = leaky(ElementType::kBf16);
  constexpr Size kSize{9, 67};
  const Tensor whole = run_on_whole_maps(layer.run(ElementType::kBf16, kSize));
  for (const int blocks : {1, 2, 3, 5, 20, 132}) {
    SCOPED_TRACE(std::to_string(blocks) + " blocks");
    ASSERT_TRUE(same_bits(whole.view(),
                          run_on_whole_maps(layer.run(ElementType::kBf16, kSize, blocks)).view()));
  }
  for (const int64_t piece_rows : {1, 2, 3, 7})
    expect_same_in_rings(layer.run(ElementType::kBf16, kSize), whole, piece_rows);
}

// What the kernel before wrote is not touched before that has ended: the emulation tells.
TEST_F(ConvUpsampleWgmma, WaitsForTheKernelBefore) {
  constexpr Size kSize{3, 66};
  const Layer layer = leaky(ElementType::kF16);
  MapBuffer source(ElementType::kF16, kSize, 64);
  source.write(RandomValues(1).map(kSize, 64));
  const MapBuffer input(ElementType::kF16, kSize, 64);
  const MapBuffer output(ElementType::kF16, {6, 132}, 64);
  EXPECT_EQ(cuda::launch_clamp({source.map(), input.map(), -8.0f, 8.0f, 0, 3}, nullptr), 0);
  EXPECT_EQ(
      cuda::launch_conv_upsample_wgmma(layer.args(input.map(), output.map(), {0, 6}), nullptr), 0);
  EXPECT_EQ(kernel_faults(), "");
}

TEST_F(ConvUpsampleWgmma, DoesNoMoreThanItsRowsAndStrips) {
  const Layer layer = leaky(ElementType::kF16);
  const auto counts = [&](Size size, int blocks) {
    emulation::take_counts();
    run_on_whole_maps(layer.run(ElementType::kF16, size, blocks));
    return emulation::take_counts();
  };
  // A strip of h rows is h rows loaded, with 16 products in two warpgroups each, and the weights.
  constexpr int64_t kRowProducts = 2 * 16;
  for (const int64_t columns : {63, 64}) {
    EXPECT_EQ(counts({5, columns}, 1).wgmma, 5 * kRowProducts);
    EXPECT_EQ(counts({5, columns}, 1).bulk_copies, 5 + 1);
  }
  EXPECT_EQ(counts({5, 65}, 1).wgmma, 2 * 5 * kRowProducts);
  // A block a multiprocessor, or a pair of rows of a strip: 0 ... h.
  int multiprocessors = 0;
  ASSERT_EQ(cuda::multiprocessor_count(multiprocessors), 0);
  EXPECT_EQ(counts({9, 65}, 0).blocks, multiprocessors);
  ASSERT_GT(multiprocessors, 2);
  EXPECT_EQ(counts({1, 65}, 0).blocks, std::min(multiprocessors, 2 * 2));
  EXPECT_EQ(counts({1, 64}, 0).blocks, 2);
  EXPECT_EQ(counts({4, 65}, 3).blocks, 3);
  const MapBuffer input(ElementType::kF16, {2, 64}, 64);
  const MapBuffer output(ElementType::kF16, {4, 128}, 64);
  EXPECT_EQ(
      cuda::launch_conv_upsample_wgmma(layer.args(input.map(), output.map(), {1, 2}), nullptr), 0);
  EXPECT_EQ(kernel_faults(), "");
  EXPECT_EQ(emulation::take_counts().blocks, 1);  // one row is half of a pair
}

TEST_F(ConvUpsampleWgmma, RefusesWhatItCannotDo) {
  const Layer layer = leaky(ElementType::kF16);
  const MapBuffer input(ElementType::kF16, {8, 8}, 64);
  const MapBuffer output(ElementType::kF16, {16, 16}, 64);
  const ConvolutionArgs good = layer.args(input.map(), output.map(), {3, 6});
  const auto refused = [](const ConvolutionArgs& args) {
    return cuda::launch_conv_upsample_wgmma(args, nullptr) == 1 && kernel_faults().empty();
  };
  EXPECT_FALSE(refused(good));
  ConvolutionArgs args = good;
  args.input.channels = 65;
  EXPECT_FALSE(cuda::conv_upsample_wgmma_supports(args));
  EXPECT_TRUE(refused(args));
  args = good;
  args.output.channels = 32;
  EXPECT_TRUE(refused(args));
  args = good;
  args.input.type = args.output.type = ElementType::kF32;
  EXPECT_FALSE(cuda::conv_upsample_wgmma_supports(args));
  EXPECT_TRUE(refused(args));
  args = good;
  args.output.type = ElementType::kBf16;
  EXPECT_FALSE(cuda::conv_upsample_wgmma_supports(args));
  EXPECT_TRUE(refused(args));
  args = good;
  args.output.height = 15;
  EXPECT_TRUE(refused(args));
  args = good;
  args.last_row = 17;
  EXPECT_TRUE(refused(args));
  args = good;
  args.input.ring_rows = 2;  // rows 1, 2 and 3 are read
  EXPECT_TRUE(refused(args));
  args = good;
  args.weights = nullptr;
  EXPECT_TRUE(refused(args));
  args = good;
  args.epilogue.residual_count = 1;
  args.epilogue.residuals[0].map = output.map();
  EXPECT_TRUE(refused(args));
}

}  // namespace
}  // namespace fovea::test
