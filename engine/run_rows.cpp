#include "engine/run_rows.h"

#include <atomic>
#include <chrono>
#include <vector>

#include "engine/finite.h"
#include "engine/upscaler.h"

namespace fovea {
namespace {

// A row of `map`'s pixels from one stride to another, times `factor`.
void copy_pixels(const float* from, int64_t from_stride, float* to, int64_t to_stride,
                 const ConstTensorView& map, float factor) {
  for (int64_t x = 0; x < map.width; ++x, from += from_stride, to += to_stride) {
    for (int64_t c = 0; c < map.channels; ++c) to[c] = from[c] * factor;
  }
}

}  // namespace

Status run_rows(Session& session, ThreadTeam& team, const RowReader& reader,
                const RowWriter& writer, Ranges ranges, const Progress& progress,
                UpscaleReport& report) {
  const auto start = std::chrono::steady_clock::now();
  // Rows are independent of each other: converting them is shared out like any step.
  RowSource source = [&](RowRange rows, TensorView map) -> Status {
    team.run(rows.size(), [&](int64_t i, int) {
      const int64_t y = rows.begin + i;
      std::vector<float> row(static_cast<size_t>(map.width * map.channels));
      reader.values(y, row.data());
      copy_pixels(row.data(), map.channels, map.row(y), map.pixel_stride, map, ranges.in);
    });
    return {};
  };
  if (reader.type != SampleType::kF32) {
    source.type = reader.type;
    source.factor = ranges.in;
    source.samples = [&](RowRange rows, const SampleRows& input) {
      team.run(rows.size(),
               [&](int64_t i, int) { reader.samples(rows.begin + i, input.row(rows.begin + i)); });
    };
  }
  RowSink sink = [&](RowRange rows, ConstTensorView map) -> Status {
    std::atomic<int64_t> bad_row{-1};
    team.run(rows.size(), [&](int64_t i, int) {
      const int64_t y = rows.begin + i;
      const float* row = map.row(y);
      std::vector<float> copy;
      if (map.pixel_stride != map.channels || ranges.out != 1.0f) {
        copy.resize(static_cast<size_t>(map.width * map.channels));
        copy_pixels(row, map.pixel_stride, copy.data(), map.channels, map, 1.0f / ranges.out);
        row = copy.data();
      }
      // Before anything clamps: a NaN that is clamped and stored becomes a black pixel that nobody
      // notices.
      if (all_finite(row, map.width * map.channels))
        writer.values(y, row);
      else
        bad_row = y;
    });
    if (bad_row >= 0)
      return fail(ErrorCode::kNumeric, "row {} of the result holds a NaN or an infinity; {}",
                  bad_row.load(), "the model's weights do not suit this picture");
    return {};
  };
  if (writer.type != SampleType::kF32) {
    sink.type = writer.type;
    sink.factor = 1.0f / ranges.out;
    sink.samples = [&](RowRange rows, const SampleRows& output) {
      team.run(rows.size(),
               [&](int64_t i, int) { writer.samples(rows.begin + i, output.row(rows.begin + i)); });
    };
  }
  FOVEA_TRY(session.run(source, sink, progress));
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  report.network_ms += took.count();
  session.add_step_times(report.step_times);
  return {};
}

}  // namespace fovea
