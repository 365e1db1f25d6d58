// What bench/ tells times by: the work and the bytes of its cases, the clock, the peaks.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "bench/kernels/kernel_cases.h"
#include "bench/machine_speed.h"

namespace fovea::bench {
namespace {

const KernelCase& named(const std::vector<KernelCase>& cases, const std::string& name) {
  const auto found = std::find_if(cases.begin(), cases.end(),
                                  [&](const KernelCase& each) { return each.name == name; });
  EXPECT_NE(found, cases.end()) << name;
  return found == cases.end() ? cases.front() : *found;
}

TEST(KernelCases, AreValidAndNamedOnce) {
  std::set<std::string> names;
  for (const auto& cases : {network_cases(), test_cases()}) {
    ASSERT_FALSE(cases.empty());
    for (const KernelCase& each : cases) {
      EXPECT_EQ(each.name.find(':'), std::string::npos) << each.name;
      EXPECT_TRUE(infer_sizes(each.graph, each.input)) << each.name;
      EXPECT_GT(least_bytes(each), 0) << each.name;
      names.insert(each.name);
    }
  }
  EXPECT_EQ(names.size(), network_cases().size() + test_cases().size());
}

TEST(KernelCases, WorkIsThatOfTheFormula) {
  const auto networks = network_cases();
  // (64 + 96 + 128 + 160) * 32 + 192 * 64 filters of 9 values, at 64^2 pixels.
  EXPECT_EQ(multiply_accumulates(named(networks, "RRDB/dense_block/64x64")),
            (448 * 32 + 192 * 64) * 9 * 64 * 64);
  EXPECT_EQ(multiply_accumulates(named(networks, "SRCNN/conv9x9_1to64/360x640")),
            81 * 64 * 360 * 640);
  EXPECT_EQ(multiply_accumulates(named(networks, "RRDB/nearest_x2_and_conv_64to64/64x64")),
            64 * 64 * 9 * 128 * 128);
  EXPECT_EQ(multiply_accumulates(named(networks, "SRVGG/pixel_shuffle_x4_3/180x320")), 0);
}

TEST(KernelCases, OnlyTheOperatorUnderTestCounts) {
  // Its residual comes from a 1x1 convolution that is there for nothing else.
  const auto tests = test_cases();
  const KernelCase& each = named(tests, "case/Convolution_3x4_12to8_k3x3_g1_LeakyReLU_r1");
  ASSERT_TRUE(each.only_last);
  EXPECT_EQ(multiply_accumulates(each), 12 * 8 * 9 * 3 * 4);
}

TEST(KernelCases, BytesAreThoseOfMapsAndWeights) {
  const auto networks = network_cases();
  // The block's input is its residual too, and is read once.
  EXPECT_EQ(least_bytes(named(networks, "RRDB/dense_block/64x64")),
            4 * (2 * 64 * 64 * 64 + (448 * 32 + 192 * 64) * 9 + 4 * 32 + 64));
}

TEST(MachineSpeed, ClockAndPeaksAreNumbersOfThisWorld) {
#if defined(__x86_64__)
  EXPECT_GT(clock_ghz(), 0);
  // A core that dropped the additions would seem to run at several times its clock.
  EXPECT_LT(clock_ghz(), 9);
#else
  EXPECT_EQ(clock_ghz(), 0);
#endif
  ThreadTeam team(1);
  for (const cpu::Isa isa : cpu::supported_isas()) {
    const double peak = peak_gflops(isa, team);
    EXPECT_GT(peak, 0) << cpu::to_string(isa);
    EXPECT_LT(peak, 9 * 2 * 16 * 4) << cpu::to_string(isa);  // 9 GHz, four units of 16 lanes
  }
}

}  // namespace
}  // namespace fovea::bench
