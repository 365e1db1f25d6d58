// The tensor-core convolutions that every GPU runs, against the formula in f64.
#include <gtest/gtest.h>

#include "kernels/cuda/conv_mma.h"
#include "tests/compare.h"
#include "tests/emulation/convolution_trial.h"
#include "tests/emulation/device_copy.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/operator_run.h"

namespace fovea::test {
namespace {

using cuda::ElementType;
using cuda::EpilogueActivation;

struct MmaCase {
  ConvolutionShape shape;
  TrialEpilogue epilogue;
};

// Every tile of conv_mma.cu, by the layers of the networks that have them, then partial planes.
constexpr MmaCase kCases[] = {
    // RRDBNet and SRVGG: first layer, dense blocks, body, pixel-shuffle layer, last layer.
    {{3, 64, 3, 3}, {EpilogueActivation::kPrelu, 0}},
    {{64, 32, 3, 3}, {EpilogueActivation::kLeakyRelu, 0}},
    {{160, 32, 3, 3}, {EpilogueActivation::kLeakyRelu, 0}},
    {{192, 64, 3, 3}, {EpilogueActivation::kNone, 2}},
    {{64, 64, 3, 3}, {EpilogueActivation::kPrelu, 1}},
    {{64, 48, 3, 3}, {EpilogueActivation::kNone, 0}},
    {{64, 3, 3, 3}, {EpilogueActivation::kNone, 1}},
    // SRCNN 9-1-5 and 9-5-5.
    {{1, 64, 9, 9}, {EpilogueActivation::kLeakyRelu, 0}},
    {{64, 32, 1, 1}, {EpilogueActivation::kLeakyRelu, 0}},
    {{64, 32, 5, 5}, {EpilogueActivation::kLeakyRelu, 0}},
    {{32, 1, 5, 5}, {EpilogueActivation::kNone, 0}},
    // Odd numbers of channels and planes, several blocks of outputs.
    {{24, 100, 3, 3}, {EpilogueActivation::kLeakyRelu, 1}},
    {{13, 70, 1, 1}, {EpilogueActivation::kPrelu, 2}},
    {{20, 61, 5, 5}, {EpilogueActivation::kPrelu, 1}},
    {{10, 3, 9, 9}, {EpilogueActivation::kNone, 1}},
    // Upsample convolutions.
    {{64, 64, 2, 2, 1, true}, {EpilogueActivation::kLeakyRelu, 0}},
    {{9, 21, 2, 2, 1, true}, {EpilogueActivation::kPrelu, 1}},
};

struct Device {
  int capability;
  ElementType type;
};
constexpr Device kDevices[] = {{75, ElementType::kF16},
                               {80, ElementType::kF16},
                               {80, ElementType::kBf16},
                               {90, ElementType::kF16},
                               {120, ElementType::kBf16}};

class ConvMma : public ::testing::TestWithParam<MmaCase> {
 protected:
  void SetUp() override { use({90, ElementType::kF16}); }
  void TearDown() override { emulation::set_schedule({}); }

  static void use(const Device& device) {
    emulation::set_compute_capability(device.capability);
    emulation::set_schedule({});
  }

  static std::vector<uint8_t> pack(const ConvolutionTrial& trial, ElementType type) {
    const ConvolutionShape& shape = GetParam().shape;
    return shape.upsample
               ? cuda::pack_upsample_mma(type, trial.weight(), shape.in_channels,
                                         shape.out_channels)
               : cuda::pack_conv_mma(type, trial.weight(), static_cast<int>(shape.kernel_h),
                                     shape.in_channels, shape.out_channels);
  }

  static ConvolutionTrial::Launch launch(const std::vector<uint8_t>& weights) {
    return [copy = std::make_shared<DeviceCopy<uint8_t>>(weights)](
               const cuda::ConvolutionArgs& trial) {
      cuda::ConvolutionArgs args = trial;
      args.weights = copy->data();
      return GetParam().shape.upsample
                 ? cuda::launch_upsample_mma(args, nullptr)
                 : cuda::launch_conv_mma(args, static_cast<int>(GetParam().shape.kernel_h),
                                         nullptr);
    };
  }
};

TEST_P(ConvMma, IsTheFormulaAtEverySize) {
  uint32_t seed = 1;
  for (const Size size : kKernelSizes) {
    const ConvolutionTrial trial(GetParam().shape, size, ElementType::kF16, GetParam().epilogue,
                                 seed++);
    const std::vector<uint8_t> weights = pack(trial, ElementType::kF16);
    EXPECT_TRUE(trial.is_accurate(trial.expected(), trial.run_whole(launch(weights))));
  }
}

TEST_P(ConvMma, IsTheFormulaOnEveryDeviceUnderEverySchedule) {
  // A width that ends in the second half of a warp's 16 pixels, as no other test's does.
  for (const Device& device : kDevices) {
    use(device);
    const ConvolutionTrial trial(GetParam().shape, {9, 45}, device.type, GetParam().epilogue, 11);
    const std::vector<uint8_t> weights = pack(trial, device.type);
    const Tensor whole = trial.run_whole(launch(weights));
    EXPECT_TRUE(trial.is_accurate(trial.expected(), whole)) << "sm_" << device.capability;
    for (const emulation::Schedule& schedule : emulation::covering_schedules()) {
      emulation::set_schedule(schedule);
      EXPECT_TRUE(same_bits(whole.view(), trial.run_whole(launch(weights)).view()))
          << emulation::schedule_name(schedule) << ", sm_" << device.capability;
    }
  }
}

TEST_P(ConvMma, RowsAreTheSameInPiecesRingsAndSlices) {
  const ConvolutionTrial trial(GetParam().shape, {21, 34}, ElementType::kF16, GetParam().epilogue,
                               12);
  const std::vector<uint8_t> weights = pack(trial, ElementType::kF16);
  const Tensor whole = trial.run_whole(launch(weights));
  for (const int64_t rows : {1, 10, 17}) {
    trial.expect_same_in_pieces(launch(weights), whole, rows);
    trial.expect_same_in_rings(launch(weights), whole, rows);
  }
  if (!GetParam().shape.upsample) trial.expect_same_in_place(launch(weights), whole);
}

INSTANTIATE_TEST_SUITE_P(Layers, ConvMma, ::testing::ValuesIn(kCases));

TEST(ConvMmaArguments, RefusesWhatItCannotRun) {
  std::vector<uint8_t> memory(4096);
  cuda::DeviceMap map;
  map.data = memory.data();
  map.height = map.ring_rows = 4;
  map.width = map.row_stride = 4;
  map.channels = 8;
  map.plane_stride = 16;
  cuda::ConvolutionArgs args;
  args.input = map;
  args.output = map;
  args.weights = memory.data();
  args.epilogue.bias = reinterpret_cast<const float*>(memory.data());
  args.last_row = 4;
  for (const int kernel : {1, 3, 5, 9}) EXPECT_TRUE(cuda::conv_mma_supports(args, kernel, 75));
  for (const int kernel : {0, 2, 4, 7, 11}) {
    EXPECT_FALSE(cuda::conv_mma_supports(args, kernel, 90)) << kernel;
    EXPECT_EQ(cuda::launch_conv_mma(args, kernel, nullptr), cuda::kInvalidArgument) << kernel;
  }
  EXPECT_FALSE(cuda::conv_mma_supports(args, 3, 70));
  EXPECT_FALSE(cuda::upsample_mma_supports(args, 90));  // the output is not twice the input

  cuda::ConvolutionArgs bfloat = args;
  bfloat.input.type = bfloat.output.type = ElementType::kBf16;
  EXPECT_FALSE(cuda::conv_mma_supports(bfloat, 3, 75));
  EXPECT_TRUE(cuda::conv_mma_supports(bfloat, 3, 80));
  cuda::ConvolutionArgs wide = args;
  wide.input.type = wide.output.type = ElementType::kF32;
  EXPECT_FALSE(cuda::conv_mma_supports(wide, 3, 90));
  EXPECT_EQ(cuda::launch_conv_mma(wide, 3, nullptr), cuda::kInvalidArgument);
  cuda::ConvolutionArgs ring = args;
  ring.input.ring_rows = 3;
  EXPECT_FALSE(cuda::conv_mma_supports(ring, 3, 90));
  cuda::ConvolutionArgs empty = args;
  empty.first_row = 4;
  EXPECT_FALSE(cuda::conv_mma_supports(empty, 3, 90));
}

}  // namespace
}  // namespace fovea::test
