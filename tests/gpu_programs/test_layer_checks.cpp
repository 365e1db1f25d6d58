// bench/gpu's check of kernels over the emulation: every kernel passes it, and one that is wrong in
// any way that it looks for does not. Its times mean nothing here.
#include <gtest/gtest.h>

#include "bench/gpu/dense_block_rungs.h"
#include "bench/gpu/ladder_rungs.h"
#include "bench/gpu/layer_checks.h"
#include "bench/gpu/layer_times.h"
#include "kernels/cuda/conv_direct.h"
#include "tests/emulation/emulation.h"

namespace fovea::cuda {
namespace {

constexpr int kHopper = 90;
constexpr uint32_t kSeed = 5;

void expect_no_errors() {
  for (const std::string& error : emulation::take_errors()) ADD_FAILURE() << error;
}

MeasuredLayer layer_named(const std::string& name) {
  for (const MeasuredLayer& layer : checked_layers()) {
    if (layer.name == name) return layer;
  }
  ADD_FAILURE() << "no layer " << name;
  return {};
}

const MeasuredKernel& kernel_named(const std::string& name) {
  for (const MeasuredKernel& kernel : measured_kernels()) {
    if (kernel.name == name) return kernel;
  }
  ADD_FAILURE() << "no kernel " << name;
  return measured_kernels().front();
}

LayerCheck checked(const MeasuredLayer& layer, const MeasuredKernel& kernel, LayerSize size) {
  bool supported = false;
  LayerCheck found;
  EXPECT_EQ(check_layer(layer, kernel, size, kSeed, kHopper, supported, found), 0);
  EXPECT_TRUE(supported) << kernel.name << " " << layer.name;
  return found;
}

TEST(LayerChecks, EveryKernelPasses) {
  for (const MeasuredLayer& layer : checked_layers()) {
    int kernels = 0;
    for (const MeasuredKernel& kernel : measured_kernels()) {
      SCOPED_TRACE(layer.name + " by " + kernel.name);
      bool supported = false;
      LayerCheck found;
      ASSERT_EQ(check_layer(layer, kernel, {5, 34}, kSeed, kHopper, supported, found), 0);
      kernels += supported;
      if (!supported) continue;
      EXPECT_LE(found.relative_error, found.tolerance);
      EXPECT_TRUE(found.ok);
      expect_no_errors();
    }
    EXPECT_GE(kernels, 1) << layer.name;
  }
}

TEST(LayerChecks, EveryRungOfTheLadderPasses) {
  for (const MeasuredLayer& layer : conv3x3_rung_layers()) {
    for (const MeasuredKernel& rung : conv3x3_rungs()) {
      EXPECT_TRUE(checked(layer, rung, {5, 34}).ok) << layer.name << " by " << rung.name;
      expect_no_errors();
    }
  }
}

TEST(LayerChecks, EveryRungOfTheDenseBlocksLadderPasses) {
  DenseBlockProblem problem({6, 19}, 3, kSeed);
  ASSERT_EQ(problem.prepare(1), 0);
  for (const DenseBlockRung& rung : dense_block_rungs()) {
    ASSERT_TRUE(rung.runs_on(kHopper));
    ASSERT_EQ(problem.choose(rung, kHopper), 0);
    LayerCheck found;
    ASSERT_EQ(problem.check(found), 0);
    EXPECT_LE(found.relative_error, found.tolerance) << rung.name;
    EXPECT_TRUE(found.ok) << rung.name;
    expect_no_errors();
  }
  EXPECT_EQ(problem.flop(), 2 * 239616 * 6 * 19);
}

TEST(LayerChecks, AWrongDenseBlockIsNoticed) {
  DenseBlockProblem problem({4, 9}, 3, kSeed);
  ASSERT_EQ(problem.prepare(1), 0);
  DenseBlockRung wrong = dense_block_rungs()[0];
  wrong.launch = [](const ladder::DenseBlockArgs& args, const DeviceMap&, Stream stream) {
    ladder::DenseBlockArgs other = args;
    other.bias[1] = args.bias[0];  // of x_2, in one layer of five
    return ladder::launch_fused_epilogues(other, stream);
  };
  ASSERT_EQ(problem.choose(wrong, kHopper), 0);
  LayerCheck found;
  ASSERT_EQ(problem.check(found), 0);
  EXPECT_GT(found.relative_error, found.tolerance);
  EXPECT_FALSE(found.ok);
}

TEST(LayerChecks, TheFastestKernelRunsTheLayersOfTheNetworks) {
  for (const char* name : {"conv1", "conv2", "conv3", "conv4", "conv5", "body", "hr", "last"}) {
    EXPECT_TRUE(checked(layer_named(name), kernel_named("conv3x3_wgmma"), {3, 5}).ok);
  }
  EXPECT_TRUE(checked(layer_named("up2"), kernel_named("conv_upsample_wgmma"), {3, 5}).ok);
  EXPECT_TRUE(checked(layer_named("hr + last"), kernel_named("conv_pair_wgmma"), {3, 65}).ok);
}

// Kernels that go wrong: the plain one, and then something.

constexpr LayerSize kSize = {6, 9};

MeasuredKernel wrong_kernel(CudaError (*launch)(const ConvolutionArgs&, const MeasuredLayer&,
                                                Stream)) {
  MeasuredKernel kernel = kernel_named("conv_direct");
  kernel.name = "wrong";
  kernel.launch = launch;
  return kernel;
}

CudaError run_plain(const ConvolutionArgs& args, const MeasuredLayer& layer, Stream stream) {
  return launch_conv_direct({args, layer.kernel, layer.kernel, 1}, stream);
}

/// What is found of `layer` by the plain kernel with `Spoil` called on its output afterwards, a
/// lambda without captures.
template <class Spoil>
LayerCheck spoiled(const std::string& layer, Spoil) {
  return checked(
      layer_named(layer),
      wrong_kernel([](const ConvolutionArgs& args, const MeasuredLayer& measured, Stream stream) {
        const CudaError error = run_plain(args, measured, stream);
        Spoil{}(args);
        return error;
      }),
      kSize);
}

/// The bits of a channel of an output's pixel, in the emulation's memory.
uint16_t& bits_of(const DeviceMap& map, int64_t plane, int64_t row, int64_t column,
                  int64_t channel) {
  const int64_t pixel = plane * map.plane_stride + row * map.row_stride + column;
  return static_cast<uint16_t*>(map.data)[pixel * kPlaneChannels + channel];
}

TEST(LayerChecks, AMissingRowIsNoticed) {
  const LayerCheck found = checked(
      layer_named("conv1"),
      wrong_kernel([](const ConvolutionArgs& args, const MeasuredLayer& layer, Stream stream) {
        ConvolutionArgs less = args;
        less.last_row--;
        return run_plain(less, layer, stream);
      }),
      kSize);
  EXPECT_GT(found.not_finite, 0);
  EXPECT_FALSE(found.ok);
}

TEST(LayerChecks, AWrongValueIsNoticed) {
  const LayerCheck found = spoiled(
      "conv1", [](const ConvolutionArgs& args) { bits_of(args.output, 0, 2, 3, 1) ^= 0x8000; });
  EXPECT_GT(found.relative_error, found.tolerance);
  EXPECT_FALSE(found.ok);
}

TEST(LayerChecks, ANaNIsNoticed) {
  const LayerCheck found = spoiled(
      "conv1", [](const ConvolutionArgs& args) { bits_of(args.output, 1, 0, 0, 0) = 0x7e00; });
  EXPECT_EQ(found.not_finite, 1);
  EXPECT_FALSE(found.relative_error <= found.tolerance);
  EXPECT_FALSE(found.ok);
}

TEST(LayerChecks, PixelsBesideTheMapAreGuarded) {
  const LayerCheck found = spoiled("conv1", [](const ConvolutionArgs& args) {
    bits_of(args.output, 0, 1, args.output.width, 0) = 0;
  });
  EXPECT_FALSE(found.guards_intact);
  EXPECT_FALSE(found.ok);
}

TEST(LayerChecks, ChannelsThatFillUpAPlaneMustBeZero) {
  const LayerCheck found = spoiled(
      "last", [](const ConvolutionArgs& args) { bits_of(args.output, 0, 1, 1, 7) = 0x3c00; });
  EXPECT_FALSE(found.padding_is_zero);
  EXPECT_FALSE(found.ok);
}

TEST(LayerChecks, ResultsThatDependOnTheRowsAskedForAreNoticed) {
  const LayerCheck found = spoiled("conv1", [](const ConvolutionArgs& args) {
    if (args.first_row > 0) bits_of(args.output, 0, args.first_row, 0, 0) ^= 1;
  });
  EXPECT_LE(found.relative_error, found.tolerance);
  EXPECT_FALSE(found.deterministic);
  EXPECT_FALSE(found.ok);
}

TEST(LayerTimes, BuffersTakeTurnsBeyondTheCache) {
  EXPECT_EQ(sets_beyond(50, 100), 2);
  EXPECT_EQ(sets_beyond(60, 10), 13);
  EXPECT_GT(sets_beyond(60, 7) * 7, 2 * 60);
}

TEST(LayerTimes, GraphsAreReplayed) {
  LayerProblem problem(layer_named("conv1"), 4, 8, 0, kSeed);
  ASSERT_EQ(problem.prepare(3), 0);
  ASSERT_TRUE(problem.choose(kernel_named("conv_direct"), kHopper));
  ASSERT_EQ(problem.upload_weights(), 0);
  LayerTimes times;
  emulation::take_counts();
  ASSERT_EQ(time_layer(problem, 3, 0.0, 5, 1e9, times), 0);
  // Three launches a graph: three replays to warm up, one more, then two rounds of five.
  EXPECT_EQ(times.launches, 3);
  EXPECT_EQ(emulation::take_counts().launches, 3 * (3 + 1 + 2 * 5));
  EXPECT_GT(times.p10_us, 0.0);
  EXPECT_LE(times.p10_us, times.median_us);
  EXPECT_LE(times.median_us, times.p90_us);
  EXPECT_GT(times.second_median_us, 0.0);
  expect_no_errors();
}

}  // namespace
}  // namespace fovea::cuda
