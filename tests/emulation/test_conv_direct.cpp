// The plain CUDA convolution kernel against the formula in f64.
#include <gtest/gtest.h>

#include "kernels/cuda/conv_direct.h"
#include "tests/compare.h"
#include "tests/emulation/convolution_trial.h"
#include "tests/emulation/device_copy.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/operator_run.h"

namespace fovea::test {
namespace {

using cuda::ElementType;
using cuda::EpilogueActivation;

// 3x3 with partial planes, 1x1, rectangular, 9x9 on one channel; groups: depthwise, within and
// across planes.
constexpr ConvolutionShape kShapes[] = {{3, 20, 3, 3},     {9, 8, 1, 1},   {4, 5, 3, 7},
                                        {1, 9, 9, 9},      {16, 3, 5, 1},  {12, 12, 3, 3, 12},
                                        {16, 32, 3, 3, 2}, {6, 9, 3, 3, 3}};

class ConvDirect : public ::testing::TestWithParam<ConvolutionShape> {
 protected:
  void SetUp() override {
    emulation::set_schedule({});
    emulation::set_compute_capability(90);
  }

  static ConvolutionTrial::Launch launch(const std::vector<float>& weights) {
    return
        [copy = std::make_shared<DeviceCopy<float>>(weights)](const cuda::ConvolutionArgs& args) {
          cuda::DirectConvolutionArgs direct;
          direct.convolution = args;
          direct.convolution.weights = copy->data();
          direct.kernel_h = static_cast<int32_t>(GetParam().kernel_h);
          direct.kernel_w = static_cast<int32_t>(GetParam().kernel_w);
          direct.groups = static_cast<int32_t>(GetParam().groups);
          return cuda::launch_conv_direct(direct, nullptr);
        };
  }
};

TEST_P(ConvDirect, IsTheFormula) {
  const ConvolutionShape& shape = GetParam();
  uint32_t seed = 1;
  for (const ElementType type : kElementTypes) {
    for (const Size size : kKernelSizes) {
      const TrialEpilogue epilogue{static_cast<EpilogueActivation>(seed % 3),
                                   static_cast<int>(seed % 4 % 3)};
      const ConvolutionTrial trial(shape, size, type, epilogue, seed++);
      const std::vector<float> weights =
          cuda::pack_conv_direct(trial.weight(), shape.out_channels,
                                 shape.in_channels / shape.groups, shape.kernel_h, shape.kernel_w);
      const Tensor whole = trial.run_whole(launch(weights));
      EXPECT_TRUE(trial.is_accurate(trial.expected(), whole));
    }
  }
}

TEST_P(ConvDirect, RowsAreTheSameInPiecesRingsAndSlices) {
  const ConvolutionShape& shape = GetParam();
  for (const ElementType type : kElementTypes) {
    const ConvolutionTrial trial(shape, {23, 37}, type, {EpilogueActivation::kPrelu, 2}, 7);
    const std::vector<float> weights =
        cuda::pack_conv_direct(trial.weight(), shape.out_channels, shape.in_channels / shape.groups,
                               shape.kernel_h, shape.kernel_w);
    const Tensor whole = trial.run_whole(launch(weights));
    for (const int64_t rows : {1, 5, 9}) {
      trial.expect_same_in_pieces(launch(weights), whole, rows);
      trial.expect_same_in_rings(launch(weights), whole, rows);
    }
    trial.expect_same_in_place(launch(weights), whole);
    for (const emulation::Schedule& schedule : emulation::covering_schedules()) {
      emulation::set_schedule(schedule);
      EXPECT_TRUE(same_bits(whole.view(), trial.run_whole(launch(weights)).view()))
          << emulation::schedule_name(schedule);
    }
    emulation::set_schedule({});
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, ConvDirect, ::testing::ValuesIn(kShapes));

TEST(ConvDirectArguments, RefusesWhatItCannotRun) {
  std::vector<float> memory(4096);
  cuda::DirectConvolutionArgs args;
  cuda::DeviceMap map;
  map.data = memory.data();
  map.type = ElementType::kF32;
  map.height = map.ring_rows = 4;
  map.width = map.row_stride = 4;
  map.channels = 8;
  map.plane_stride = 16;
  args.convolution.input = map;
  args.convolution.output = map;
  args.convolution.weights = memory.data();
  args.convolution.epilogue.bias = memory.data();
  args.convolution.last_row = 4;
  EXPECT_TRUE(cuda::conv_direct_supports(args));

  const auto refused = [&](auto change) {
    cuda::DirectConvolutionArgs changed = args;
    change(changed);
    return !cuda::conv_direct_supports(changed) &&
           cuda::launch_conv_direct(changed, nullptr) == cuda::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](auto& a) { a.kernel_h = 2; }));
  EXPECT_TRUE(refused([](auto& a) { a.kernel_w = 0; }));
  EXPECT_TRUE(refused([](auto& a) { a.groups = 3; }));
  EXPECT_TRUE(refused([](auto& a) { a.groups = 0; }));
  EXPECT_TRUE(refused([](auto& a) { a.convolution.last_row = 5; }));
  EXPECT_TRUE(refused([](auto& a) { a.convolution.first_row = 4; }));
  EXPECT_TRUE(refused([](auto& a) { a.convolution.output.type = ElementType::kF16; }));
  EXPECT_TRUE(refused([](auto& a) { a.convolution.output.width = 3; }));
  EXPECT_TRUE(refused([](auto& a) { a.convolution.output.ring_rows = 3; }));
  EXPECT_TRUE(refused([](auto& a) { a.convolution.input.ring_rows = 3; }));
  EXPECT_TRUE(refused([](auto& a) { a.convolution.weights = nullptr; }));
  EXPECT_TRUE(refused([](auto& a) { a.convolution.epilogue.bias = nullptr; }));
  EXPECT_TRUE(refused(
      [](auto& a) { a.convolution.epilogue.activation = cuda::EpilogueActivation::kPrelu; }));
  EXPECT_TRUE(refused([](auto& a) { a.convolution.epilogue.residual_count = 3; }));
}

}  // namespace
}  // namespace fovea::test
