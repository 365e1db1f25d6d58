// The rungs of kernels/cuda/ladder/residual_dense_block against the reference dense block in f64.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "kernels/cuda/conv3x3_wgmma.h"
#include "kernels/cuda/conv_mma.h"
#include "kernels/cuda/ladder/residual_dense_block/dense_block_ladder.h"
#include "kernels/cuda/pack_conv3x3_wgmma.h"
#include "kernels/reference/reference.h"
#include "tests/compare.h"
#include "tests/emulation/accuracy.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/map_buffer.h"
#include "tests/emulation/operator_run.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

namespace ladder = cuda::ladder;

constexpr auto kType = cuda::ElementType::kF16;

enum class Convolution { kMma, kWgmma };

cuda::CudaError launch_mma(const cuda::ConvolutionArgs& args, cuda::Stream stream) {
  return cuda::launch_conv_mma(args, 3, stream);
}
cuda::CudaError launch_wgmma(const cuda::ConvolutionArgs& args, cuda::Stream stream) {
  return cuda::launch_conv3x3_wgmma(args, stream, 4);
}

/// A dense block of random weights on a random map, and its result by each rung.
class DenseBlockTrial {
 public:
  using Launch = std::function<cuda::CudaError(const ladder::DenseBlockArgs& args)>;

  DenseBlockTrial(Size size, uint32_t seed) : seed_(seed) {
    RandomValues random(seed);
    x_ = rounded_to(kType, random.map(size, ladder::kDenseFeatures));
    for (int n = 1; n <= ladder::kDenseConvolutions; ++n) {
      ops::ConvolutionOp op;
      op.in_channels = ladder::dense_inputs(n);
      op.out_channels = ladder::dense_outputs(n);
      op.kernel_h = op.kernel_w = 3;
      const int64_t terms = 9 * op.in_channels;
      // He et al. 2015: values stay about as large as the input's.
      op.weight =
          random.normals(op.out_channels * terms, std::sqrt(1.0f / static_cast<float>(terms)));
      for (float& value : op.weight) value = rounded_to(kType, value);
      op.bias = random.normals(op.out_channels, 0.5f);
      if (n < ladder::kDenseConvolutions) {
        op.activation = {ActivationKind::kLeakyRelu, ladder::kDenseSlope, {}};
      } else {
        op.residuals = {{ladder::kDenseScale, 1.0f}};
      }
      ops_.push_back(std::move(op));
    }
  }

  /// y, with x_1 ... x_4 not rounded to f16 on the way.
  std::vector<double> expected() const {
    Tensor y(x_.view().size(), ladder::kDenseFeatures);
    const ConstTensorView inputs[] = {x_.view(), x_.view()};
    reference::DenseBlockKernel(ops_).run<double>(inputs, y.view(), {0, x_.view().height});
    return {y.values().begin(), y.values().end()};
  }

  /// y by a rung whose convolutions are `kind`. EXPECTs success, no fault, x as it was and nothing
  /// written beside the maps.
  Tensor run(Convolution kind, const Launch& launch) const {
    const bool mma = kind == Convolution::kMma;
    std::vector<std::vector<uint8_t>> weights;
    for (const ops::ConvolutionOp& op : ops_) {
      weights.push_back(
          mma ? cuda::pack_conv_mma(kType, op.weight, 3, op.in_channels, op.out_channels)
              : cuda::pack_conv3x3_wgmma(kType, op.weight, op.in_channels, op.out_channels));
    }
    // x and, where x_1 ... x_4 will be, NaN.
    Tensor grown(x_.view().size(), ladder::kDenseChannels);
    std::ranges::fill(grown.values(), std::nanf(""));
    for (int64_t y = 0; y < x_.view().height; ++y) {
      for (int64_t column = 0; column < x_.view().width; ++column)
        std::copy_n(x_.view().at(y, column), ladder::kDenseFeatures, grown.view().at(y, column));
    }
    MapBuffer buffer(kType, x_.view().size(), ladder::kDenseChannels);
    buffer.write(grown);
    MapBuffer output(kType, x_.view().size(), ladder::kDenseFeatures);

    ladder::DenseBlockArgs args{};
    args.buffer = buffer.map();
    args.output = output.map();
    args.convolution = mma ? launch_mma : launch_wgmma;
    for (size_t n = 0; n < ops_.size(); ++n) {
      args.weights[n] = weights[n].data();
      args.bias[n] = ops_[n].bias.data();
    }
    EXPECT_EQ(launch(args), 0) << "seed " << seed_;
    EXPECT_EQ(kernel_faults(), "") << "seed " << seed_;
    const RowRange all{0, x_.view().height};
    EXPECT_TRUE(output.is_written_only_in(all));
    EXPECT_TRUE(buffer.is_written_only_in(all));
    const Tensor left = buffer.read();
    EXPECT_TRUE(same_bits(x_.view(), left.view().channel_slice(0, ladder::kDenseFeatures)));
    return output.read();
  }

 private:
  uint32_t seed_;
  Tensor x_;
  std::vector<ops::ConvolutionOp> ops_;
};

cuda::CudaError run_separate(const ladder::DenseBlockArgs& args) {
  const MapBuffer joined(kType, {args.buffer.height, args.buffer.width}, ladder::kDenseChannels);
  const cuda::CudaError error = ladder::launch_separate(args, joined.map(), nullptr);
  EXPECT_TRUE(joined.is_written_only_in({0, args.buffer.height}));
  return error;
}
cuda::CudaError run_growing_buffer(const ladder::DenseBlockArgs& args) {
  return ladder::launch_growing_buffer(args, nullptr);
}
cuda::CudaError run_fused_epilogues(const ladder::DenseBlockArgs& args) {
  return ladder::launch_fused_epilogues(args, nullptr);
}
cuda::CudaError run_one_kernel(const ladder::DenseBlockArgs& args) {
  return ladder::launch_one_kernel(args, nullptr);
}
DenseBlockTrial::Launch run_depth_first(int64_t band_rows) {
  return [=](const ladder::DenseBlockArgs& args) {
    return ladder::launch_depth_first(args, band_rows, nullptr);
  };
}

class LadderDenseBlock : public ::testing::Test {
 protected:
  void SetUp() override {
    emulation::set_schedule({});
    emulation::set_compute_capability(90);
  }
  void TearDown() override { emulation::set_schedule({}); }
};

class LadderDenseBlockSizes : public LadderDenseBlock,
                              public ::testing::WithParamInterface<Size> {};

// By the convolutions of every GPU. Each order of launches has the bits of the one it came from,
// and the one kernel those of rung 3.
TEST_P(LadderDenseBlockSizes, EveryRungIsTheFormula) {
  const DenseBlockTrial trial(GetParam(), 21);
  const std::vector<double> expected = trial.expected();
  const Tensor separate = trial.run(Convolution::kMma, run_separate);
  expect_accurate(kType, expected, separate);
  const Tensor growing = trial.run(Convolution::kMma, run_growing_buffer);
  EXPECT_TRUE(same_bits(separate.view(), growing.view()));
  const Tensor fused = trial.run(Convolution::kMma, run_fused_epilogues);
  expect_accurate(kType, expected, fused);
  EXPECT_TRUE(same_bits(fused.view(), trial.run(Convolution::kMma, run_one_kernel).view()));
  EXPECT_TRUE(same_bits(fused.view(), trial.run(Convolution::kMma, run_depth_first(9)).view()));
}

TEST_P(LadderDenseBlockSizes, LaunchesOfHoppersConvolutionsAreTheFormula) {
  const DenseBlockTrial trial(GetParam(), 22);
  const std::vector<double> expected = trial.expected();
  const Tensor separate = trial.run(Convolution::kWgmma, run_separate);
  expect_accurate(kType, expected, separate);
  const Tensor growing = trial.run(Convolution::kWgmma, run_growing_buffer);
  EXPECT_TRUE(same_bits(separate.view(), growing.view()));
  const Tensor fused = trial.run(Convolution::kWgmma, run_fused_epilogues);
  expect_accurate(kType, expected, fused);
  EXPECT_TRUE(same_bits(fused.view(), trial.run(Convolution::kWgmma, run_depth_first(9)).view()));
}

INSTANTIATE_TEST_SUITE_P(Sizes, LadderDenseBlockSizes, ::testing::ValuesIn(kKernelSizes));

TEST_F(LadderDenseBlock, OneKernelIsTheSameUnderEverySchedule) {
  const DenseBlockTrial trial({18, 17}, 23);
  const Tensor whole = trial.run(Convolution::kMma, run_one_kernel);
  for (const emulation::Schedule& schedule : emulation::covering_schedules()) {
    emulation::set_schedule(schedule);
    EXPECT_TRUE(same_bits(whole.view(), trial.run(Convolution::kMma, run_one_kernel).view()))
        << emulation::schedule_name(schedule);
  }
}

TEST_F(LadderDenseBlock, LaunchesAreTheSameUnderEverySchedule) {
  const DenseBlockTrial trial({9, 35}, 24);
  const Tensor separate = trial.run(Convolution::kMma, run_separate);
  const Tensor fused = trial.run(Convolution::kMma, run_fused_epilogues);
  for (const emulation::Schedule& schedule : emulation::covering_schedules()) {
    emulation::set_schedule(schedule);
    SCOPED_TRACE(emulation::schedule_name(schedule));
    EXPECT_TRUE(same_bits(separate.view(), trial.run(Convolution::kMma, run_separate).view()));
    EXPECT_TRUE(same_bits(fused.view(), trial.run(Convolution::kMma, run_depth_first(4)).view()));
  }
}

TEST_F(LadderDenseBlock, BandsOfAnyHeightMakeEachRowOnce) {
  const DenseBlockTrial trial({23, 8}, 25);
  const Tensor fused = trial.run(Convolution::kMma, run_fused_epilogues);
  for (const int64_t band_rows : {1, 2, 5, 22, 23, 100})
    EXPECT_TRUE(
        same_bits(fused.view(), trial.run(Convolution::kMma, run_depth_first(band_rows)).view()))
        << band_rows;
  // Bands of 9 rows: 9, 18 and 23 of y, and of x_1 13, 22 and 23: 15 launches.
  emulation::take_counts();
  trial.run(Convolution::kMma, run_depth_first(9));
  EXPECT_EQ(emulation::take_counts().launches, 15);
  trial.run(Convolution::kMma, run_separate);
  EXPECT_EQ(emulation::take_counts().launches, 24);
  trial.run(Convolution::kMma, run_growing_buffer);
  EXPECT_EQ(emulation::take_counts().launches, 10);
}

TEST_F(LadderDenseBlock, RefusesWhatItCannotRun) {
  const MapBuffer buffer(kType, {4, 4}, ladder::kDenseChannels);
  const MapBuffer output(kType, {4, 4}, ladder::kDenseFeatures);
  const MapBuffer small(kType, {3, 4}, ladder::kDenseFeatures);
  const std::vector<float> memory(4096);
  ladder::DenseBlockArgs args{};
  args.buffer = buffer.map();
  args.output = output.map();
  args.convolution = launch_mma;
  std::ranges::fill(args.weights, memory.data());
  std::ranges::fill(args.bias, memory.data());
  EXPECT_TRUE(ladder::dense_block_is_sound(args));
  EXPECT_EQ(ladder::launch_depth_first(args, 0, nullptr), cuda::kInvalidArgument);
  EXPECT_EQ(ladder::launch_separate(args, small.map(), nullptr), cuda::kInvalidArgument);
  EXPECT_TRUE(ladder::one_kernel_runs_on(90));
  EXPECT_FALSE(ladder::one_kernel_runs_on(86));

  const auto refused = [&](auto change) {
    ladder::DenseBlockArgs changed = args;
    change(changed);
    const DenseBlockTrial::Launch rungs[] = {run_separate, run_growing_buffer, run_fused_epilogues,
                                             run_one_kernel, run_depth_first(2)};
    return !ladder::dense_block_is_sound(changed) &&
           std::ranges::all_of(
               rungs, [&](const auto& rung) { return rung(changed) == cuda::kInvalidArgument; });
  };
  EXPECT_TRUE(refused([](auto& a) { a.bias[4] = nullptr; }));
  EXPECT_TRUE(refused([](auto& a) { a.weights[0] = nullptr; }));
  EXPECT_TRUE(refused([](auto& a) { a.convolution = nullptr; }));
  EXPECT_TRUE(refused([&](auto& a) { a.output = small.map(); }));
  EXPECT_TRUE(refused([&](auto& a) { a.output = a.buffer.slice(0, 64); }));
  EXPECT_TRUE(refused([](auto& a) { a.buffer.channels = 128; }));
  EXPECT_TRUE(refused([](auto& a) { a.buffer.type = cuda::ElementType::kBf16; }));
}

}  // namespace
}  // namespace fovea::test
