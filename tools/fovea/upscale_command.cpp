// fovea upscale: a list of pictures through one model.
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <new>
#include <system_error>

#include "engine/available_memory.h"
#include "tools/fovea/commands.h"
#include "tools/fovea/descriptor_io.h"
#include "tools/fovea/interrupt.h"
#include "tools/fovea/job_list.h"
#include "tools/fovea/open_upscaler.h"
#include "tools/fovea/progress_bar.h"
#include "tools/fovea/upscale_picture.h"

namespace fovea::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kUsualQuality = 95;

UpscalerOptions upscaler_options(const UpscaleOptions& options) {
  UpscalerOptions wanted;
  wanted.device = options.device.kind;
  wanted.device_index = options.device.index;
  wanted.precision = options.precision;
  wanted.threads = options.threads;
  wanted.band_height = options.band_height;
  wanted.memory_ceiling = options.memory_ceiling;
  wanted.scale = options.scale;
  return wanted;
}

Status create_folder(const std::string& folder, Console& console) {
  if (folder.empty()) return {};
  std::error_code error;
  std::filesystem::create_directory(folder, error);
  if (error) {
    return fail(ErrorCode::kOutput, "{}: the folder cannot be created ({}); choose another", folder,
                error.message());
  }
  console.detail(fmt::format("{}: folder created", folder));
  return {};
}

void note_idle_quality(const UpscaleOptions& options, const JobList& list, Console& console) {
  if (!options.quality) return;
  for (const Job& job : list.jobs) {
    if (!job.format || *job.format == codecs::Format::kJpeg ||
        *job.format == codecs::Format::kWebp) {
      return;
    }
  }
  console.note(fmt::format("-q {}", *options.quality), "only JPEG and WebP have a quality");
}

// One picture with everything that is told about it. `start` is when work for it began.
PictureReport run_job(const Job& job, size_t index, const UpscaleOptions& options,
                      OpenedUpscaler& opened, PictureReader& reader, Console& console,
                      ProgressBar& bar, Clock::time_point start) {
  PictureReport report;
  report.input = job.input;
  report.output = job.output;
  report.model = opened.name;
  report.scale = opened.upscaler.scale();
  report.device = options.device.kind;
  report.precision = options.precision;
  const auto on_start = [&](Size output) { bar.start(index, job.input, output.area()); };
  const auto progress = [&](double done) {
    bar.update(done);
    return interrupted() == 0;
  };
  try {
    const Status status = upscale_picture(
        {job, reader, opened.models, options.numbers, options.quality.value_or(kUsualQuality),
         options.overwrite, options.dry_run},
        opened.upscaler, console, on_start, progress, report);
    if (!status) report.error = status.error();
  } catch (const std::bad_alloc&) {
    report.error =
        Error{ErrorCode::kMemory,
              job.input + ": no memory for this picture; free some or use a smaller one"};
  }
  report.total_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  if (options.dry_run) {
    report.dry_run = true;
    report.peak_bytes = report.upscale.foreseen_bytes;
  } else {
    report.peak_bytes = peak_memory();
  }
  console.erase_bar();
  if (report.error) {
    report.upscale.output = {};
    console.error(report.error->message);
  } else if (!options.dry_run && console.verbose()) {
    console.detail(long_line(report));
    for (const std::string& line : step_lines(report)) console.detail(line);
  } else if (!options.dry_run) {
    console.remark(short_line(report));
  }
  return report;
}

Result<int> run(UpscaleOptions options, Console& console) {
  const Clock::time_point start = Clock::now();
  FOVEA_ASSIGN_OR_RETURN(options.device, usable_device(options.device, console));
  PictureReader reader;
  // Under a ceiling a model that is being read and a picture that is being decoded had better not
  // meet in memory; one thread is one thread.
  if (options.memory_ceiling == 0 && options.threads != 1) reader.announce(options.inputs.front());
  FOVEA_ASSIGN_OR_RETURN(OpenedUpscaler opened,
                         open_upscaler(options.model, upscaler_options(options)));
  FOVEA_TRY(check_numbers(opened.models, options.numbers));
  FOVEA_ASSIGN_OR_RETURN(const JobList list, plan_jobs(options, opened.upscaler.scale()));
  if (!options.dry_run) FOVEA_TRY(create_folder(list.new_folder, console));
  note_idle_quality(options, list, console);
  const bool quiet = options.talk == Console::Talk::kQuiet;
  ProgressBar bar(console, quiet, options.progress, list.jobs.size());
  size_t written = 0;
  int first_failure = 0;
  for (size_t i = 0; i < list.jobs.size(); ++i) {
    const PictureReport report = run_job(list.jobs[i], i, options, opened, reader, console, bar,
                                         i == 0 ? start : Clock::now());
    if (options.json) {
      FOVEA_TRY(print(to_json(report)));
    } else if (options.dry_run && !report.error) {
      FOVEA_TRY(print(one_line(plan_line(report)) + "\n"));
    }
    if (report.error && report.error->code == ErrorCode::kCancelled) {
      return exit_code(*report.error);
    }
    if (!report.error) {
      ++written;
    } else if (first_failure == 0) {
      first_failure = exit_code(*report.error);
    }
    // A signal that came while the last bytes were written: this picture is finished, the others
    // wait.
    if (interrupted() != 0) return 128 + interrupted();
  }
  return first_failure != 0 && written > 0 ? 1 : first_failure;
}

}  // namespace

int run_upscale(const UpscaleOptions& options) {
  Console console(options.talk);
  const Result<int> code = run(options, console);
  if (code) return *code;
  console.error(code.error().message);
  return exit_code(code.error());
}

int show_text(const std::string& text) {
  const Status status = print(text);
  // EPIPE: `fovea models | head` has read all it wanted.
  if (!status && errno == EPIPE) return static_cast<int>(ErrorCode::kOutput);
  return status ? 0 : show_error(status.error());
}

int show_error(const Error& error) {
  Console(Console::Talk::kQuiet).error(error.message);
  return exit_code(error);
}

}  // namespace fovea::cli
