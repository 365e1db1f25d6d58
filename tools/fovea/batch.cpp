#include "tools/fovea/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "engine/available_memory.h"
#include "tools/fovea/descriptor_io.h"
#include "tools/fovea/finished_output.h"
#include "tools/fovea/interrupt.h"

namespace fovea::cli {
namespace {

constexpr int kUsualQuality = 95;

// Networks learn from larger pictures, and of a thumbnail they have little to go by.
constexpr int64_t kSmallSide = 200;

bool is_classical(const std::string& name) { return classical_model(name).has_value(); }

}  // namespace

Batch::Batch(const UpscaleOptions& options, const std::vector<Job>& jobs, UpscalerShelf& shelf,
             PictureReader& reader, Console& console, Clock::time_point start)
    : options_(options),
      jobs_(jobs),
      shelf_(shelf),
      reader_(reader),
      console_(console),
      start_(start),
      bar_(console, options.talk == Console::Talk::kQuiet, options.progress, jobs.size()),
      // Under a ceiling pictures had better not meet in memory; one thread is one thread.
      overlap_(options.memory_ceiling == 0 && options.threads != 1 && !options.dry_run) {}

Batch::Work Batch::begin(size_t index) const {
  Work work;
  work.start = index == 0 ? start_ : Clock::now();
  work.report.input = jobs_[index].input;
  work.report.output = jobs_[index].output;
  work.report.device = options_.device.kind;
  work.report.precision = options_.precision;
  if (const OpenedUpscaler* last = shelf_.last()) {
    work.report.model = last->name;
    work.report.scale = last->upscaler.scale();
  }
  return work;
}

// Whether an earlier run has written this picture whole.
bool Batch::is_done(const Job& job, PictureReport& report) const {
  if (!options_.skip_existing || job.error || job.output.empty() || job.output == kStandardStream)
    return false;
  const auto there = measure_file(job.output);
  if (!there) return false;
  const auto input = measure_file(job.input);
  if (!input) return false;
  const auto scale = shelf_.scale_for(*input);
  if (!scale ||
      *there != Size{scaled_length(input->height, *scale), scaled_length(input->width, *scale)}) {
    return false;
  }
  report.scale = *scale;
  report.upscale.output = *there;
  return true;
}

Result<std::optional<Enlarged>> Batch::enlarge(size_t index, PictureReport& report) try {
  const Job& job = jobs_[index];
  const auto on_start = [&](Size output) { bar_.start(index, job.input, output.area()); };
  const auto progress = [&](double done) {
    bar_.update(done);
    if (told_) told_ = settle_if_ready();
    return interrupted() == 0;
  };
  // What is there already will probably be skipped.
  const Job* const next = overlap_ && index + 1 < jobs_.size() ? &jobs_[index + 1] : nullptr;
  const bool reads_next =
      next != nullptr && !next->error && !(options_.skip_existing && file_identity(next->output));
  const int64_t beside = (pending_ ? encoder_bytes_ : 0) + (reads_next ? kMostBytesAhead : 0);
  const PictureTask task{job,    reader_,          reads_next ? next->input : "",
                         shelf_, options_.numbers, options_.unfade,
                         beside, options_.dry_run};
  return upscale_picture(task, console_, on_start, progress, report);
} catch (const std::bad_alloc&) {
  return fail(ErrorCode::kMemory, "{}: no memory for this picture; free some or use a smaller one",
              jobs_[index].input);
}

void Batch::save(const Job& job, Enlarged enlarged, Work work, bool beside) {
  const bool replaces = options_.overwrite || (options_.skip_existing && work.report.is_remade);
  SaveTask task{
      job.input,
      job.output,
      job.folder,
      {.quality = options_.quality.value_or(kUsualQuality), .lossless = options_.lossless},
      replaces,
      options_.strict};
  encoder_bytes_ = std::max(encoder_bytes_, work.report.encoder_bytes);
  if (beside && !save_team_) save_team_.emplace(shelf_.last()->upscaler.team().size());
  ThreadTeam& team = beside ? *save_team_ : shelf_.last()->upscaler.team();
  const auto run = [enlarged = std::make_shared<Enlarged>(std::move(enlarged)),
                    task = std::move(task),
                    &team] { return save_picture(std::move(*enlarged), task, team); };
  try {
    work.saved = std::async(beside ? std::launch::async : std::launch::deferred, run);
  } catch (const std::system_error&) {
    work.saved = std::async(std::launch::deferred, run);  // no thread can be had
  }
  pending_ = std::move(work);
}

Status Batch::settle_if_ready() {
  const bool is_ready =
      pending_ && pending_->saved.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  return is_ready ? settle() : Status{};
}

Status Batch::settle() {
  FOVEA_TRY(std::exchange(told_, {}));
  if (!pending_) return {};
  Work work = std::move(*pending_);
  pending_.reset();
  const auto lost = work.saved.get();
  if (!lost) {
    work.report.error = lost.error();
  } else {
    for (const std::string& what : *lost)
      FOVEA_TRY(console_.warn(ErrorCode::kOutput, work.report.output, what));
  }
  return tell(work.report, work.start);
}

Status Batch::tell(PictureReport& report, Clock::time_point start) {
  report.total_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  if (options_.dry_run) {
    report.dry_run = true;
    report.peak_bytes = report.upscale.foreseen_bytes;
  } else {
    report.peak_bytes = peak_memory();
  }
  console_.erase_bar();
  if (report.error) {
    ++failed_;
    if (first_failure_ == 0) first_failure_ = exit_code(*report.error);
    report.upscale.output = {};
    console_.error(report.error->message);
  } else if (report.is_skipped) {
    ++skipped_;
    console_.detail(report.output + ": is there already");
  } else {
    ++written_;
    advise(report);
    if (!options_.dry_run && console_.verbose()) {
      console_.detail(long_line(report));
      for (const std::string& line : step_lines(report)) console_.detail(line);
    } else if (!options_.dry_run) {
      console_.remark(short_line(report));
    }
  }
  if (options_.json) return print(to_json(report));
  if (options_.dry_run && !report.error && !report.is_skipped)
    return print(one_line(plan_line(report)) + "\n");
  return {};
}

// Once a run, and not to programs that read lines of progress.
void Batch::advise(const PictureReport& report) {
  const int64_t side = std::min(report.input_size.height, report.input_size.width);
  if (advised_ || options_.dry_run || options_.progress || side >= kSmallSide ||
      report.scale.value() <= 1 || is_classical(report.model)) {
    return;
  }
  advised_ = true;
  console_.warning(
      report.input,
      fmt::format("{} pixels on the short side; networks do better from {} on", side, kSmallSide));
}

void Batch::sum_up() {
  const bool is_worth_it = jobs_.size() > 1 && (failed_ > 0 || skipped_ > 0);
  if (!is_worth_it || options_.progress) return;
  std::string text = fmt::format("{} of {} pictures written", written_, jobs_.size());
  if (skipped_ > 0) text += fmt::format(", {} there already", skipped_);
  if (failed_ > 0) text += fmt::format(", {} failed", failed_);
  console_.summary(text);
}

int Batch::code() const {
  return first_failure_ != 0 && written_ + skipped_ > 0 ? 1 : first_failure_;
}

Result<int> Batch::run() {
  for (size_t i = 0; i < jobs_.size(); ++i) {
    Work work = begin(i);
    if (is_done(jobs_[i], work.report)) {
      work.report.is_skipped = true;
      FOVEA_TRY(settle());
      FOVEA_TRY(tell(work.report, work.start));
      continue;
    }
    work.report.is_remade = options_.skip_existing && file_identity(jobs_[i].output).has_value();
    Result<std::optional<Enlarged>> enlarged = enlarge(i, work.report);
    FOVEA_TRY(settle());
    if (!enlarged) {
      const ErrorCode failed = enlarged.error().code;
      if (failed == ErrorCode::kModel || failed == ErrorCode::kDevice)
        return tl::unexpected(std::move(enlarged.error()));
      work.report.error = std::move(enlarged.error());
      FOVEA_TRY(tell(work.report, work.start));
      if (failed == ErrorCode::kCancelled) return 128 + interrupted();
    } else if (!*enlarged) {
      FOVEA_TRY(tell(work.report, work.start));
    } else {
      const bool beside = overlap_ && i + 1 < jobs_.size();
      save(jobs_[i], std::move(**enlarged), std::move(work), beside);
      if (!beside) FOVEA_TRY(settle());
    }
    // A signal that came while the last bytes were written: this picture is finished, the others
    // wait.
    if (interrupted() != 0) {
      FOVEA_TRY(settle());
      return 128 + interrupted();
    }
  }
  FOVEA_TRY(settle());
  sum_up();
  return code();
}

}  // namespace fovea::cli
