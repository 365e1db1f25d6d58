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

Status run_pieces(const Graph& graph, const Steps& steps, const Plan& plan, Executor& executor,
                  const Progress& progress, std::vector<double>* step_ms) {
  using Clock = std::chrono::steady_clock;
  Meter meter(steps, plan, progress);
  Sweep sweep(graph, steps, plan.sizes, plan.band_height);
  SweepPiece piece;
  while (sweep.next(piece)) {
    ValueId written = graph.input();
    if (piece.step == SweepPiece::kInput) {
      FOVEA_TRY(executor.take_input(piece.rows));
    } else {
      const Step& step = *steps[static_cast<size_t>(piece.step)];
      written = step.output();
      const double row_work = work_per_row(step, plan);
      const int64_t height = plan.sizes[static_cast<size_t>(written)].height;
      const int64_t granule = std::min(step.row_granule(), height);
      const auto light = static_cast<int64_t>(kWorkBetweenReports / std::max(row_work, 1.0));
      const int64_t chunk = std::max<int64_t>(1, light / granule) * granule;
      for (RowRange rows{piece.rows.begin, 0}; rows.begin < piece.rows.end; rows.begin = rows.end) {
        rows.end = rows.begin + chunk;
        rows.end = rows.end < piece.rows.end ? step.group_end(rows.end) : piece.rows.end;
        const Clock::time_point start = Clock::now();
        FOVEA_TRY(executor.run(step, rows));
        if (step_ms != nullptr && !executor.is_device())
          (*step_ms)[static_cast<size_t>(piece.step)] +=
              std::chrono::duration<double, std::milli>(Clock::now() - start).count();
        FOVEA_TRY(meter.add(row_work * static_cast<double>(rows.size())));
      }
    }
    if (written == graph.output()) FOVEA_TRY(executor.give_output(piece.rows));
  }
  return {};
}

}  // namespace

Status run_swept(const Graph& graph, const Steps& steps, const Plan& plan, Executor& executor,
                 const RowSource& source, const RowSink& sink, const Progress& progress,
                 std::vector<double>* step_ms) {
  FOVEA_TRY(executor.begin(graph, plan, source, sink));
  const Status status = run_pieces(graph, steps, plan, executor, progress, step_ms);
  if (!status) {
    executor.abandon();
    return status;
  }
  return executor.finish();
}

}  // namespace fovea
