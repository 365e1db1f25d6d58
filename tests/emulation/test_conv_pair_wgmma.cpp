// Two convolutions in one: the map between them bit for bit, the result against its formula in f64,
// and that none of its bits hangs on the schedule, on the number of blocks or on how rows are
// split.
//
// Planted by hand in conv_pair_wgmma.cuh, 56 in all, and caught by these tests: each wait left out
// (the kernel before, weights, the first row, the next, both kinds of products), the second
// products' fence and commit, their sums begun with the last row's or every time anew; the barrier
// between the edges' stores and loads left out, or one for all warpgroups, one set of edges instead
// of two, or another warpgroup's; edges swapped, not taken, or not passed on within a warp; the
// release of a stage left out, early or by all lanes; phases of reader and loader; counts of
// arrivals and bytes; the fence and the meeting after the barriers' inits; columns outside the
// picture not zero, or one too many not; rows loaded, begun, completed or stored one more or less;
// the strip's outermost pixels stored; ring slots; strides swapped; the bias left out or thrice;
// taps of another kernel row.
#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "kernels/cuda/conv3x3_wgmma.h"
#include "kernels/cuda/conv_pair_wgmma.h"
#include "kernels/cuda/multiprocessor_count.h"
#include "kernels/cuda/pack_conv3x3_wgmma.h"
#include "kernels/cuda/pack_conv_pair_wgmma.h"
#include "kernels/cuda/pointwise.h"
#include "tests/compare.h"
#include "tests/emulation/accuracy.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/map_buffer.h"
#include "tests/emulation/operator_run.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

using cuda::ConvolutionArgs;
using cuda::ConvolutionPairArgs;
using cuda::ElementType;
using cuda::EpilogueActivation;

struct Activated {
  EpilogueActivation activation = EpilogueActivation::kNone;
  float slope = 0.0f;
};

// One of the two with random values that `type` has.
struct Layer {
  Layer(ElementType type, int64_t in_channels, int64_t out_channels, Activated then,
        RandomValues& random)
      : in(in_channels), out(out_channels), activated(then) {
    weight = random.normals(9 * out * in, 1.0f / std::sqrt(9.0f * static_cast<float>(in)));
    for (float& value : weight) value = rounded_to(type, value);
    bias = random.normals(out, 0.3f);
    slopes = random.normals(out, 0.5f);
    bias.resize(64);
    slopes.resize(64);
  }

  cuda::EpilogueArgs epilogue() const {
    cuda::EpilogueArgs args;
    args.bias = bias.data();
    args.activation = activated.activation;
    args.slope = activated.slope;
    args.slopes = slopes.data();
    return args;
  }

  // (height, width, out) in f64.
  std::vector<double> formula(const Tensor& input) const {
    const Size size = input.size();
    std::vector<double> result;
    for (int64_t y = 0; y < size.height; ++y) {
      for (int64_t x = 0; x < size.width; ++x) {
        for (int64_t k = 0; k < out; ++k) {
          double sum = static_cast<double>(bias[static_cast<size_t>(k)]);
          for (int64_t tap = 0; tap < 9; ++tap) {
            const int64_t row = y + tap / 3 - 1;
            const int64_t column = x + tap % 3 - 1;
            if (row < 0 || row >= size.height || column < 0 || column >= size.width) continue;
            const float* pixel = input.view().at(row, column);
            const float* weights = weight.data() + k * in * 9 + tap;
            for (int64_t c = 0; c < in; ++c)
              sum += static_cast<double>(weights[9 * c]) * static_cast<double>(pixel[c]);
          }
          if (sum < 0 && activated.activation != EpilogueActivation::kNone)
            sum *= static_cast<double>(activated.activation == EpilogueActivation::kPrelu
                                           ? slopes[static_cast<size_t>(k)]
                                           : activated.slope);
          result.push_back(sum);
        }
      }
    }
    return result;
  }

  int64_t in;
  int64_t out;
  Activated activated;
  std::vector<float> weight;
  std::vector<float> bias;
  std::vector<float> slopes;
};

constexpr uint32_t kSeed = 1;
constexpr Activated kLeaky{EpilogueActivation::kLeakyRelu, 0.2f};

class Pair {
 public:
  explicit Pair(ElementType type, int64_t in = 64, int64_t middle = 64, int64_t out = 3,
                Activated between = kLeaky, Activated after = {})
      : type_(type),
        random_(kSeed),
        first_(type, in, middle, between, random_),
        second_(type, middle, out, after, random_) {
    pack();
  }

  const Layer& second() const { return second_; }

  // The second gives `count` channels of the map between from `first` on, moved by a tap.
  void make_second_copy(int64_t first, int64_t tap) {
    std::ranges::fill(second_.weight, 0.0f);
    std::ranges::fill(second_.bias, 0.0f);
    for (int64_t k = 0; k < second_.out; ++k)
      second_.weight[static_cast<size_t>((k * second_.in + first + k) * 9 + tap)] = 1.0f;
    pack();
  }

  ConvolutionPairArgs args(const cuda::DeviceMap& input, const cuda::DeviceMap& output,
                           RowRange rows) const {
    ConvolutionPairArgs args;
    args.convolution = {input, output, packed_.data(), second_.epilogue(), rows.begin, rows.end};
    args.middle_channels = first_.out;
    args.middle = first_.epilogue();
    return args;
  }

  OperatorRun run(Size size, int blocks = 0) const {
    OperatorRun run = run_of(size, second_.out);
    run.launch = [this, blocks](std::span<const cuda::DeviceMap> maps,
                                const cuda::DeviceMap& output, RowRange rows) {
      return cuda::launch_conv_pair_wgmma(args(maps[0], output, rows), nullptr, blocks);
    };
    run.rows_needed = [size](size_t, RowRange rows) {
      return RowRange{std::max<int64_t>(rows.begin - 2, 0), std::min(rows.end + 2, size.height)};
    };
    return run;
  }

  // The map between, by the kernel for one convolution.
  Tensor middle(Size size) const {
    const std::vector<uint8_t> packed =
        cuda::pack_conv3x3_wgmma(type_, first_.weight, first_.in, first_.out);
    OperatorRun run = run_of(size, first_.out);
    run.launch = [this, &packed](std::span<const cuda::DeviceMap> maps,
                                 const cuda::DeviceMap& output, RowRange rows) {
      const ConvolutionArgs args{maps[0],           output,     packed.data(),
                                 first_.epilogue(), rows.begin, rows.end};
      return cuda::launch_conv3x3_wgmma(args, nullptr);
    };
    return run_on_whole_maps(run);
  }

 private:
  OperatorRun run_of(Size size, int64_t out) const {
    OperatorRun run;
    run.type = type_;
    run.output_size = size;
    run.output_channels = out;
    run.padding = 1.0f;
    RandomValues random(kSeed + 1);
    run.inputs.push_back(rounded_to(type_, random.map(size, first_.in)));
    return run;
  }

  void pack() {
    packed_ = cuda::pack_conv_pair_wgmma(type_, first_.weight, second_.weight, first_.in,
                                         first_.out, second_.out);
    ASSERT_FALSE(packed_.empty());
  }

  ElementType type_;
  RandomValues random_;
  Layer first_;
  Layer second_;
  std::vector<uint8_t> packed_;
};

class ConvPairWgmma : public ::testing::Test {
 protected:
  void SetUp() override { emulation::set_schedule({}); }
  void TearDown() override { emulation::set_schedule({}); }
};

TEST_F(ConvPairWgmma, IsAccurateOnEverySize) {
  const auto schedules = emulation::covering_schedules();
  size_t next = 0;
  for (const ElementType type : {ElementType::kF16, ElementType::kBf16}) {
    const Pair pair(type);
    for (const Size size : kKernelSizes) {
      SCOPED_TRACE(std::string(type_name(type)) + ", " + std::to_string(size.height) + "x" +
                   std::to_string(size.width) + ", seeds 1 and 2");
      const emulation::Schedule& schedule = schedules[next++ % schedules.size()];
      SCOPED_TRACE(emulation::schedule_name(schedule));
      emulation::set_schedule(schedule);
      expect_accurate(type, pair.second().formula(pair.middle(size)),
                      run_on_whole_maps(pair.run(size)));
      if (HasFailure()) return;  // one case's report is enough
    }
  }
}

TEST_F(ConvPairWgmma, HasTheBitsBetweenThatTheFirstAloneStores) {
  // A second convolution of one 1 an output gives the map between as it is, and zeros from outside.
  constexpr Size kSize{4, 130};
  for (const ElementType type : {ElementType::kF16, ElementType::kBf16}) {
    Pair pair(type, 64, 64, 4);
    const Tensor middle = pair.middle(kSize);
    for (int64_t tap = 0; tap < 9; ++tap) {
      for (const int64_t first : {4 * tap, 60 - 4 * tap}) {
        SCOPED_TRACE("tap " + std::to_string(tap) + ", from channel " + std::to_string(first));
        pair.make_second_copy(first, tap);
        Tensor expected(kSize, 4);
        for (int64_t y = 0; y < kSize.height; ++y) {
          for (int64_t x = 0; x < kSize.width; ++x) {
            const int64_t row = y + tap / 3 - 1;
            const int64_t column = x + tap % 3 - 1;
            if (row < 0 || row >= kSize.height || column < 0 || column >= kSize.width) continue;
            std::copy_n(middle.view().at(row, column) + first, 4, expected.view().at(y, x));
          }
        }
        ASSERT_TRUE(same_bits(expected.view(), run_on_whole_maps(pair.run(kSize)).view()));
      }
    }
  }
}

TEST_F(ConvPairWgmma, HasEveryActivationAndChannelsThatFillUp) {
  struct Case {
    int64_t in, middle, out;
    Activated between, after;
  };
  const Activated prelu{EpilogueActivation::kPrelu, 0.0f};
  for (const Case& each : {Case{59, 61, 1, {}, prelu},
                           {64, 57, 2, {EpilogueActivation::kLeakyRelu, 0.0f}, kLeaky},
                           {57, 64, 4, prelu, {EpilogueActivation::kLeakyRelu, 1.5f}}}) {
    SCOPED_TRACE(std::to_string(each.in) + " -> " + std::to_string(each.middle) + " -> " +
                 std::to_string(each.out));
    const Pair pair(ElementType::kF16, each.in, each.middle, each.out, each.between, each.after);
    expect_accurate(ElementType::kF16, pair.second().formula(pair.middle({5, 67})),
                    run_on_whole_maps(pair.run({5, 67})));
  }
}

TEST_F(ConvPairWgmma, HasTheSameBitsUnderEverySchedule) {
  // One block: runs that end and begin inside of strips, of more rows than the ring has stages.
  const Pair pair(ElementType::kF16);
  constexpr Size kSize{13, 130};
  std::optional<Tensor> first;
  for (const emulation::Schedule& schedule : emulation::all_schedules()) {
    SCOPED_TRACE(emulation::schedule_name(schedule));
    emulation::set_schedule(schedule);
    const Tensor result = run_on_whole_maps(pair.run(kSize, 1));
    if (!first) {
      expect_accurate(ElementType::kF16, pair.second().formula(pair.middle(kSize)), result);
      first = result;
    }
    ASSERT_TRUE(same_bits(first->view(), result.view()));
    if (HasFailure()) return;
  }
}

TEST_F(ConvPairWgmma, HasTheSameBitsForEveryNumberOfBlocksAndInPiecesOnRings) {
  const Pair pair(ElementType::kBf16);
  constexpr Size kSize{9, 67};
  const Tensor whole = run_on_whole_maps(pair.run(kSize));
  for (const int blocks : {1, 2, 3, 5, 20, 132}) {
    SCOPED_TRACE(std::to_string(blocks) + " blocks");
    ASSERT_TRUE(same_bits(whole.view(), run_on_whole_maps(pair.run(kSize, blocks)).view()));
  }
  for (const int64_t piece_rows : {1, 2, 3, 7})
    expect_same_in_rings(pair.run(kSize), whole, piece_rows);
}

// What the kernel before wrote is not touched before that has ended: the emulation tells.
TEST_F(ConvPairWgmma, WaitsForTheKernelBefore) {
  constexpr Size kSize{3, 66};
  const Pair pair(ElementType::kF16);
  MapBuffer source(ElementType::kF16, kSize, 64);
  source.write(RandomValues(1).map(kSize, 64));
  const MapBuffer input(ElementType::kF16, kSize, 64);
  const MapBuffer output(ElementType::kF16, kSize, 3);
  EXPECT_EQ(cuda::launch_clamp({source.map(), input.map(), -8.0f, 8.0f, 0, 3}, nullptr), 0);
  EXPECT_EQ(cuda::launch_conv_pair_wgmma(pair.args(input.map(), output.map(), {0, 3}), nullptr), 0);
  EXPECT_EQ(kernel_faults(), "");
}

TEST_F(ConvPairWgmma, DoesNoMoreThanItsRowsAndStrips) {
  const Pair pair(ElementType::kF16);
  const auto counts = [&](Size size, int blocks) {
    emulation::take_counts();
    run_on_whole_maps(pair.run(size, blocks));
    return emulation::take_counts();
  };
  // Three warpgroups have rows [0, 1), [1, 3) and [3, 5), and two rows of x more on each side, 3 +
  // 5 + 4, each 3 kx and 4 pairs of planes; one of the map between, 2 + 4 + 3, each 4 pairs of
  // planes. The weights are a copy more.
  for (const int64_t columns : {61, 62}) {
    const emulation::Counts one_strip = counts({5, columns}, 1);
    EXPECT_EQ(one_strip.wgmma, 12 * 3 * 4 + 9 * 4);
    EXPECT_EQ(one_strip.bulk_copies, 12 + 1);
  }
  // A block a multiprocessor, or as many as have three rows each.
  int multiprocessors = 0;
  ASSERT_EQ(cuda::multiprocessor_count(multiprocessors), 0);
  ASSERT_EQ(multiprocessors, 4);
  EXPECT_EQ(counts({13, 62}, 0).blocks, 4);
  EXPECT_EQ(counts({13, 62}, 3).blocks, 3);
  EXPECT_EQ(counts({3, 62}, 0).blocks, 1);
  EXPECT_EQ(counts({4, 62}, 0).blocks, 2);
  EXPECT_EQ(counts({2, 63}, 0).blocks, 2);
}

TEST_F(ConvPairWgmma, RefusesWhatItCannotDo) {
  const Pair pair(ElementType::kF16);
  const MapBuffer input(ElementType::kF16, {8, 8}, 64);
  const MapBuffer output(ElementType::kF16, {8, 8}, 3);
  const ConvolutionPairArgs good = pair.args(input.map(), output.map(), {3, 5});
  const auto refused = [](const ConvolutionPairArgs& args) {
    return cuda::launch_conv_pair_wgmma(args, nullptr) == 1 && kernel_faults().empty();
  };
  EXPECT_FALSE(refused(good));
  ConvolutionPairArgs args = good;
  args.convolution.input.channels = 65;
  EXPECT_FALSE(cuda::conv_pair_wgmma_supports(args));
  EXPECT_TRUE(refused(args));
  args = good;
  args.convolution.input.channels = 56;
  EXPECT_TRUE(refused(args));
  args = good;
  args.middle_channels = 32;
  EXPECT_TRUE(refused(args));
  args = good;
  args.convolution.output.channels = 5;
  EXPECT_TRUE(refused(args));
  args = good;
  args.convolution.input.type = args.convolution.output.type = ElementType::kF32;
  EXPECT_TRUE(refused(args));
  args = good;
  args.convolution.output.type = ElementType::kBf16;
  EXPECT_FALSE(cuda::conv_pair_wgmma_supports(args));
  EXPECT_TRUE(refused(args));
  args = good;
  args.convolution.output.data = args.convolution.input.data;
  EXPECT_TRUE(refused(args));
  args = good;
  args.convolution.output.height = 7;
  EXPECT_TRUE(refused(args));
  args = good;
  args.convolution.last_row = 9;
  EXPECT_TRUE(refused(args));
  args = good;
  args.convolution.input.ring_rows = 5;  // rows 1 to 6 are read
  EXPECT_TRUE(refused(args));
  args = good;
  args.convolution.weights = nullptr;
  EXPECT_TRUE(refused(args));
  args = good;
  args.middle.bias = nullptr;
  EXPECT_TRUE(refused(args));
  args = good;
  args.middle.activation = EpilogueActivation::kPrelu;
  args.middle.slopes = nullptr;
  EXPECT_TRUE(refused(args));
  args = good;
  args.middle.residual_count = 1;
  EXPECT_TRUE(refused(args));
  args = good;
  args.convolution.epilogue.residual_count = 1;
  args.convolution.epilogue.residuals[0].map = output.map();
  EXPECT_TRUE(refused(args));
}

TEST_F(ConvPairWgmma, PacksNothingThatItHasNoKernelFor) {
  const auto packed = [](ElementType type, int64_t in, int64_t middle, int64_t out, size_t less) {
    const std::vector<float> first(static_cast<size_t>(9 * in * middle) - less);
    const std::vector<float> second(static_cast<size_t>(9 * middle * out));
    return cuda::pack_conv_pair_wgmma(type, first, second, in, middle, out).size();
  };
  EXPECT_GT(packed(ElementType::kF16, 64, 64, 3, 0), 0u);
  EXPECT_EQ(packed(ElementType::kF32, 64, 64, 3, 0), 0u);
  EXPECT_EQ(packed(ElementType::kF16, 64, 64, 5, 0), 0u);
  EXPECT_EQ(packed(ElementType::kF16, 64, 32, 3, 0), 0u);
  EXPECT_EQ(packed(ElementType::kF16, 64, 64, 3, 1), 0u);
}

}  // namespace
}  // namespace fovea::test
