// Host rows to device maps and back, against the engine's own conversions.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "engine/picture.h"
#include "kernels/cuda/convert.h"
#include "tests/compare.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/map_buffer.h"
#include "tests/emulation/operator_run.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

using cuda::ElementType;
using cuda::HostRows;

// Rows of samples with gaps between pixels and rows, all bytes 0xa5 at first.
template <class Sample>
class SampleRows {
 public:
  SampleRows(Size size, int64_t channels, int64_t ring_rows) : size_(size) {
    rows_.type = sizeof(Sample) == 4   ? SampleType::kF32
                 : sizeof(Sample) == 2 ? SampleType::kU16
                                       : SampleType::kU8;
    rows_.channels = channels;
    rows_.pixel_stride = channels + 1;
    rows_.row_stride = size.width * rows_.pixel_stride + 3;
    rows_.ring_rows = ring_rows;
    samples_.resize(static_cast<size_t>(ring_rows * rows_.row_stride + 2 * kGuard));
    std::memset(samples_.data(), 0xa5, samples_.size() * sizeof(Sample));
    rows_.data = samples_.data() + kGuard;
  }
  SampleRows(const SampleRows&) = delete;

  const HostRows& rows() const { return rows_; }
  Sample& at(int64_t y, int64_t x, int64_t c) { return samples_[index(y, x, c)]; }

  // How many samples outside rows `rows` and the gaps have changed.
  int64_t strays(RowRange rows) {
    std::vector<Sample> left = samples_;
    Sample untouched;
    std::memset(&untouched, 0xa5, sizeof untouched);
    for (int64_t y = rows.begin; y < rows.end; ++y) {
      for (int64_t x = 0; x < size_.width; ++x) {
        for (int64_t c = 0; c < rows_.channels; ++c) left[index(y, x, c)] = untouched;
      }
    }
    return static_cast<int64_t>(left.size()) - std::count(left.begin(), left.end(), untouched);
  }

 private:
  static constexpr int64_t kGuard = 8;

  size_t index(int64_t y, int64_t x, int64_t c) const {
    return static_cast<size_t>(kGuard + y % rows_.ring_rows * rows_.row_stride +
                               x * rows_.pixel_stride + c);
  }

  Size size_;
  HostRows rows_;
  std::vector<Sample> samples_;
};

class CudaConvert : public ::testing::TestWithParam<ElementType> {};

TEST_P(CudaConvert, FloatsArriveRoundedAndComeBackAsTheyAre) {
  for (const Size size : kKernelSizes) {
    for (const int64_t channels : {1, 3, 4, 20}) {
      SCOPED_TRACE(std::to_string(size.height) + "x" + std::to_string(size.width) + "x" +
                   std::to_string(channels) + ", seed 21");
      const Tensor values = RandomValues(21).map(size, channels);
      const Tensor rounded = rounded_to(GetParam(), values);
      for (const int64_t piece : {size.height, int64_t{3}}) {
        for (int64_t begin = 0; begin < size.height; begin += piece) {
          const RowRange rows{begin, std::min(begin + piece, size.height)};
          SampleRows<float> from(size, channels, rows.size());
          for (int64_t y = rows.begin; y < rows.end; ++y) {
            for (int64_t x = 0; x < size.width; ++x) {
              for (int64_t c = 0; c < channels; ++c) from.at(y, x, c) = values.view().at(y, x)[c];
            }
          }
          MapBuffer map(GetParam(), size, channels, rows.size());
          ASSERT_EQ(cuda::launch_load_rows({from.rows(), map.map(), nullptr, rows.begin, rows.end},
                                           nullptr),
                    0);
          ASSERT_TRUE(map.is_written_only_in(rows));
          SampleRows<float> to(size, channels, rows.size());
          uint32_t not_finite = 0;
          ASSERT_EQ(cuda::launch_store_rows(
                        {to.rows(), map.map(), &not_finite, rows.begin, rows.end}, nullptr),
                    0);
          ASSERT_EQ(to.strays(rows), 0);
          ASSERT_EQ(not_finite, 0u);
          for (int64_t y = rows.begin; y < rows.end; ++y) {
            for (int64_t x = 0; x < size.width; ++x) {
              for (int64_t c = 0; c < channels; ++c) {
                ASSERT_EQ(map.value(y, x, c), rounded.view().at(y, x)[c]);
                ASSERT_EQ(to.at(y, x, c), rounded.view().at(y, x)[c]);
              }
            }
          }
        }
      }
      ASSERT_EQ(kernel_faults(), "");
    }
  }
}

// Every sample there is, as Picture loads it, and stored again: f32 gives all of them back, 16 bits
// of bf16 and f16 all of those they can tell apart.
template <class Sample>
void expect_picture_values(ElementType type, int bit_depth) {
  const int64_t count = int64_t{1} << bit_depth;
  const Size size{count / 256, 256};
  Picture picture = *Picture::create(size, 1, bit_depth);
  SampleRows<Sample> from(size, 1, size.height);
  SampleRows<Sample> to(size, 1, size.height);
  Tensor values(size, 1);
  Picture stored = *Picture::create(size, 1, bit_depth);
  for (int64_t s = 0; s < count; ++s) {
    picture.set_sample(s / 256, s % 256, 0, s);
    from.at(s / 256, s % 256, 0) = static_cast<Sample>(s);
  }
  MapBuffer map(type, size, 1);
  ASSERT_EQ(cuda::launch_load_rows({from.rows(), map.map(), nullptr, 0, size.height}, nullptr), 0);
  ASSERT_TRUE(map.is_written_only_in({0, size.height}));
  ASSERT_EQ(cuda::launch_store_rows({to.rows(), map.map(), nullptr, 0, size.height}, nullptr), 0);
  for (int64_t y = 0; y < size.height; ++y) picture.load_row(y, 0, 1, values.view().row(y));
  const Tensor rounded = rounded_to(type, values);
  EXPECT_TRUE(same_bits(rounded.view(), map.read().view()));
  for (int64_t y = 0; y < size.height; ++y) stored.store_row(y, 0, 1, rounded.view().row(y));
  for (int64_t s = 0; s < count; ++s) {
    ASSERT_EQ(to.at(s / 256, s % 256, 0), stored.sample(s / 256, s % 256, 0)) << s;
    if (type == ElementType::kF32) {
      ASSERT_EQ(to.at(s / 256, s % 256, 0), s);
    }
  }
  EXPECT_EQ(to.strays({0, size.height}), 0);
  EXPECT_EQ(kernel_faults(), "");
}

TEST_P(CudaConvert, EverySampleIsWhatPictureMakesOfIt) {
  expect_picture_values<uint8_t>(GetParam(), 8);
  expect_picture_values<uint16_t>(GetParam(), 16);
}

// Networks on 0...255 want a sample's value times 255, and give 255 times the result's.
TEST_P(CudaConvert, MultipliesOnceBetweenSampleAndMap) {
  const Size size{1, 256};
  Picture picture = *Picture::create(size, 1, 8);
  SampleRows<uint8_t> from(size, 1, 1);
  SampleRows<uint8_t> to(size, 1, 1);
  for (int64_t s = 0; s < size.width; ++s) {
    picture.set_sample(0, s, 0, s);
    from.at(0, s, 0) = static_cast<uint8_t>(s);
  }
  Tensor values(size, 1);
  picture.load_row(0, 0, 1, values.view().row(0));
  for (float& value : values.values()) value *= 255.0f;
  MapBuffer map(GetParam(), size, 1);
  ASSERT_EQ(cuda::launch_load_rows({from.rows(), map.map(), nullptr, 0, 1, 255.0f}, nullptr), 0);
  EXPECT_TRUE(same_bits(rounded_to(GetParam(), values).view(), map.read().view()));
  ASSERT_EQ(cuda::launch_store_rows({to.rows(), map.map(), nullptr, 0, 1, 1.0f / 255.0f}, nullptr),
            0);
  for (int64_t s = 0; s < size.width; ++s) ASSERT_EQ(to.at(0, s, 0), s);
  EXPECT_EQ(kernel_faults(), "");
}

// Halves between samples, their neighbours, what lies outside 0...1.
template <class Sample>
void expect_picture_rounding(ElementType type, int bit_depth) {
  const float most = static_cast<float>((1 << bit_depth) - 1);
  std::vector<float> list{-0.0f, 0.0f, -1e-9f, -3.0f, 1.0f, 1.0f + 1e-6f, 40000.0f};
  for (int s = 0; s < 600; ++s) {
    const float half = (static_cast<float>(s) * (most / 600.0f) + 0.5f) / most;
    list.insert(list.end(), {half, std::nextafter(half, 0.0f), std::nextafter(half, 1.0f)});
  }
  for (float& value : list) value = rounded_to(type, value);
  const Size size{1, static_cast<int64_t>(list.size())};
  Tensor values(size, 1);
  std::copy(list.begin(), list.end(), values.values().begin());
  MapBuffer map(type, size, 1);
  map.write(values);
  SampleRows<Sample> to(size, 1, 1);
  Picture picture = *Picture::create(size, 1, bit_depth);
  picture.store_row(0, 0, 1, list.data());
  ASSERT_EQ(cuda::launch_store_rows({to.rows(), map.map(), nullptr, 0, 1}, nullptr), 0);
  for (int64_t x = 0; x < size.width; ++x)
    ASSERT_EQ(to.at(0, x, 0), picture.sample(0, x, 0)) << list[static_cast<size_t>(x)];
}

TEST_P(CudaConvert, RoundsAsPictureDoes) {
  expect_picture_rounding<uint8_t>(GetParam(), 8);
  expect_picture_rounding<uint16_t>(GetParam(), 16);
}

TEST_P(CudaConvert, TellsOfWhatIsNotFinite) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const Size size{3, 300};
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity}) {
    for (const int64_t x : {0, 150, 299}) {
      Tensor values(size, 3);
      values.view().at(1, x)[2] = bad;
      MapBuffer map(GetParam(), size, 3);
      map.write(values);
      SampleRows<uint8_t> bytes(size, 3, 3);
      SampleRows<float> floats(size, 3, 3);
      for (const HostRows& rows : {bytes.rows(), floats.rows()}) {
        uint32_t flag = 0;
        ASSERT_EQ(cuda::launch_store_rows({rows, map.map(), &flag, 0, 1}, nullptr), 0);
        EXPECT_EQ(flag, 0u);  // another row
        ASSERT_EQ(cuda::launch_store_rows({rows, map.map(), &flag, 0, 3}, nullptr), 0);
        EXPECT_EQ(flag, 1u);
        ASSERT_EQ(cuda::launch_store_rows({rows, map.map(), &flag, 2, 3}, nullptr), 0);
        EXPECT_EQ(flag, 1u);  // it stays
        ASSERT_EQ(cuda::launch_store_rows({rows, map.map(), nullptr, 0, 3}, nullptr), 0);
      }
    }
  }
  EXPECT_EQ(kernel_faults(), "");
}

TEST_P(CudaConvert, WhatAHalfCannotHoldIsToldOf) {
  SampleRows<float> rows({1, 2}, 1, 1);
  rows.at(0, 0, 0) = 65504.0f;
  rows.at(0, 1, 0) = 65520.0f;  // rounds to infinity in f16
  const MapBuffer map(GetParam(), {1, 2}, 1);
  ASSERT_EQ(cuda::launch_load_rows({rows.rows(), map.map(), nullptr, 0, 1}, nullptr), 0);
  uint32_t flag = 0;
  ASSERT_EQ(cuda::launch_store_rows({rows.rows(), map.map(), &flag, 0, 1}, nullptr), 0);
  EXPECT_EQ(flag, GetParam() == ElementType::kF16 ? 1u : 0u);
}

TEST_P(CudaConvert, RefusesWhatItCannotDo) {
  const MapBuffer map(GetParam(), {4, 4}, 3);
  SampleRows<uint16_t> samples({4, 4}, 3, 4);
  emulation::take_counts();
  const auto refused = [&](auto change, int64_t first = 0, int64_t last = 4) {
    cuda::ConvertArgs args{samples.rows(), map.map(), nullptr, first, last};
    change(args);
    return cuda::launch_load_rows(args, nullptr) != 0 &&
           cuda::launch_store_rows(args, nullptr) != 0;
  };
  EXPECT_TRUE(refused([](auto& args) { args.rows.data = nullptr; }));
  EXPECT_TRUE(refused([](auto& args) { args.rows.data = static_cast<char*>(args.rows.data) + 1; }));
  EXPECT_TRUE(refused([](auto& args) { args.rows.channels = 4; }));
  EXPECT_TRUE(refused([](auto& args) { args.rows.pixel_stride = 2; }));
  EXPECT_TRUE(refused([](auto& args) { args.rows.row_stride = 15; }));
  EXPECT_TRUE(refused([](auto& args) { args.rows.ring_rows = 0; }));
  EXPECT_TRUE(refused([](auto& args) { args.rows.ring_rows = 3; }));
  EXPECT_TRUE(refused([](auto& args) { args.map.row_stride = 3; }));
  EXPECT_TRUE(refused([](auto&) {}, 0, 5));
  EXPECT_FALSE(refused([](auto&) {}, 2, 2));
  EXPECT_EQ(emulation::take_counts().launches, 0);
}

INSTANTIATE_TEST_SUITE_P(Types, CudaConvert, ::testing::ValuesIn(kElementTypes),
                         [](const auto& type) { return type_name(type.param); });

}  // namespace
}  // namespace fovea::test
