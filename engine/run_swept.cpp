#include "engine/run_swept.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/sweep.h"

namespace fovea {
namespace {

// Progress is told, and cancellation heard, after about this much work: a quarter of a second on
// the reference, a few milliseconds on fast kernels.
constexpr double kWorkBetweenReports = 3e9;

double work_per_row(const Step& step, const Plan& plan) {
  return step.work_per_pixel() *
         static_cast<double>(plan.sizes[static_cast<size_t>(step.output())].width);
}

// Counts work and passes it on as a share.
class Meter {
 public:
  Meter(const Steps& steps, const Plan& plan, const Progress& progress) : progress_(progress) {
    for (const auto& step : steps) {
      const Size size = plan.sizes[static_cast<size_t>(step->output())];
      total_ += work_per_row(*step, plan) * static_cast<double>(size.height);
    }
  }

  Status add(double work) {
    done_ += work;
    if (progress_ && !progress_(total_ > 0 ? std::min(done_ / total_, 1.0) : 1.0))
      return fail(ErrorCode::kCancelled, "cancelled");
    return {};
  }

 private:
  const Progress& progress_;
  double total_ = 0;
  double done_ = 0;
};

}  // namespace

Status run_swept(const Graph& graph, const Steps& steps, const Plan& plan, float* arena,
                 ThreadTeam& team, const RowSource& source, const RowSink& sink,
                 const Progress& progress, std::vector<double>* step_ms) {
  using Clock = std::chrono::steady_clock;
  const auto view = [&](ValueId value) { return map_view(graph, plan, arena, value); };
  Meter meter(steps, plan, progress);
  Sweep sweep(graph, steps, plan.sizes, plan.band_height);
  SweepPiece piece;
  std::vector<ConstTensorView> inputs;
  while (sweep.next(piece)) {
    ValueId written = graph.input();
    if (piece.step == SweepPiece::kInput) {
      FOVEA_TRY(source(piece.rows, view(written)));
    } else {
      const Step& step = *steps[static_cast<size_t>(piece.step)];
      written = step.output();
      inputs.clear();
      for (const ValueId id : step.inputs()) inputs.push_back(view(id));
      const TensorView output = view(written);
      const double row_work = work_per_row(step, plan);
      const int64_t granule = std::min(step.row_granule(), output.height);
      const auto light = static_cast<int64_t>(kWorkBetweenReports / std::max(row_work, 1.0));
      const int64_t chunk = std::max<int64_t>(1, light / granule) * granule;
      for (RowRange rows{piece.rows.begin, 0}; rows.begin < piece.rows.end; rows.begin = rows.end) {
        rows.end = rows.begin + chunk;
        rows.end = rows.end < piece.rows.end ? step.group_end(rows.end) : piece.rows.end;
        const Clock::time_point start = Clock::now();
        step.run(team, inputs, output, rows, arena + plan.scratch_offset);
        if (step_ms != nullptr)
          (*step_ms)[static_cast<size_t>(piece.step)] +=
              std::chrono::duration<double, std::milli>(Clock::now() - start).count();
        FOVEA_TRY(meter.add(row_work * static_cast<double>(rows.size())));
      }
    }
    if (written == graph.output()) FOVEA_TRY(sink(piece.rows, view(written)));
  }
  return {};
}

}  // namespace fovea
