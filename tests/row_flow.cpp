#include "tests/row_flow.h"

#include <algorithm>
#include <limits>

namespace fovea::test {
namespace {

void copy_rows(RowRange rows, ConstTensorView from, TensorView to) {
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t x = 0; x < from.width; ++x) std::copy_n(from.at(y, x), from.channels, to.at(y, x));
  }
}

}  // namespace

Result<Tensor> run_rows(const Tensor& input, Size size, int64_t channels,
                        const std::function<Status(const RowSource&, const RowSink&)>& run) {
  Tensor output(size, channels);
  std::fill(output.values().begin(), output.values().end(),
            std::numeric_limits<float>::quiet_NaN());
  int64_t taken = 0;
  int64_t given = 0;
  FOVEA_TRY(run(
      [&](RowRange rows, TensorView map) -> Status {
        if (rows.begin != taken) return fail(ErrorCode::kUsage, "rows taken out of order");
        taken = rows.end;
        copy_rows(rows, input.view(), map);
        return {};
      },
      [&](RowRange rows, ConstTensorView map) -> Status {
        if (rows.begin != given) return fail(ErrorCode::kUsage, "rows given out of order");
        given = rows.end;
        copy_rows(rows, map, output.view());
        return {};
      }));
  if (given != size.height) return fail(ErrorCode::kUsage, "rows are missing");
  return output;
}

Result<Tensor> run_session(Session& session, const Tensor& input, int64_t band_height) {
  FOVEA_TRY(session.prepare(input.size(), {band_height, 0, 1}));
  FOVEA_ASSIGN_OR_RETURN(const Size size, session.output_size(input.size()));
  return run_rows(
      input, size, session.graph().value(session.graph().output()).channels,
      [&](const RowSource& source, const RowSink& sink) { return session.run(source, sink); });
}

}  // namespace fovea::test
