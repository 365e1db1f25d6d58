// Resizing beyond the operator cases: larger maps, reductions that walk their columns in several
// chunks, every schedule of the threads.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <limits>
#include <memory>

#include "engine/resize_taps.h"
#include "kernels/cuda/resize_map.h"
#include "kernels/cuda/resize_taps_table.h"
#include "kernels/reference/reference.h"
#include "tests/compare.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/map_buffer.h"
#include "tests/emulation/operator_run.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

using cuda::ElementType;

struct Tables {
  cuda::ResizeTapsTable lines, columns;
};

OperatorRun resize_run(ElementType type, const Resize& op, Size from, Size to, int64_t channels) {
  OperatorRun run;
  run.type = type;
  run.inputs = {rounded_to(type, RandomValues(51).map(from, channels))};
  run.output_size = to;
  run.output_channels = channels;
  const auto tables = std::make_shared<const Tables>(
      Tables{{op, from.height, to.height}, {op, from.width, to.width}});
  run.launch = [tables](std::span<const cuda::DeviceMap> inputs, const cuda::DeviceMap& output,
                        RowRange rows) {
    return cuda::launch_resize(
        {inputs[0], output, tables->lines.at(tables->lines.bytes().data()),
         tables->columns.at(tables->columns.bytes().data()), rows.begin, rows.end},
        nullptr);
  };
  run.rows_needed = [taps = ResizeTaps(op, from.height, to.height)](size_t, RowRange rows) {
    return RowRange{taps.first(rows.begin), taps.last(rows.end - 1) + 1};
  };
  return run;
}

class CudaResize : public ::testing::TestWithParam<ElementType> {
 protected:
  void expect_reference(const Resize& op, Size from, Size to, int64_t channels,
                        int64_t piece_rows) {
    SCOPED_TRACE(fmt::format("{} {}x{}x{} to {}x{}, seed 51", to_string(op.filter), from.height,
                             from.width, channels, to.height, to.width));
    const OperatorRun run = resize_run(GetParam(), op, from, to, channels);
    Tensor expected(to, channels);
    reference::resize(op, run.inputs[0].view(), expected.view(), {0, to.height});
    const Tensor whole = run_on_whole_maps(run);
    // The reference sums in f64. Each tap of either axis rounds its weight and its sum; magnitudes
    // of a kernel's weights sum to less than 1.6, on both axes to less than 2.6.
    const double step = static_cast<double>(from.width) / static_cast<double>(to.width);
    const double taps = 2 * 6 * std::max(1.0, step) + 4;
    const double magnitude = 2.6 * max_magnitude(run.inputs[0].view());
    expect_rounded_once(GetParam(), expected, whole, [&](int64_t, int64_t, int64_t) {
      return std::numeric_limits<float>::epsilon() * taps * magnitude;
    });
    if (piece_rows > 0) expect_same_in_rings(run, whole, piece_rows);
  }
};

constexpr ResizeFilter kFilters[] = {ResizeFilter::kNearest, ResizeFilter::kBilinear,
                                     ResizeFilter::kBicubic, ResizeFilter::kLanczos3};

TEST_P(CudaResize, EnlargesEverySize) {
  for (const Size size : kKernelSizes) {
    for (const ResizeFilter filter : kFilters)
      expect_reference({filter, {2, 1}}, size, {2 * size.height, 2 * size.width}, 3,
                       size.area() < 5000 ? 5 : 0);
  }
}

// 128 outputs of 16-bit channels, 64 of f32, read 15 x as many columns: several chunks of 256.
TEST_P(CudaResize, ReducesByALot) {
  for (const ResizeFilter filter : kFilters)
    expect_reference({filter, {1, 15}}, {4, 3000}, {2, 200}, 11, 1);
  expect_reference({ResizeFilter::kLanczos3, {1, 700}}, {2, 1400}, {1, 2}, 1, 1);
  expect_reference({ResizeFilter::kBicubic, {1, 1}, -0.75, false}, {3, 1000}, {2, 40}, 3, 1);
}

TEST_P(CudaResize, KeepsItsBitsUnderEverySchedule) {
  const OperatorRun run =
      resize_run(GetParam(), {ResizeFilter::kLanczos3, {1, 3}}, {3, 700}, {1, 233}, 3);
  const Tensor whole = run_on_whole_maps(run);
  for (const emulation::Schedule& schedule : emulation::all_schedules()) {
    emulation::set_schedule(schedule);
    EXPECT_TRUE(same_bits(whole.view(), run_on_whole_maps(run).view()))
        << emulation::schedule_name(schedule);
  }
  emulation::set_schedule({});
}

TEST_P(CudaResize, NearestKeepsTheBitsOfWhatIsNotANumber) {
  Tensor input({2, 2}, 1);
  input.values() = {std::numeric_limits<float>::quiet_NaN(), -0.0f,
                    std::numeric_limits<float>::infinity(), 1.0f};
  OperatorRun run = resize_run(GetParam(), {ResizeFilter::kNearest, {2, 1}}, {2, 2}, {4, 4}, 1);
  run.inputs = {input};
  const Tensor output = run_on_whole_maps(run);
  EXPECT_TRUE(std::isnan(output.view().at(1, 1)[0]));
  EXPECT_TRUE(std::signbit(output.view().at(0, 3)[0]));
  EXPECT_TRUE(std::isinf(output.view().at(3, 0)[0]));
  EXPECT_EQ(output.view().at(2, 2)[0], 1.0f);
}

TEST_P(CudaResize, RefusesWhatItCannotDo) {
  const MapBuffer in(GetParam(), {2, 2}, 3);
  const MapBuffer out(GetParam(), {4, 4}, 3);
  const MapBuffer narrow(GetParam(), {4, 4}, 2);
  const cuda::ResizeTapsTable table({ResizeFilter::kBilinear, {2, 1}}, 2, 4);
  const cuda::AxisTaps taps = table.at(table.bytes().data());
  emulation::take_counts();
  EXPECT_NE(cuda::launch_resize({in.map(), narrow.map(), taps, taps, 0, 4}, nullptr), 0);
  EXPECT_NE(cuda::launch_resize({in.map(), out.map(), {}, taps, 0, 4}, nullptr), 0);
  EXPECT_NE(cuda::launch_resize({in.map(), out.map(), taps, {}, 0, 4}, nullptr), 0);
  EXPECT_NE(cuda::launch_resize({in.map(), out.map(), taps, taps, 0, 5}, nullptr), 0);
  EXPECT_EQ(cuda::launch_resize({in.map(), out.map(), taps, taps, 4, 4}, nullptr), 0);
  EXPECT_EQ(emulation::take_counts().launches, 0);
}

INSTANTIATE_TEST_SUITE_P(Types, CudaResize, ::testing::ValuesIn(kElementTypes),
                         [](const auto& type) { return type_name(type.param); });

}  // namespace
}  // namespace fovea::test
