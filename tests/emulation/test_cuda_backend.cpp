// The CUDA backend, host code and kernels, on the emulated device: whole networks against the
// reference, bands, repeated pictures (which run as graphs), devices with too little memory.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>

#include "engine/passes/passes.h"
#include "engine/plan.h"
#include "engine/run_whole.h"
#include "kernels/cuda/cuda_backend.h"
#include "kernels/cuda/cuda_operator_steps.h"
#include "tests/compare.h"
#include "tests/emulation/accuracy.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/rounded_network.h"
#include "tests/operator_cases.h"
#include "tests/random_networks.h"
#include "tests/random_values.h"
#include "tests/real_networks.h"
#include "tests/row_flow.h"

namespace fovea::test {
namespace {

// A band as high as any picture here.
constexpr int64_t kWholePicture = 1 << 20;

std::unique_ptr<Backend> backend(Precision precision) {
  auto made = cuda::make_cuda_backend(0, precision);
  EXPECT_TRUE(made) << made.error().message;
  return std::move(*made);
}

class CudaBackend : public ::testing::TestWithParam<Precision> {
 protected:
  void TearDown() override {
    for (const std::string& error : emulation::take_errors()) ADD_FAILURE() << error;
    emulation::set_memory_limit(int64_t{1} << 34);
    emulation::set_streams_deferred(false);
  }

  static cuda::ElementType type() {
    switch (GetParam()) {
      case Precision::kBf16:
        return cuda::ElementType::kBf16;
      case Precision::kF32:
        return cuda::ElementType::kF32;
      default:
        return cuda::ElementType::kF16;
    }
  }
};

// A sum of n products in f32 instead of f64 has a relative error of about sqrt(n) 2^-24; two
// thousand products a value and a few dozen layers stay below this.
constexpr double kF32Error = 2e-5;

// Tails of SRVGG and RRDBNet and SRCNN 9-1-5, for which there are kernels of several operators.
std::vector<Network> networks_with_chains() {
  std::vector<Network> networks;
  networks.push_back(shuffle_network(8, 1, 4, {1, 1}, 24));
  networks.push_back(srcnn_915_network(9, {3, 2}));
  networks.push_back(tail_network(10, 3));
  return networks;
}

// What f16 or bf16 cannot hold is lost in any implementation. Ours rounds in the same places and,
// for activations that no epilogue knows, once more; and where two f32 sums differ in their last
// bit a map's value may go to the other neighbour. So the errors are alike in size, not equal.
constexpr double kMostOfTheLoss = 3;

TEST_P(CudaBackend, NetworksAreAsExactAsTheirType) {
  const auto cuda = backend(GetParam());
  ThreadTeam team(1);
  std::vector<Network> networks = local_networks();
  for (Network& network : networks_with_chains()) networks.push_back(std::move(network));
  for (const Network& network : networks) {
    for (const Size base : {Size{1, 1}, Size{9, 5}}) {
      const Size size{base.height * network.padding_multiple,
                      base.width * network.padding_multiple};
      SCOPED_TRACE(fmt::format("{} {}x{}", network.name, size.height, size.width));
      RandomValues random(static_cast<uint32_t>(size.height * 100 + size.width));
      const Tensor input = random.map(size, network.graph.value(network.graph.input()).channels);
      const auto exact =
          run_whole(*make_reference_backend(ReferenceAccumulator::kF64), network.graph, input);
      ASSERT_TRUE(exact) << exact.error().message;
      const auto rewritten = rewrite(network.graph, cuda->rewrites());
      ASSERT_TRUE(rewritten) << rewritten.error().message;
      const auto rounded = run_rounded(*rewritten, input, type());
      ASSERT_TRUE(rounded) << rounded.error().message;

      auto session = Session::create(network.graph, *cuda, team);
      ASSERT_TRUE(session) << session.error().message;
      const auto output = run_session(*session, input, kWholePicture);
      ASSERT_TRUE(output) << output.error().message;
      const std::vector<double> expected(exact->values().begin(), exact->values().end());
      const double lost = relative_error(expected, rounded->values());
      const double error = relative_error(expected, output->values());
      EXPECT_LE(error, kMostOfTheLoss * lost + kF32Error);
    }
  }
}

// What has no kernel is refused by name, with the way out; never a wrong picture.
TEST_P(CudaBackend, RefusesOperatorsWithoutAKernel) {
  const auto cuda = backend(GetParam());
  ThreadTeam team(1);
  int refused = 0;
  for (const OperatorCase& current : operator_cases()) {
    if (cuda::has_operator_kernel(current.graph, current.node())) continue;
    ++refused;
    SCOPED_TRACE(current.name);
    const auto session = Session::create(current.graph, *cuda, team);
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::kDevice);
    EXPECT_NE(session.error().message.find("use -g cpu"), std::string::npos)
        << session.error().message;
  }
  EXPECT_GT(refused, 100);
}

TEST_P(CudaBackend, SeveralOperatorsAreOneStepWhereThereIsAKernel) {
  const auto cuda = backend(GetParam());
  const auto steps = [&](const Network& network) {
    const auto rewritten = rewrite(network.graph, cuda->rewrites());
    EXPECT_TRUE(rewritten) << rewritten.error().message;
    const auto lowered = cuda->lower(*rewritten);
    EXPECT_TRUE(lowered) << lowered.error().message;
    // The input and what a step writes: nothing that lies inside of a step.
    const auto plan = make_plan(*rewritten, *lowered, {9, 5}, {});
    EXPECT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(std::ranges::count_if(plan->maps, [](const MapPlan& map) { return map.died >= 0; }),
              static_cast<int64_t>(lowered->size()) + 1);
    return lowered->size();
  };
  const bool is_f32 = GetParam() == Precision::kF32;
  // A convolution; the last one, its shuffle, the base and their sum.
  EXPECT_EQ(steps(shuffle_network(8, 1, 4, {1, 1}, 24)), is_f32 ? 5u : 2u);
  // No tile for a factor of 6 and its 108 outputs.
  EXPECT_EQ(steps(shuffle_network(8, 1, 6, {1, 1}, 24)), 5u);
  // Bicubic, three convolutions.
  EXPECT_EQ(steps(srcnn_915_network(9, {2, 1})), is_f32 ? 4u : 2u);
  EXPECT_EQ(steps(srcnn_network(9, {2, 1})), 4u);
  // A convolution, one up, two at the end; in f32 the enlargement is a step of its own.
  EXPECT_EQ(steps(tail_network(10, 3)), is_f32 ? 5u : 3u);
  EXPECT_EQ(steps(tail_network(10, 5)), is_f32 ? 5u : 4u);
}

// Bands, and the second and third picture of a size, which are recorded and replayed.
TEST_P(CudaBackend, NeitherBandsNorGraphsChangeABit) {
  const auto cuda = backend(GetParam());
  ThreadTeam team(1);
  std::vector<Network> networks = networks_with_chains();
  networks.push_back(dense_network(1, 1, 1, 1));
  networks.push_back(shuffle_network(2, 2, 2, {1, 1}));
  networks.push_back(random_network(3));
  for (const Network& network : networks) {
    const Size size{13 * network.padding_multiple, 5 * network.padding_multiple};
    SCOPED_TRACE(network.name);
    RandomValues random(5);
    const int64_t channels = network.graph.value(network.graph.input()).channels;
    const Tensor input = random.map(size, channels);
    const Tensor other = random.map(size, channels);
    auto session = Session::create(network.graph, *cuda, team);
    ASSERT_TRUE(session) << session.error().message;
    const auto expected = run_session(*session, input, kWholePicture);
    ASSERT_TRUE(expected) << expected.error().message;
    const std::vector<int64_t> bands{kWholePicture, 3};
    for (const int64_t band_height : bands) {
      // Launched, recorded, replayed with other rows; then with streams that run when they are
      // waited for, and no sooner.
      for (int picture = 0; picture < 6; ++picture) {
        SCOPED_TRACE(fmt::format("band {}, picture {}", band_height, picture));
        emulation::set_streams_deferred(picture >= 3);
        const bool is_other = picture % 2 == 1;
        const auto output = run_session(*session, is_other ? other : input, band_height);
        ASSERT_TRUE(output) << output.error().message;
        EXPECT_EQ(is_other,
                  !same_bits(std::as_const(*expected).view(), std::as_const(*output).view()));
      }
    }
  }
}

TEST_P(CudaBackend, LittleMemoryMeansLowerBandsThenAnError) {
  const auto cuda = backend(GetParam());
  ThreadTeam team(1);
  const Network network = shuffle_network(3, 4, 4, {1, 1});
  RandomValues random(6);
  const Tensor input = random.map({200, 60}, 3);
  auto session = Session::create(network.graph, *cuda, team);
  ASSERT_TRUE(session) << session.error().message;
  ASSERT_TRUE(session->prepare(input.size(), {kWholePicture, 0, 1}));
  const int64_t whole = session->plan()->arena_bytes();
  const auto run_in = [&](int64_t arena_bytes) -> Result<int64_t> {
    session->release_arena();
    // What rows are staged in, and a tenth, stay free.
    const int64_t bytes = (arena_bytes + (int64_t{32} << 20)) * 10 / 9 + 1;
    emulation::set_memory_limit(emulation::memory_in_use() + bytes);
    FOVEA_TRY(session->prepare({1, 1}, {kWholePicture, 0, 1}));  // forgets the plan
    FOVEA_TRY(run_session(*session, input, 0));
    return session->plan()->bands;
  };
  const auto little = run_in(whole / 2);
  ASSERT_TRUE(little) << little.error().message;
  EXPECT_GT(*little, 1);
  const auto too_little = run_in(1 << 10);
  ASSERT_FALSE(too_little);
  EXPECT_EQ(too_little.error().code, ErrorCode::kMemory) << too_little.error().message;
}

INSTANTIATE_TEST_SUITE_P(Precisions, CudaBackend,
                         ::testing::Values(Precision::kF16, Precision::kBf16, Precision::kF32),
                         [](const auto& param) {
                           return std::string(param.param == Precision::kF16    ? "f16"
                                              : param.param == Precision::kBf16 ? "bf16"
                                                                                : "f32");
                         });

TEST(CudaDevices, AreCountedAndNamed) {
  const auto count = cuda::count_cuda_devices();
  ASSERT_TRUE(count) << count.error().message;
  EXPECT_EQ(*count, 1);
  const auto missing = cuda::make_cuda_backend(1, Precision::kAuto);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kDevice);
}

TEST(CudaDevices, OldOnesAreRefused) {
  emulation::set_compute_capability(75);
  const auto bf16 = cuda::make_cuda_backend(0, Precision::kBf16);
  ASSERT_FALSE(bf16);
  EXPECT_NE(bf16.error().message.find("no bf16"), std::string::npos) << bf16.error().message;
  EXPECT_TRUE(cuda::make_cuda_backend(0, Precision::kF16));
  emulation::set_compute_capability(90);
}

}  // namespace
}  // namespace fovea::test
