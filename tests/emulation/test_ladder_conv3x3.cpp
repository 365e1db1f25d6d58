// The rungs of kernels/cuda/ladder/conv3x3 against the formula in f64, as any kernel's.
#include <gtest/gtest.h>

#include <cstring>
#include <ostream>

#include "kernels/cuda/conv_direct.h"
#include "kernels/cuda/ladder/conv3x3/conv3x3_ladder.h"
#include "kernels/cuda/pack_conv3x3_wgmma.h"
#include "kernels/cuda/pack_conv_mma.h"
#include "tests/compare.h"
#include "tests/emulation/convolution_trial.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/operator_run.h"

namespace fovea::test {
namespace {

using cuda::ElementType;
using cuda::EpilogueActivation;

constexpr ElementType kType = ElementType::kF16;

std::vector<uint8_t> pack_f32(const std::vector<float>& weight, int64_t in, int64_t out) {
  const std::vector<float> packed = cuda::pack_conv_direct(weight, out, in, 3, 3);
  std::vector<uint8_t> bytes(packed.size() * sizeof(float));
  std::memcpy(bytes.data(), packed.data(), bytes.size());
  return bytes;
}

std::vector<uint8_t> pack_tensor_cores(const std::vector<float>& weight, int64_t in, int64_t out) {
  return cuda::pack_conv_mma(kType, weight, 3, in, out);
}

std::vector<uint8_t> pack_ky_stack(const std::vector<float>& weight, int64_t in, int64_t out) {
  return cuda::pack_conv3x3_wgmma(kType, weight, in, out);
}

cuda::CudaError launch_ky_stack(const cuda::ConvolutionArgs& args, cuda::Stream stream) {
  return cuda::ladder::launch_ky_stack(args, stream);
}

struct Rung {
  const char* name;
  std::vector<uint8_t> (*pack)(const std::vector<float>& weight, int64_t in, int64_t out);
  cuda::CudaError (*launch)(const cuda::ConvolutionArgs& args, cuda::Stream stream);
};
constexpr Rung kNaive = {"naive", pack_f32, cuda::ladder::launch_naive};
constexpr Rung kSharedMemory = {"shared memory", pack_f32, cuda::ladder::launch_shared_memory};
constexpr Rung kTensorCores = {"tensor cores", pack_tensor_cores,
                               cuda::ladder::launch_tensor_cores};
constexpr Rung kKyStack = {"ky-stack", pack_ky_stack, launch_ky_stack};

struct LadderCase {
  Rung rung;
  ConvolutionShape shape;
  TrialEpilogue epilogue;
};

void PrintTo(const LadderCase& one, std::ostream* out) {
  *out << one.rung.name << " " << one.shape.in_channels << " -> " << one.shape.out_channels;
}

// A dense block's first and last layer, which every rung has; channels that fill no plane, no chunk
// and no block of outputs.
constexpr ConvolutionShape kFirst = {64, 32, 3, 3};
constexpr ConvolutionShape kLast = {192, 64, 3, 3};
constexpr TrialEpilogue kLeaky = {EpilogueActivation::kLeakyRelu, 0};
constexpr TrialEpilogue kResidual = {EpilogueActivation::kNone, 1};
constexpr TrialEpilogue kEverything = {EpilogueActivation::kPrelu, 2};
constexpr LadderCase kCases[] = {
    {kNaive, kFirst, kLeaky},
    {kNaive, kLast, kResidual},
    {kNaive, {20, 13, 3, 3}, kEverything},
    {kSharedMemory, kFirst, kLeaky},
    {kSharedMemory, kLast, kResidual},
    {kSharedMemory, {20, 45, 3, 3}, kEverything},
    {kTensorCores, kFirst, kLeaky},
    {kTensorCores, kLast, kResidual},
    {kTensorCores, {20, 30, 3, 3}, kEverything},
    {kTensorCores, {24, 100, 3, 3}, kEverything},
    {kKyStack, kFirst, kLeaky},
    {kKyStack, kLast, kResidual},
    {kKyStack, {90, 27, 3, 3}, kEverything},
};

class LadderConv3x3 : public ::testing::TestWithParam<LadderCase> {
 protected:
  void SetUp() override {
    emulation::set_schedule({});
    emulation::set_compute_capability(90);
  }
  void TearDown() override { emulation::set_schedule({}); }

  static ConvolutionTrial trial(Size size, uint32_t seed) {
    return {GetParam().shape, size, kType, GetParam().epilogue, seed};
  }

  static std::vector<uint8_t> pack(const ConvolutionTrial& trial) {
    const ConvolutionShape& shape = GetParam().shape;
    return GetParam().rung.pack(trial.weight(), shape.in_channels, shape.out_channels);
  }

  static ConvolutionTrial::Launch launch(const std::vector<uint8_t>& weights) {
    return [&weights](const cuda::ConvolutionArgs& trial) {
      cuda::ConvolutionArgs args = trial;
      args.weights = weights.data();
      return GetParam().rung.launch(args, nullptr);
    };
  }
};

TEST_P(LadderConv3x3, IsTheFormulaAtEverySize) {
  uint32_t seed = 1;
  for (const Size size : kKernelSizes) {
    const ConvolutionTrial one = trial(size, seed++);
    const std::vector<uint8_t> weights = pack(one);
    EXPECT_TRUE(one.is_accurate(one.expected(), one.run_whole(launch(weights))));
  }
}

TEST_P(LadderConv3x3, IsTheSameUnderEverySchedule) {
  const ConvolutionTrial one = trial({9, 35}, 11);
  const std::vector<uint8_t> weights = pack(one);
  const Tensor whole = one.run_whole(launch(weights));
  for (const emulation::Schedule& schedule : emulation::covering_schedules()) {
    emulation::set_schedule(schedule);
    EXPECT_TRUE(same_bits(whole.view(), one.run_whole(launch(weights)).view()))
        << emulation::schedule_name(schedule);
  }
}

TEST_P(LadderConv3x3, RowsAreTheSameInPiecesRingsAndSlices) {
  const ConvolutionTrial one = trial({21, 34}, 12);
  const std::vector<uint8_t> weights = pack(one);
  const Tensor whole = one.run_whole(launch(weights));
  for (const int64_t rows : {1, 10, 17}) {
    one.expect_same_in_pieces(launch(weights), whole, rows);
    one.expect_same_in_rings(launch(weights), whole, rows);
  }
  one.expect_same_in_place(launch(weights), whole);
}

INSTANTIATE_TEST_SUITE_P(Rungs, LadderConv3x3, ::testing::ValuesIn(kCases));

TEST(LadderConv3x3Blocks, KyStackIsTheSameHoweverManyShareTheRows) {
  emulation::set_compute_capability(90);
  const ConvolutionTrial one(kFirst, {19, 150}, kType, kLeaky, 13);
  const std::vector<uint8_t> weights = pack_ky_stack(one.weight(), 64, 32);
  const auto launch = [&](int blocks) {
    return [&weights, blocks](const cuda::ConvolutionArgs& trial) {
      cuda::ConvolutionArgs args = trial;
      args.weights = weights.data();
      return cuda::ladder::launch_ky_stack(args, nullptr, blocks);
    };
  };
  const Tensor whole = one.run_whole(launch(1));
  for (const int blocks : {2, 3, 7, 1000})
    EXPECT_TRUE(same_bits(whole.view(), one.run_whole(launch(blocks)).view())) << blocks;
}

TEST(LadderConv3x3Arguments, RefusesWhatItCannotRun) {
  std::vector<uint8_t> memory(65536);
  cuda::DeviceMap map;
  map.data = memory.data();
  map.height = map.ring_rows = 4;
  map.width = map.row_stride = 4;
  map.channels = 64;
  map.plane_stride = 16;
  cuda::ConvolutionArgs args;
  args.input = map;
  args.output = map.slice(0, 32);
  args.weights = memory.data();
  args.epilogue.bias = reinterpret_cast<const float*>(memory.data());
  args.last_row = 4;
  EXPECT_TRUE(cuda::ladder::conv3x3_is_sound(args));
  EXPECT_TRUE(cuda::ladder::tensor_cores_support(args));
  EXPECT_TRUE(cuda::ladder::ky_stack_supports(args, 86));

  cuda::ConvolutionArgs deep = args;  // 210 KB of shared memory
  deep.input.channels = 192;
  EXPECT_TRUE(cuda::ladder::ky_stack_supports(deep, 90));
  EXPECT_FALSE(cuda::ladder::ky_stack_supports(deep, 80));
  cuda::ConvolutionArgs wide = args;  // its weights are packed for 64 outputs
  wide.output.channels = 64;
  EXPECT_FALSE(cuda::ladder::ky_stack_supports(wide, 90));
  EXPECT_EQ(cuda::ladder::launch_ky_stack(wide, nullptr), cuda::kInvalidArgument);
  cuda::ConvolutionArgs few = args;  // packed by pixels, not by planes
  few.input.channels = 3;
  EXPECT_FALSE(cuda::ladder::tensor_cores_support(few));
  EXPECT_EQ(cuda::ladder::launch_tensor_cores(few, nullptr), cuda::kInvalidArgument);

  const auto refused = [](const cuda::ConvolutionArgs& bad) {
    for (const Rung& rung : {kNaive, kSharedMemory, kTensorCores, kKyStack}) {
      if (rung.launch(bad, nullptr) != cuda::kInvalidArgument) return false;
    }
    return true;
  };
  cuda::ConvolutionArgs bad = args;
  bad.input.type = bad.output.type = ElementType::kBf16;
  EXPECT_TRUE(refused(bad));
  bad = args;
  bad.last_row = 5;
  EXPECT_TRUE(refused(bad));
  bad = args;
  bad.weights = nullptr;
  EXPECT_TRUE(refused(bad));
  bad = args;
  bad.input.ring_rows = 3;
  EXPECT_TRUE(refused(bad));
}

}  // namespace
}  // namespace fovea::test
