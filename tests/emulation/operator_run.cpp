#include "tests/emulation/operator_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/compare.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/map_buffer.h"

namespace fovea::test {
namespace {

// The rows of a map, moved to the top of one that is as high as they are many.
Tensor cut(const Tensor& map, RowRange rows) {
  Tensor piece({rows.size(), map.size().width}, map.channels());
  const int64_t row = map.size().width * map.channels();
  std::copy_n(map.values().data() + rows.begin * row, rows.size() * row, piece.values().data());
  return piece;
}

std::vector<cuda::DeviceMap> maps_of(const std::vector<MapBuffer>& buffers) {
  std::vector<cuda::DeviceMap> maps;
  for (const MapBuffer& buffer : buffers) maps.push_back(buffer.map());
  return maps;
}

}  // namespace

std::string kernel_faults() {
  std::string text;
  for (const std::string& error : emulation::take_errors()) text += error + "\n";
  return text;
}

Tensor run_on_whole_maps(const OperatorRun& run) {
  std::vector<MapBuffer> inputs;
  for (const Tensor& input : run.inputs) {
    inputs.emplace_back(run.type, input.size(), input.channels());
    inputs.back().write(input, {0, input.size().height}, run.padding);
  }
  const MapBuffer output(run.type, run.output_size, run.output_channels);
  const RowRange all{0, run.output_size.height};
  EXPECT_EQ(run.launch(maps_of(inputs), output.map(), all), 0);
  EXPECT_EQ(kernel_faults(), "");
  EXPECT_TRUE(output.is_written_only_in(all));
  return output.read();
}

void expect_same_in_rings(const OperatorRun& run, const Tensor& whole, int64_t piece_rows) {
  SCOPED_TRACE("in pieces of " + std::to_string(piece_rows));
  const int64_t height = run.output_size.height;
  for (int64_t begin = 0; begin < height; begin += piece_rows) {
    const RowRange rows{begin, std::min(begin + piece_rows, height)};
    std::vector<MapBuffer> inputs;
    for (size_t n = 0; n < run.inputs.size(); ++n) {
      const RowRange needed = run.rows_needed(n, rows);
      inputs.emplace_back(run.type, run.inputs[n].size(), run.inputs[n].channels(), needed.size());
      inputs.back().write(run.inputs[n], needed, run.padding);
    }
    // One row more where there is one, so that a row written too many does not hide in a slot that
    // is written later.
    const MapBuffer output(run.type, run.output_size, run.output_channels,
                           std::min(rows.size() + 1, height));
    ASSERT_EQ(run.launch(maps_of(inputs), output.map(), rows), 0);
    ASSERT_EQ(kernel_faults(), "");
    ASSERT_TRUE(output.is_written_only_in(rows));
    ASSERT_TRUE(same_bits(cut(whole, rows).view(), cut(output.read(rows), rows).view()))
        << "from row " << begin;
  }
}

void expect_rounded_once(cuda::ElementType type, const Tensor& expected, const Tensor& actual,
                         const std::function<double(int64_t, int64_t, int64_t)>& tolerance) {
  EXPECT_TRUE(all_within(expected.view(), actual.view(), [&](int64_t y, int64_t x, int64_t c) {
    const double inexact = tolerance(y, x, c);
    return inexact + rounding_error(type, std::abs(expected.view().at(y, x)[c]) + inexact);
  }));
}

}  // namespace fovea::test
