// A last convolution, its pixel shuffle and the enlarged base in one kernel, against the formula in
// f64.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernels/cuda/shuffle_mma.h"
#include "tests/compare.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/map_buffer.h"
#include "tests/emulation/operator_run.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

using cuda::ElementType;

constexpr int64_t kTaps = 9;

struct ShuffleCase {
  int64_t in_channels;
  int64_t channels;  // of the result
  int32_t factor;
  bool base;
  cuda::EpilogueActivation activation = cuda::EpilogueActivation::kNone;
};

// SRVGG x4, x3, x2; no base; another number of channels, odd planes, a PReLU.
constexpr ShuffleCase kCases[] = {{64, 3, 4, true},
                                  {64, 3, 3, true},
                                  {64, 3, 2, true},
                                  {64, 3, 4, false},
                                  {24, 4, 4, true, cuda::EpilogueActivation::kPrelu},
                                  {19, 8, 2, true, cuda::EpilogueActivation::kLeakyRelu}};

class ShuffleMma : public ::testing::TestWithParam<ShuffleCase> {
 protected:
  static constexpr float kSlope = 0.1f;

  void SetUp() override {
    emulation::set_schedule({});
    emulation::set_compute_capability(90);
  }
  void TearDown() override { SetUp(); }

  void prepare(Size size, ElementType type, uint32_t seed) {
    const ShuffleCase& test = GetParam();
    RandomValues random(seed);
    type_ = type;
    size_ = size;
    input_ = rounded_to(type, random.map(size, test.in_channels));
    base_ = rounded_to(type, random.map(size, test.channels));
    const int64_t outputs = test.channels * test.factor * test.factor;
    const int64_t terms = kTaps * test.in_channels;
    weight_ = random.normals(outputs * terms, std::sqrt(1.0f / static_cast<float>(terms)));
    for (float& value : weight_) value = rounded_to(type, value);
    const auto padded = static_cast<size_t>(cuda::planes_of(outputs) * cuda::kPlaneChannels);
    bias_ = random.normals(outputs, 0.5f);
    bias_.resize(padded, 0.0f);
    slopes_ = random.normals(outputs, 0.3f);
    slopes_.resize(padded, 0.0f);
    packed_ = cuda::pack_conv_mma(type, weight_, 3, test.in_channels, outputs);
  }

  Size output_size() const {
    return {size_.height * GetParam().factor, size_.width * GetParam().factor};
  }

  void launch(const cuda::DeviceMap& input, const cuda::DeviceMap& base,
              const cuda::DeviceMap& output, RowRange rows) const {
    cuda::ShuffleConvolutionArgs args;
    args.convolution.input = input;
    args.convolution.output = output;
    args.convolution.weights = packed_.data();
    args.convolution.epilogue.bias = bias_.data();
    args.convolution.epilogue.activation = GetParam().activation;
    args.convolution.epilogue.slope = kSlope;
    args.convolution.epilogue.slopes = slopes_.data();
    args.convolution.first_row = rows.begin;
    args.convolution.last_row = rows.end;
    args.factor = GetParam().factor;
    if (GetParam().base) args.base = base;
    EXPECT_EQ(cuda::launch_shuffle_mma(args, nullptr), 0);
    EXPECT_EQ(kernel_faults(), "");
  }

  Tensor run_whole() const {
    MapBuffer input(type_, size_, GetParam().in_channels);
    input.write(input_);
    MapBuffer base(type_, size_, GetParam().channels);
    base.write(base_);
    MapBuffer output(type_, output_size(), GetParam().channels);
    const RowRange all{0, output_size().height};
    launch(input.map(), base.map(), output.map(), all);
    EXPECT_TRUE(output.is_written_only_in(all));
    return output.read();
  }

  // Calls of `rows` rows on rings that hold no row more than one needs.
  Tensor run_in_rings(int64_t rows) const {
    Tensor gathered(output_size(), GetParam().channels);
    const int64_t factor = GetParam().factor;
    for (int64_t y = 0; y < output_size().height; y += rows) {
      const RowRange piece{y, std::min(y + rows, output_size().height)};
      const RowRange small{piece.begin / factor, (piece.end + factor - 1) / factor};
      const RowRange read{std::max<int64_t>(small.begin - 1, 0),
                          std::min(small.end + 1, size_.height)};
      MapBuffer input(type_, size_, GetParam().in_channels, read.size());
      input.write(input_, read);
      MapBuffer base(type_, size_, GetParam().channels, small.size());
      base.write(base_, small);
      MapBuffer output(type_, output_size(), GetParam().channels, piece.size());
      launch(input.map(), base.map(), output.map(), piece);
      EXPECT_TRUE(output.is_written_only_in(piece));
      const Tensor values = output.read(piece);
      for (int64_t row = piece.begin; row < piece.end; ++row)
        std::copy_n(values.view().row(row), values.view().row_stride, gathered.view().row(row));
    }
    return gathered;
  }

  double expected(int64_t y, int64_t x, int64_t c) const {
    const int64_t factor = GetParam().factor;
    const int64_t a = y / factor;
    const int64_t b = x / factor;
    const int64_t k = c * factor * factor + y % factor * factor + x % factor;
    double sum = bias_[static_cast<size_t>(k)];
    for (int64_t tap = 0; tap < kTaps; ++tap) {
      const int64_t row = a + tap / 3 - 1;
      const int64_t column = b + tap % 3 - 1;
      if (row < 0 || row >= size_.height || column < 0 || column >= size_.width) continue;
      for (int64_t i = 0; i < GetParam().in_channels; ++i)
        sum += double{input_.view().at(row, column)[i]} *
               double{weight_[static_cast<size_t>((k * GetParam().in_channels + i) * kTaps + tap)]};
    }
    if (GetParam().activation == cuda::EpilogueActivation::kLeakyRelu && sum < 0) sum *= kSlope;
    if (GetParam().activation == cuda::EpilogueActivation::kPrelu && sum < 0)
      sum *= double{slopes_[static_cast<size_t>(k)]};
    return GetParam().base ? sum + double{base_.view().at(a, b)[c]} : sum;
  }

  // The relative error is at most twice that of one rounding; 0.4 units are its mean over a binade
  // (a few values may all be luckier).
  ::testing::AssertionResult is_accurate(const Tensor& actual) const {
    double error = 0.0;
    double rounding = 0.0;
    double total = 0.0;
    for (int64_t y = 0; y < output_size().height; ++y) {
      for (int64_t x = 0; x < output_size().width; ++x) {
        for (int64_t c = 0; c < GetParam().channels; ++c) {
          const double value = expected(y, x, c);
          const double got = double{actual.view().at(y, x)[c]};
          const double rounded = double{rounded_to(type_, static_cast<float>(value))};
          error += (got - value) * (got - value);
          rounding += (rounded - value) * (rounded - value);
          total += value * value;
        }
      }
    }
    error = std::sqrt(error / total);
    const double tolerance =
        2.0 * std::max(std::sqrt(rounding / total), 0.4 * rounding_unit(type_));
    if (error <= tolerance) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure()
           << size_.height << "x" << size_.width << " " << type_name(type_) << ": relative error "
           << error << ", tolerance " << tolerance;
  }

  ElementType type_ = ElementType::kF16;
  Size size_;
  Tensor input_;
  Tensor base_;
  std::vector<float> weight_;
  std::vector<float> bias_;
  std::vector<float> slopes_;
  std::vector<uint8_t> packed_;
};

TEST_P(ShuffleMma, IsTheFormulaAtEverySize) {
  uint32_t seed = 1;
  for (const Size size : kKernelSizes) {
    prepare(size, seed % 2 == 0 ? ElementType::kBf16 : ElementType::kF16, seed);
    EXPECT_TRUE(is_accurate(run_whole())) << "seed " << seed;
    ++seed;
  }
}

TEST_P(ShuffleMma, HasTheSameBitsUnderEveryScheduleAndInRings) {
  for (const int capability : {75, 80, 90}) {
    emulation::set_schedule({});
    emulation::set_compute_capability(capability);
    prepare({10, 35}, ElementType::kF16, 9);
    const Tensor whole = run_whole();
    EXPECT_TRUE(is_accurate(whole));
    for (const int64_t rows : {1, 7, 24})
      EXPECT_TRUE(same_bits(whole.view(), run_in_rings(rows).view())) << rows << " rows";
    for (const emulation::Schedule& schedule : emulation::covering_schedules()) {
      emulation::set_schedule(schedule);
      EXPECT_TRUE(same_bits(whole.view(), run_whole().view()))
          << emulation::schedule_name(schedule);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, ShuffleMma, ::testing::ValuesIn(kCases));

}  // namespace
}  // namespace fovea::test
