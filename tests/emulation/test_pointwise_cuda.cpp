// Pointwise kernels beyond the operator cases: larger maps, values that are not numbers, outputs in
// place, arguments that are refused.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/cuda/pointwise.h"
#include "tests/compare.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/map_buffer.h"
#include "tests/emulation/operator_run.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

using cuda::DeviceMap;
using cuda::ElementType;

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

RowRange same_rows(size_t, RowRange rows) { return rows; }

OperatorRun pointwise_run(ElementType type, Size size, int64_t channels, int64_t inputs,
                          uint32_t seed) {
  RandomValues random(seed);
  OperatorRun run;
  run.type = type;
  run.output_size = size;
  run.output_channels = channels;
  for (int64_t n = 0; n < inputs; ++n)
    run.inputs.push_back(rounded_to(type, random.map(size, channels)));
  run.rows_needed = same_rows;
  return run;
}

class CudaPointwise : public ::testing::TestWithParam<ElementType> {};

TEST_P(CudaPointwise, AddsUpToEightInputs) {
  for (const Size size : kKernelSizes) {
    for (const int32_t count : {1, 2, 8}) {
      SCOPED_TRACE(std::to_string(size.height) + "x" + std::to_string(size.width) + ", " +
                   std::to_string(count) + " inputs, seed 11");
      OperatorRun run = pointwise_run(GetParam(), size, 13, count, 11);
      cuda::AddArgs args;
      args.input_count = count;
      for (int32_t n = 0; n < count; ++n) args.scales[n] = 0.75f - 0.25f * static_cast<float>(n);
      run.launch = [args](std::span<const DeviceMap> inputs, const DeviceMap& output,
                          RowRange rows) mutable {
        std::copy(inputs.begin(), inputs.end(), args.inputs);
        args.output = output;
        args.first_row = rows.begin;
        args.last_row = rows.end;
        return cuda::launch_add(args, nullptr);
      };
      Tensor expected(size, 13);
      Tensor magnitude(size, 13);
      for (size_t i = 0; i < expected.values().size(); ++i) {
        double sum = 0;
        double magnitudes = 0;
        for (size_t n = 0; n < run.inputs.size(); ++n) {
          const double term = static_cast<double>(args.scales[n]) * run.inputs[n].values()[i];
          sum += term;
          magnitudes += std::abs(term);
        }
        expected.values()[i] = static_cast<float>(sum);
        magnitude.values()[i] = static_cast<float>(magnitudes);
      }
      const Tensor whole = run_on_whole_maps(run);
      expect_rounded_once(GetParam(), expected, whole, [&](int64_t y, int64_t x, int64_t c) {
        return kEpsilon * (count + 1) * magnitude.view().at(y, x)[c];
      });
      if (size.area() < 5000) expect_same_in_rings(run, whole, 5);
    }
  }
}

TEST_P(CudaPointwise, MultipliesAndClampsOnEverySize) {
  for (const Size size : kKernelSizes) {
    SCOPED_TRACE(std::to_string(size.height) + "x" + std::to_string(size.width) + ", seed 12");
    OperatorRun run = pointwise_run(GetParam(), size, 24, 2, 12);
    run.launch = [](std::span<const DeviceMap> inputs, const DeviceMap& output, RowRange rows) {
      return cuda::launch_multiply({inputs[0], inputs[1], output, rows.begin, rows.end}, nullptr);
    };
    // Products of two numbers of 11 bits are exact in f32: one rounding is all there is.
    Tensor products = run.inputs[0];
    for (size_t i = 0; i < products.values().size(); ++i)
      products.values()[i] =
          rounded_to(GetParam(), products.values()[i] * run.inputs[1].values()[i]);
    EXPECT_TRUE(same_bits(products.view(), run_on_whole_maps(run).view()));

    run.inputs.pop_back();
    run.launch = [](std::span<const DeviceMap> inputs, const DeviceMap& output, RowRange rows) {
      return cuda::launch_clamp({inputs[0], output, 0.25f, 0.5f, rows.begin, rows.end}, nullptr);
    };
    Tensor clamped = run.inputs[0];
    for (float& value : clamped.values()) value = std::clamp(value, 0.25f, 0.5f);
    EXPECT_TRUE(same_bits(clamped.view(), run_on_whole_maps(run).view()));
  }
}

// A NaN must reach the check at the network's end: no activation may turn it into a number, nor
// spread it.
TEST_P(CudaPointwise, NanStaysWhereItIs) {
  constexpr Size kSize{2, 3};
  constexpr int64_t kChannels = 11;
  for (const ActivationKind kind :
       {ActivationKind::kNone, ActivationKind::kRelu, ActivationKind::kLeakyRelu,
        ActivationKind::kPrelu, ActivationKind::kSigmoid, ActivationKind::kSilu,
        ActivationKind::kTanh, ActivationKind::kGelu, ActivationKind::kMish,
        ActivationKind::kHardSwish}) {
    SCOPED_TRACE(std::string(to_string(kind)));
    Tensor input(kSize, kChannels);
    input.view().at(1, 2)[9] = std::numeric_limits<float>::quiet_NaN();
    MapBuffer in(GetParam(), kSize, kChannels);
    in.write(input);
    const MapBuffer out(GetParam(), kSize, kChannels);
    const AlignedFloats slopes(16, 0.5f);
    ASSERT_EQ(
        cuda::launch_activate({in.map(), out.map(), kind, 0.1f, slopes.data(), 0, 2}, nullptr), 0);
    for (int64_t y = 0; y < 2; ++y) {
      for (int64_t x = 0; x < 3; ++x) {
        for (int64_t c = 0; c < kChannels; ++c)
          EXPECT_EQ(std::isnan(out.value(y, x, c)), y == 1 && x == 2 && c == 9);
      }
    }
  }
  Tensor input(kSize, kChannels);
  input.view().at(0, 1)[3] = std::numeric_limits<float>::quiet_NaN();
  input.view().at(0, 1)[4] = std::numeric_limits<float>::infinity();
  MapBuffer in(GetParam(), kSize, kChannels);
  in.write(input);
  const MapBuffer out(GetParam(), kSize, kChannels);
  ASSERT_EQ(cuda::launch_clamp({in.map(), out.map(), -1.0f, 1.0f, 0, 2}, nullptr), 0);
  EXPECT_TRUE(std::isnan(out.value(0, 1, 3)));
  EXPECT_EQ(out.value(0, 1, 4), 1.0f);
  EXPECT_EQ(kernel_faults(), "");
}

TEST_P(CudaPointwise, LargeArgumentsHaveTheirLimits) {
  const struct {
    ActivationKind kind;
    float at_large, at_small;
  } limits[] = {{ActivationKind::kSigmoid, 1, 0},  {ActivationKind::kSilu, 60000, 0},
                {ActivationKind::kTanh, 1, -1},    {ActivationKind::kGelu, 60000, 0},
                {ActivationKind::kMish, 60000, 0}, {ActivationKind::kHardSwish, 60000, 0}};
  for (const auto& limit : limits) {
    SCOPED_TRACE(std::string(to_string(limit.kind)));
    Tensor input({1, 1}, 2);
    input.values() = {60000.0f, -60000.0f};
    MapBuffer in(GetParam(), {1, 1}, 2);
    in.write(input);
    const MapBuffer out(GetParam(), {1, 1}, 2);
    ASSERT_EQ(cuda::launch_activate({in.map(), out.map(), limit.kind, 0, nullptr, 0, 1}, nullptr),
              0);
    EXPECT_EQ(out.value(0, 0, 0), rounded_to(GetParam(), limit.at_large));
    EXPECT_EQ(out.value(0, 0, 1), limit.at_small);
  }
}

TEST_P(CudaPointwise, WorksInPlace) {
  OperatorRun run = pointwise_run(GetParam(), {5, 9}, 12, 2, 13);
  MapBuffer a(GetParam(), {5, 9}, 12);
  MapBuffer b(GetParam(), {5, 9}, 12);
  a.write(run.inputs[0]);
  b.write(run.inputs[1]);
  ASSERT_EQ(cuda::launch_multiply({a.map(), b.map(), a.map(), 0, 5}, nullptr), 0);
  EXPECT_EQ(kernel_faults(), "");
  run.launch = [](std::span<const DeviceMap> inputs, const DeviceMap& output, RowRange rows) {
    return cuda::launch_multiply({inputs[0], inputs[1], output, rows.begin, rows.end}, nullptr);
  };
  EXPECT_TRUE(same_bits(run_on_whole_maps(run).view(), a.read().view()));
}

TEST_P(CudaPointwise, RefusesWhatItCannotDo) {
  const MapBuffer in(GetParam(), {4, 4}, 8);
  const MapBuffer other(GetParam(), {4, 5}, 8);
  const MapBuffer ring(GetParam(), {4, 4}, 8, 2);
  const MapBuffer out(GetParam(), {4, 4}, 8);
  const AlignedFloats slopes(16, 0.5f);
  const auto kRelu = ActivationKind::kRelu;
  const auto kPrelu = ActivationKind::kPrelu;
  emulation::take_counts();
  EXPECT_NE(cuda::launch_activate({other.map(), out.map(), kRelu, 0, nullptr, 0, 4}, nullptr), 0);
  EXPECT_NE(cuda::launch_activate({in.map(), out.map(), kRelu, 0, nullptr, 0, 5}, nullptr), 0);
  EXPECT_NE(cuda::launch_activate({in.map(), out.map(), kRelu, 0, nullptr, -1, 2}, nullptr), 0);
  EXPECT_NE(cuda::launch_activate({in.map(), out.map(), kRelu, 0, nullptr, 3, 2}, nullptr), 0);
  EXPECT_NE(cuda::launch_activate({ring.map(), out.map(), kRelu, 0, nullptr, 0, 3}, nullptr), 0);
  EXPECT_NE(cuda::launch_activate({in.map(), ring.map(), kRelu, 0, nullptr, 0, 3}, nullptr), 0);
  EXPECT_NE(cuda::launch_activate({in.map(), out.map(), kPrelu, 0, nullptr, 0, 4}, nullptr), 0);
  EXPECT_NE(
      cuda::launch_activate({in.map(), out.map(), kPrelu, 0, slopes.data() + 1, 0, 4}, nullptr), 0);
  EXPECT_NE(cuda::launch_affine({in.map(), out.map(), slopes.data() + 2, nullptr, 0, 4}, nullptr),
            0);
  EXPECT_NE(cuda::launch_multiply({in.map(), other.map(), out.map(), 0, 4}, nullptr), 0);
  DeviceMap shifted = in.map();
  shifted.data = static_cast<char*>(shifted.data) + 8;
  EXPECT_NE(cuda::launch_clamp({shifted, out.map(), 0, 1, 0, 4}, nullptr), 0);
  DeviceMap retyped = in.map();
  retyped.type = GetParam() == ElementType::kF16 ? ElementType::kBf16 : ElementType::kF16;
  EXPECT_NE(cuda::launch_clamp({retyped, out.map(), 0, 1, 0, 4}, nullptr), 0);
  EXPECT_NE(cuda::launch_add({}, nullptr), 0);
  EXPECT_EQ(cuda::launch_clamp({in.map(), out.map(), 0, 1, 2, 2}, nullptr), 0);
  EXPECT_EQ(emulation::take_counts().launches, 0);
  EXPECT_TRUE(out.is_written_only_in({0, 0}));
}

INSTANTIATE_TEST_SUITE_P(Types, CudaPointwise, ::testing::ValuesIn(kElementTypes),
                         [](const auto& type) { return type_name(type.param); });

}  // namespace
}  // namespace fovea::test
