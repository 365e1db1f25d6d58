// The ky-stacked convolution: against its formula in f64, and that none of its bits hangs on the
// schedule, on the number of blocks or on how rows are split.
//
// tests/long/mutate_kernels.py breaks the kernel in some 300 ways and wants these tests to notice.
#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "kernels/cuda/conv3x3_wgmma.h"
#include "kernels/cuda/conv3x3_wgmma_shapes.h"
#include "kernels/cuda/multiprocessor_count.h"
#include "kernels/cuda/pack_conv3x3_wgmma.h"
#include "kernels/cuda/rounding16.h"
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

constexpr ElementType kTypes[] = {ElementType::kF16, ElementType::kBf16};

struct Channels {
  int64_t in;
  int64_t out;
};
// All kernels, layers of several groups, and channels that fill up neither planes nor kernels.
constexpr Channels kLayers[] = {{3, 64},   {12, 64},  {16, 64},  {64, 64}, {64, 128},
                                {64, 48},  {64, 32},  {60, 27},  {64, 16}, {64, 12},
                                {64, 8},   {64, 3},   {96, 32},  {90, 30}, {128, 32},
                                {128, 96}, {160, 32}, {192, 64}, {192, 32}};

struct Epilogue {
  EpilogueActivation activation = EpilogueActivation::kNone;
  float slope = 0.0f;
  std::vector<ScaledResidual> residuals;
};

// A layer with random values that `type` has, and its formula.
class Layer {
 public:
  Layer(ElementType type, Channels channels, Epilogue epilogue, uint32_t seed)
      : type_(type), channels_(channels), epilogue_(std::move(epilogue)) {
    RandomValues random(seed);
    const float deviation = 1.0f / std::sqrt(9.0f * static_cast<float>(channels.in));
    weight_ = random.normals(channels.out * channels.in * 9, deviation);
    for (float& value : weight_) value = rounded_to(type, value);
    packed_.emplace(cuda::pack_conv3x3_wgmma(type, weight_, channels.in, channels.out));
    bias_ = random.normals(channels.out, 0.3f);
    for (int64_t c = 0; c < channels.out; ++c) slopes_.push_back(2.0f * random.uniform() - 0.5f);
    const int64_t padded = cuda::planes_of(channels.out) * cuda::kPlaneChannels;
    bias_.resize(static_cast<size_t>(padded));
    slopes_.resize(static_cast<size_t>(padded));
    device_bias_.emplace(bias_);
    device_slopes_.emplace(slopes_);
  }

  Channels channels() const { return channels_; }
  size_t residuals() const { return epilogue_.residuals.size(); }

  ConvolutionArgs args(const cuda::DeviceMap& input, const cuda::DeviceMap& output,
                       std::span<const cuda::DeviceMap> residuals, RowRange rows) const {
    ConvolutionArgs args;
    args.input = input;
    args.output = output;
    args.weights = packed_->data();
    args.epilogue.bias = device_bias_->data();
    args.epilogue.activation = epilogue_.activation;
    args.epilogue.slope = epilogue_.slope;
    args.epilogue.slopes = device_slopes_->data();
    args.epilogue.residual_count = static_cast<int32_t>(residuals.size());
    for (size_t i = 0; i < residuals.size(); ++i) {
      const ScaledResidual& scales = epilogue_.residuals[i];
      args.epilogue.residuals[i] = {residuals[i], scales.scale, scales.residual_scale};
    }
    args.first_row = rows.begin;
    args.last_row = rows.end;
    return args;
  }

  // (height, width, out) in f64.
  std::vector<double> formula(const Tensor& input, std::span<const Tensor> residuals) const {
    const Size size = input.size();
    const auto out = static_cast<size_t>(channels_.out);
    std::vector<double> result(static_cast<size_t>(size.height * size.width) * out);
    const std::vector<double> taps = by_tap();
    size_t at = 0;
    for (int64_t y = 0; y < size.height; ++y) {
      for (int64_t x = 0; x < size.width; ++x, at += out) {
        double* sums = result.data() + at;
        for (int64_t tap = 0; tap < 9; ++tap) {
          const int64_t row = y + tap / 3 - 1;
          const int64_t column = x + tap % 3 - 1;
          if (row < 0 || row >= size.height || column < 0 || column >= size.width) continue;
          const float* pixel = input.view().at(row, column);
          const double* weights = taps.data() + static_cast<size_t>(tap * channels_.in) * out;
          for (int64_t c = 0; c < channels_.in; ++c, weights += out) {
            for (size_t k = 0; k < out; ++k) sums[k] += weights[k] * static_cast<double>(pixel[c]);
          }
        }
        for (size_t k = 0; k < out; ++k) {
          sums[k] = activated(sums[k] + static_cast<double>(bias_[k]), k);
          for (size_t i = 0; i < residuals.size(); ++i) {
            const ScaledResidual& scales = epilogue_.residuals[i];
            sums[k] = static_cast<double>(scales.scale) * sums[k] +
                      static_cast<double>(scales.residual_scale) *
                          static_cast<double>(residuals[i].view().at(y, x)[k]);
          }
        }
      }
    }
    return result;
  }

 private:
  std::vector<double> by_tap() const {
    std::vector<double> taps;
    for (int64_t tap = 0; tap < 9; ++tap) {
      for (int64_t c = 0; c < channels_.in; ++c) {
        for (int64_t k = 0; k < channels_.out; ++k)
          taps.push_back(
              static_cast<double>(weight_[static_cast<size_t>((k * channels_.in + c) * 9 + tap)]));
      }
    }
    return taps;
  }

  double activated(double value, size_t channel) const {
    if (epilogue_.activation == EpilogueActivation::kNone || value >= 0) return value;
    return value * static_cast<double>(epilogue_.activation == EpilogueActivation::kPrelu
                                           ? slopes_[channel]
                                           : epilogue_.slope);
  }

  ElementType type_;
  Channels channels_;
  Epilogue epilogue_;
  std::vector<float> weight_;
  std::optional<DeviceCopy<uint8_t>> packed_;
  std::vector<float> bias_;
  std::vector<float> slopes_;
  std::optional<DeviceCopy<float>> device_bias_;
  std::optional<DeviceCopy<float>> device_slopes_;
};

OperatorRun run_of(const Layer& layer, ElementType type, Size size, uint32_t seed, int blocks = 0) {
  OperatorRun run;
  run.type = type;
  run.output_size = size;
  run.output_channels = layer.channels().out;
  run.padding = 1.0f;
  RandomValues random(seed);
  run.inputs.push_back(rounded_to(type, random.map(size, layer.channels().in)));
  for (size_t i = 0; i < layer.residuals(); ++i)
    run.inputs.push_back(rounded_to(type, random.map(size, layer.channels().out)));
  run.launch = [&layer, blocks](std::span<const cuda::DeviceMap> maps,
                                const cuda::DeviceMap& output, RowRange rows) {
    return cuda::launch_conv3x3_wgmma(layer.args(maps[0], output, maps.subspan(1), rows), nullptr,
                                      blocks);
  };
  run.rows_needed = [size](size_t input, RowRange rows) {
    if (input > 0) return rows;
    return RowRange{std::max<int64_t>(rows.begin - 1, 0), std::min(rows.end + 1, size.height)};
  };
  return run;
}

std::vector<double> formula_of(const Layer& layer, const OperatorRun& run) {
  return layer.formula(run.inputs[0], std::span(run.inputs).subspan(1));
}

const Epilogue kLeaky{EpilogueActivation::kLeakyRelu, 0.2f, {}};
const Epilogue kTwoResiduals{EpilogueActivation::kNone, 0.0f, {{0.2f, 1.0f}, {0.2f, 1.0f}}};

std::string trace(Channels channels, Size size, ElementType type) {
  return std::to_string(channels.in) + " -> " + std::to_string(channels.out) + " on " +
         std::to_string(size.height) + "x" + std::to_string(size.width) + ", " + type_name(type) +
         ", seeds 1 and 2";
}

class Conv3x3Wgmma : public ::testing::Test {
 protected:
  void SetUp() override { emulation::set_schedule({}); }
  void TearDown() override { emulation::set_schedule({}); }
};

TEST_F(Conv3x3Wgmma, IsAccurateForEveryLayerOnEverySize) {
  // A schedule for each case, in turn: the next test has all of them.
  const auto schedules = emulation::covering_schedules();
  size_t next = 0;
  for (const ElementType type : kTypes) {
    for (const Channels channels : kLayers) {
      for (const Size size : kKernelSizes) {
        SCOPED_TRACE(trace(channels, size, type));
        const emulation::Schedule& schedule = schedules[next++ % schedules.size()];
        SCOPED_TRACE(emulation::schedule_name(schedule));
        emulation::set_schedule(schedule);
        const Layer layer(type, channels, kLeaky, 1);
        const OperatorRun run = run_of(layer, type, size, 2);
        expect_accurate(type, formula_of(layer, run), run_on_whole_maps(run));
        if (HasFailure()) return;  // one case's report is enough
      }
    }
  }
}

TEST_F(Conv3x3Wgmma, HasTheSameBitsUnderEverySchedule) {
  // One block: its warpgroups have 3 or 4 runs of several rows, more than any ring has stages.
  constexpr Size kSize{11, 70};
  for (const Channels channels : {Channels{16, 64}, {64, 64}, {64, 32}, {160, 32}, {192, 64}}) {
    SCOPED_TRACE(trace(channels, kSize, ElementType::kF16));
    const Layer layer(ElementType::kF16, channels, kTwoResiduals, 1);
    const OperatorRun run = run_of(layer, ElementType::kF16, kSize, 2, 1);
    std::optional<Tensor> first;
    for (const emulation::Schedule& schedule : emulation::all_schedules()) {
      SCOPED_TRACE(emulation::schedule_name(schedule));
      emulation::set_schedule(schedule);
      const Tensor result = run_on_whole_maps(run);
      if (!first) {
        expect_accurate(ElementType::kF16, formula_of(layer, run), result);
        first = result;
      }
      ASSERT_TRUE(same_bits(first->view(), result.view()));
      if (HasFailure()) return;
    }
  }
}

TEST_F(Conv3x3Wgmma, HasTheSameBitsForEveryNumberOfBlocks) {
  constexpr Size kSize{13, 130};
  for (const Channels channels : {Channels{64, 48}, {64, 128}, {96, 32}, {192, 64}}) {
    SCOPED_TRACE(trace(channels, kSize, ElementType::kF16));
    const Layer layer(ElementType::kF16, channels, kLeaky, 1);
    std::optional<Tensor> first;
    for (const int blocks : {1, 2, 3, 5, 8, 13, 132}) {
      SCOPED_TRACE(std::to_string(blocks) + " blocks");
      const Tensor result = run_on_whole_maps(run_of(layer, ElementType::kF16, kSize, 2, blocks));
      if (!first) first = result;
      ASSERT_TRUE(same_bits(first->view(), result.view()));
      if (HasFailure()) return;
    }
  }
}

TEST_F(Conv3x3Wgmma, HasTheSameBitsInPiecesOnRings) {
  constexpr Size kSize{17, 67};
  for (const Channels channels : {Channels{3, 64}, {64, 32}, {64, 64}, {128, 32}, {192, 64}}) {
    SCOPED_TRACE(trace(channels, kSize, ElementType::kBf16));
    const Layer layer(ElementType::kBf16, channels, kTwoResiduals, 1);
    const OperatorRun run = run_of(layer, ElementType::kBf16, kSize, 2);
    const Tensor whole = run_on_whole_maps(run);
    for (const int64_t piece_rows : {1, 2, 3, 7}) expect_same_in_rings(run, whole, piece_rows);
    if (HasFailure()) return;
  }
}

TEST_F(Conv3x3Wgmma, HasEveryEpilogue) {
  constexpr Size kSize{5, 66};
  for (const Channels channels : {Channels{64, 64}, {64, 48}, {64, 8}, {192, 64}}) {
    for (const Epilogue& activation :
         {Epilogue{}, kLeaky, Epilogue{EpilogueActivation::kLeakyRelu, 0.0f, {}},
          Epilogue{EpilogueActivation::kLeakyRelu, 1.5f, {}},
          Epilogue{EpilogueActivation::kPrelu, 0.0f, {}}}) {
      for (const std::vector<ScaledResidual>& residuals :
           {std::vector<ScaledResidual>{}, {{0.2f, 1.0f}}, {{-0.5f, 3.0f}, {0.2f, -1.0f}}}) {
        SCOPED_TRACE(trace(channels, kSize, ElementType::kF16) + ", activation " +
                     std::to_string(static_cast<int>(activation.activation)) + " of slope " +
                     std::to_string(activation.slope) + ", residuals " +
                     std::to_string(residuals.size()));
        const Layer layer(ElementType::kF16, channels,
                          {activation.activation, activation.slope, residuals}, 1);
        const OperatorRun run = run_of(layer, ElementType::kF16, kSize, 2);
        expect_accurate(ElementType::kF16, formula_of(layer, run), run_on_whole_maps(run));
        if (HasFailure()) return;
      }
    }
  }
}

// A residual dense block's five layers on one buffer of 192 channels, then its 0.2 y + x and the
// RRDB's 0.2 z + x_0, each held to the formula of what the buffer held before.
TEST_F(Conv3x3Wgmma, GrowsADenseBlockInItsBuffer) {
  constexpr Size kSize{9, 66};
  constexpr RowRange kRows{0, kSize.height};
  RandomValues random(3);
  const Tensor x = rounded_to(ElementType::kF16, random.map(kSize, 64));
  const Tensor outer = rounded_to(ElementType::kF16, random.map(kSize, 64));
  MapBuffer grown(ElementType::kF16, kSize, 192);
  Tensor start(kSize, 192);
  for (int64_t y = 0; y < kSize.height; ++y) {
    for (int64_t j = 0; j < kSize.width; ++j)
      std::copy_n(x.view().at(y, j), 64, start.view().at(y, j));
  }
  grown.write(start);
  for (int64_t channels = 64; channels < 192; channels += 32) {
    SCOPED_TRACE(std::to_string(channels) + " channels, seeds 3 and 4");
    const Layer layer(ElementType::kF16, {channels, 32}, kLeaky, 4);
    const Tensor before = grown.read();
    ASSERT_EQ(cuda::launch_conv3x3_wgmma(layer.args(grown.map().slice(0, channels),
                                                    grown.map().slice(channels, 32), {}, kRows),
                                         nullptr),
              0);
    ASSERT_EQ(kernel_faults(), "");
    const Tensor after = grown.read();
    Tensor read(kSize, channels);
    Tensor written(kSize, 32);
    for (int64_t y = 0; y < kSize.height; ++y) {
      for (int64_t j = 0; j < kSize.width; ++j) {
        std::copy_n(before.view().at(y, j), channels, read.view().at(y, j));
        std::copy_n(after.view().at(y, j) + channels, 32, written.view().at(y, j));
        for (int64_t c = 0; c < 192; ++c) {
          if (c >= channels && c < channels + 32) continue;
          ASSERT_EQ(before.view().at(y, j)[c], after.view().at(y, j)[c]);
        }
      }
    }
    expect_accurate(ElementType::kF16, layer.formula(read, {}), written);
  }
  const Layer last(ElementType::kF16, {192, 64}, kTwoResiduals, 5);
  MapBuffer x0(ElementType::kF16, kSize, 64);
  x0.write(outer);
  // The outer residual's buffer takes the result: each pixel is read before it is written.
  const cuda::DeviceMap residuals[] = {grown.map().slice(0, 64), x0.map()};
  ASSERT_EQ(cuda::launch_conv3x3_wgmma(last.args(grown.map(), x0.map(), residuals, kRows), nullptr),
            0);
  ASSERT_EQ(kernel_faults(), "");
  const Tensor inputs[] = {x, outer};
  expect_accurate(ElementType::kF16, last.formula(grown.read(), inputs), x0.read());
}

TEST_F(Conv3x3Wgmma, PassesOnNonFiniteValuesAndNoMore) {
  constexpr Size kSize{7, 70};
  const Layer layer(ElementType::kF16, {64, 32}, kLeaky, 1);
  OperatorRun run = run_of(layer, ElementType::kF16, kSize, 2);
  run.inputs[0].view().at(3, 64)[5] = std::numeric_limits<float>::quiet_NaN();
  const Tensor result = run_on_whole_maps(run);
  for (int64_t y = 0; y < kSize.height; ++y) {
    for (int64_t x = 0; x < kSize.width; ++x) {
      const bool reached = std::abs(y - 3) <= 1 && std::abs(x - 64) <= 1;
      for (int64_t c = 0; c < 32; ++c)
        ASSERT_EQ(std::isnan(result.view().at(y, x)[c]), reached) << y << ", " << x;
    }
  }
}

TEST_F(Conv3x3Wgmma, DoesNoMoreThanItsRowsAndStrips) {
  const auto counts = [](Channels channels, Size size, int blocks) {
    const Layer layer(ElementType::kF16, channels, kLeaky, 1);
    emulation::take_counts();
    run_on_whole_maps(run_of(layer, ElementType::kF16, size, 2, blocks));
    return emulation::take_counts();
  };
  // Three warpgroups have rows [0, 1), [1, 3) and [3, 5) and read those above and below: 2 + 4 + 3,
  // each 3 kx and 4 pairs of planes; the weights are a copy more.
  for (const int64_t columns : {63, 64}) {
    const emulation::Counts one_strip = counts({64, 32}, {5, columns}, 1);
    EXPECT_EQ(one_strip.wgmma, 9 * 3 * 4);
    EXPECT_EQ(one_strip.bulk_copies, 9 + 1);
  }
  // A block a multiprocessor, or as many as have three rows each.
  int multiprocessors = 0;
  ASSERT_EQ(cuda::multiprocessor_count(multiprocessors), 0);
  ASSERT_EQ(multiprocessors, 4);
  EXPECT_EQ(counts({64, 32}, {13, 64}, 0).blocks, 4);
  EXPECT_EQ(counts({64, 32}, {13, 64}, 3).blocks, 3);
  EXPECT_EQ(counts({64, 32}, {3, 64}, 0).blocks, 1);
  EXPECT_EQ(counts({64, 32}, {4, 64}, 0).blocks, 2);
  EXPECT_EQ(counts({64, 32}, {2, 65}, 0).blocks, 2);
  EXPECT_EQ(counts({64, 128}, {13, 64}, 0).blocks, 4);  // two groups
}

// Maps without gaps that end where their memory does: the emulation tells every access beyond.
TEST_F(Conv3x3Wgmma, TouchesNothingBesideItsMaps) {
  constexpr Size kSize{3, 13};
  std::vector<void*> memory;
  const auto make_map = [&](int64_t channels) {
    cuda::DeviceMap map;
    map.height = map.ring_rows = kSize.height;
    map.width = map.row_stride = kSize.width;
    map.channels = channels;
    map.plane_stride = kSize.height * kSize.width;
    memory.push_back(nullptr);
    const int64_t bytes = map.planes() * map.plane_stride * map.pixel_bytes();
    EXPECT_EQ(cuda::allocate(bytes, memory.back()), 0);
    EXPECT_EQ(cuda::fill_bytes(memory.back(), 0, bytes, nullptr), 0);
    map.data = memory.back();
    return map;
  };
  for (const Channels channels : {Channels{64, 32}, {64, 64}, {192, 64}}) {
    const Layer layer(ElementType::kF16, channels, kTwoResiduals, 1);
    const cuda::DeviceMap residuals[] = {make_map(channels.out), make_map(channels.out)};
    EXPECT_EQ(
        cuda::launch_conv3x3_wgmma(
            layer.args(make_map(channels.in), make_map(channels.out), residuals, {0, 3}), nullptr),
        0);
    EXPECT_EQ(kernel_faults(), "");
  }
  for (void* each : memory) cuda::deallocate(each);
  EXPECT_EQ(kernel_faults(), "");
}

TEST_F(Conv3x3Wgmma, RefusesWhatItCannotDo) {
  constexpr Size kSize{8, 8};
  const Layer layer(ElementType::kF16, {64, 32}, kTwoResiduals, 1);
  const MapBuffer input(ElementType::kF16, kSize, 64);
  const MapBuffer output(ElementType::kF16, kSize, 32);
  const cuda::DeviceMap residuals[] = {output.map(), output.map()};
  const ConvolutionArgs good = layer.args(input.map(), output.map(), residuals, {2, 6});
  const auto refused = [](const ConvolutionArgs& args) {
    return cuda::launch_conv3x3_wgmma(args, nullptr) == 1 && kernel_faults().empty();
  };
  EXPECT_TRUE(cuda::conv3x3_wgmma_supports(good));
  EXPECT_FALSE(refused(good));

  ConvolutionArgs args = good;
  args.input.channels = 65;
  EXPECT_FALSE(cuda::conv3x3_wgmma_supports(args));
  EXPECT_TRUE(refused(args));
  args = good;
  args.output.channels = 40;
  EXPECT_TRUE(cuda::conv3x3_wgmma_supports(args));  // five groups of 8
  args.input.channels = 96;
  EXPECT_FALSE(cuda::conv3x3_wgmma_supports(args));
  args = good;
  args.output.channels = 27;
  EXPECT_FALSE(cuda::conv3x3_wgmma_supports(args));  // with residuals
  EXPECT_TRUE(refused(args));
  args = good;
  args.input.type = args.output.type = ElementType::kF32;
  EXPECT_FALSE(cuda::conv3x3_wgmma_supports(args));
  EXPECT_TRUE(refused(args));
  args = good;
  args.output.type = ElementType::kBf16;
  EXPECT_TRUE(refused(args));
  args = good;
  args.output = input.map().slice(32, 32);
  EXPECT_TRUE(refused(args));  // on the input's own planes
  args = good;
  args.weights = nullptr;
  EXPECT_TRUE(refused(args));
  args = good;
  args.epilogue.bias = nullptr;
  EXPECT_TRUE(refused(args));
  args = good;
  args.last_row = 9;
  EXPECT_TRUE(refused(args));
  args = good;
  args.first_row = args.last_row;
  EXPECT_TRUE(refused(args));
  args = good;
  args.input.ring_rows = 5;  // rows 1 ... 6 are read
  EXPECT_TRUE(refused(args));
  args = good;
  args.epilogue.residuals[1].map.width = 7;
  EXPECT_TRUE(refused(args));
}

TEST(Conv3x3WgmmaShapes, AreFoundByPlanes) {
  const auto group = [](int64_t in, int64_t out) {
    const cuda::Conv3x3WgmmaShape* shape = cuda::find_conv3x3_wgmma_shape(in, out);
    return shape == nullptr ? 0 : shape->group;
  };
  EXPECT_EQ(group(3, 64), 64);
  EXPECT_EQ(group(17, 64), 0);
  EXPECT_EQ(group(64, 64), 64);
  EXPECT_EQ(group(57, 57), 64);
  EXPECT_EQ(group(64, 96), 48);
  EXPECT_EQ(group(64, 27), 32);
  EXPECT_EQ(group(192, 64), 32);
  EXPECT_EQ(group(192, 48), 0);
}

TEST(PackConv3x3Wgmma, PutsEachWeightWhereTheKernelReadsIt) {
  constexpr int64_t kIn = 190;
  constexpr int64_t kOut = 60;
  constexpr int64_t kPlanes = 24;
  constexpr int64_t kGroup = 32;
  std::vector<float> weight;
  for (int64_t i = 0; i < kOut * kIn * 9; ++i) weight.push_back(static_cast<float>(i % 2039 + 1));
  const std::vector<uint8_t> packed =
      cuda::pack_conv3x3_wgmma(ElementType::kF16, weight, kIn, kOut);
  ASSERT_EQ(packed.size(), static_cast<size_t>(2 * 3 * kPlanes * 3 * kGroup * 8 * 2));
  int64_t others = 0;
  for (size_t i = 0; i < packed.size(); i += 2) others += packed[i] != 0 || packed[i + 1] != 0;
  EXPECT_EQ(others, kOut * kIn * 9);
  for (int64_t out = 0; out < kOut; ++out) {
    for (int64_t in = 0; in < kIn; ++in) {
      for (int64_t ky = 0; ky < 3; ++ky) {
        for (int64_t kx = 0; kx < 3; ++kx) {
          const int64_t at =
              ((((out / kGroup * 3 + kx) * kPlanes + in / 8) * 3 + ky) * kGroup + out % kGroup) *
                  8 +
              in % 8;
          const float expected = weight[static_cast<size_t>(((out * kIn + in) * 3 + ky) * 3 + kx)];
          const auto bits = static_cast<uint16_t>(packed[static_cast<size_t>(2 * at)] |
                                                  packed[static_cast<size_t>(2 * at + 1)] << 8);
          ASSERT_EQ(cuda::from_16_bits(ElementType::kF16, bits), expected);
        }
      }
    }
  }
  EXPECT_TRUE(cuda::pack_conv3x3_wgmma(ElementType::kF16, weight, kIn, 61).empty());
  EXPECT_TRUE(cuda::pack_conv3x3_wgmma(ElementType::kF32, weight, kIn, kOut).empty());
}

}  // namespace
}  // namespace fovea::test
