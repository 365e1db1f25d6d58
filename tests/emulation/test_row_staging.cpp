// Rows through windows that hold few of them, into a map and back, where each stream runs when it
// is waited for and no sooner: whoever does not wait finds rows of another window, or none.
#include <gtest/gtest.h>

#include "kernels/cuda/row_staging.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/map_buffer.h"

namespace fovea::test {
namespace {

constexpr Size kSize{29, 5};
constexpr int64_t kChannels = 3;
constexpr int64_t kRowBytes = kSize.width * kChannels * 4;

// Of row y, so small that f16 holds it.
float value_of(int64_t y, int64_t x, int64_t c, float picture) {
  return picture + static_cast<float>(y * 16 + x + c * 8) / 1024.0f;
}

class RowStagingTest : public ::testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { emulation::set_streams_deferred(true); }
  void TearDown() override {
    emulation::set_streams_deferred(false);
    for (const std::string& error : emulation::take_errors()) ADD_FAILURE() << error;
  }
};

// The parameter: rows a window.
TEST_P(RowStagingTest, EveryRowArrivesAndReturns) {
  const auto context = cuda::DeviceContext::open(0, cuda::ElementType::kF16);
  ASSERT_TRUE(context) << context.error().message;
  const cuda::Stream stream = (*context)->stream();
  cuda::RowStaging input(GetParam() * kRowBytes);
  cuda::RowStaging output(GetParam() * kRowBytes);
  MapBuffer buffer(cuda::ElementType::kF16, kSize, kChannels);
  for (const float picture : {0.0f, 1.0f}) {
    ASSERT_TRUE(input.prepare(kSize, kChannels));
    ASSERT_TRUE(output.prepare(kSize, kChannels));
    int64_t given = 0;
    const RowSource source = [&](RowRange rows, TensorView view) -> Status {
      for (int64_t y = rows.begin; y < rows.end; ++y) {
        for (int64_t x = 0; x < kSize.width; ++x) {
          for (int64_t c = 0; c < kChannels; ++c) view.at(y, x)[c] = value_of(y, x, c, picture);
        }
      }
      return {};
    };
    const RowSink sink = [&](RowRange rows, ConstTensorView view) -> Status {
      EXPECT_EQ(rows.begin, given);
      given = rows.end;
      for (int64_t y = rows.begin; y < rows.end; ++y) {
        for (int64_t x = 0; x < kSize.width; ++x) {
          for (int64_t c = 0; c < kChannels; ++c)
            EXPECT_EQ(view.at(y, x)[c], value_of(y, x, c, picture)) << y << " " << x << " " << c;
        }
      }
      return {};
    };
    // In bands of four rows; those out come three rows after those in.
    int64_t out = 0;
    for (int64_t in = 0; out < kSize.height; in = std::min(in + 4, kSize.height)) {
      const RowRange taken{in, std::min(in + 4, kSize.height)};
      if (!taken.empty()) {
        const Status loaded = input.load(taken, source, buffer.map(), stream);
        ASSERT_TRUE(loaded) << loaded.error().message;
      }
      const RowRange ready{out, taken.end == kSize.height ? taken.end : taken.end - 3};
      const Status stored = output.store(ready, sink, buffer.map(), nullptr, stream);
      ASSERT_TRUE(stored) << stored.error().message;
      out = ready.end;
    }
    const Status finished = output.finish(sink);
    ASSERT_TRUE(finished) << finished.error().message;
    EXPECT_EQ(given, kSize.height);
    EXPECT_EQ(cuda::synchronize(stream), 0);
  }
}

// A picture's samples as they are: the windows hold more of their rows.
TEST_P(RowStagingTest, SamplesArriveAndReturn) {
  const auto context = cuda::DeviceContext::open(0, cuda::ElementType::kF32);
  ASSERT_TRUE(context) << context.error().message;
  const cuda::Stream stream = (*context)->stream();
  for (const SampleType type : {SampleType::kU8, SampleType::kU16}) {
    const int64_t bytes = kSize.width * kChannels * byte_count(type);
    cuda::RowStaging input(GetParam() * bytes);
    cuda::RowStaging output(GetParam() * bytes);
    MapBuffer buffer(cuda::ElementType::kF32, kSize, kChannels);
    const auto byte_of = [bytes](int64_t y, int64_t i) {
      return static_cast<uint8_t>(y * bytes + 7 * i);
    };
    RowSource source;
    source.type = type;
    source.factor = 4.0f;
    source.samples = [&](RowRange rows, const SampleRows& view) {
      for (int64_t y = rows.begin; y < rows.end; ++y) {
        for (int64_t i = 0; i < bytes; ++i) view.row(y)[i] = byte_of(y, i);
      }
    };
    int64_t given = 0;
    RowSink sink;
    sink.type = type;
    sink.factor = 0.25f;
    sink.samples = [&](RowRange rows, const SampleRows& view) {
      EXPECT_EQ(rows.begin, given);
      given = rows.end;
      for (int64_t y = rows.begin; y < rows.end; ++y) {
        for (int64_t i = 0; i < bytes; ++i)
          EXPECT_EQ(view.row(y)[i], byte_of(y, i)) << y << " " << i;
      }
    };
    ASSERT_TRUE(input.prepare(kSize, kChannels, type, source.factor));
    ASSERT_TRUE(output.prepare(kSize, kChannels, type, sink.factor));
    for (RowRange rows{0, 0}; rows.begin < kSize.height; rows.begin = rows.end) {
      rows.end = std::min(rows.begin + 4, kSize.height);
      ASSERT_TRUE(input.load(rows, source, buffer.map(), stream));
      ASSERT_TRUE(output.store(rows, sink, buffer.map(), nullptr, stream));
    }
    ASSERT_TRUE(output.finish(sink));
    EXPECT_EQ(given, kSize.height);
    EXPECT_EQ(cuda::synchronize(stream), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Windows, RowStagingTest, ::testing::Values(1, 2, 3, 7, 64),
                         [](const auto& param) { return "rows" + std::to_string(param.param); });

}  // namespace
}  // namespace fovea::test
