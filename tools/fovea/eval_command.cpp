// fovea eval: models on pictures whose truth is known.
#include <algorithm>
#include <filesystem>
#include <system_error>

#include "tools/fovea/commands.h"
#include "tools/fovea/descriptor_io.h"
#include "tools/fovea/eval_method.h"
#include "tools/fovea/interrupt.h"
#include "tools/fovea/picture_report.h"
#include "tools/fovea/progress_bar.h"

namespace fovea::cli {
namespace {

struct Task {
  Dataset dataset;
  int64_t scale;
};

UpscalerOptions upscaler_options(const EvalOptions& options, int64_t scale) {
  UpscalerOptions wanted;
  wanted.device = options.device.kind;
  wanted.device_index = options.device.index;
  wanted.precision = options.precision;
  wanted.threads = options.threads;
  wanted.scale = Scale{scale, 1};
  return wanted;
}

Status check_results(const std::string& folder) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return {};
  return fail(ErrorCode::kUsage, "--results {}: no such folder; name one with results", folder);
}

// Each dataset at each scale; what is missing is told before work begins.
Result<std::vector<Task>> plan_tasks(const EvalOptions& options) {
  std::vector<Task> tasks;
  for (const std::string& given : options.datasets) {
    for (const int64_t scale : options.scales) {
      FOVEA_ASSIGN_OR_RETURN(Dataset dataset, find_dataset(given, options.root, scale));
      tasks.push_back({std::move(dataset), scale});
    }
  }
  for (const std::string& folder : options.results) FOVEA_TRY(check_results(folder));
  return tasks;
}

// Models that are not found are told here, before work begins.
Result<EvalLayout> layout_of(const EvalOptions& options, const std::vector<Task>& tasks) {
  EvalLayout layout;
  layout.format = options.format;
  layout.each_picture = options.each_picture;
  layout.degradation = options.degradation;
  layout.name_width = std::string_view("dataset").size();
  layout.model_width = std::string_view("model").size();
  for (const Task& task : tasks) {
    const std::string& name = task.dataset.name;
    layout.name_width = std::max(layout.name_width, name.size());
    for (const std::string& model : options.models) {
      FOVEA_ASSIGN_OR_RETURN(const std::string shown,
                             method_name(model, options.models_dir, task.scale));
      layout.model_width = std::max(layout.model_width, shown.size());
    }
    if (!options.each_picture) continue;
    for (const TestPicture& picture : task.dataset.pictures)
      layout.name_width = std::max(layout.name_width, name.size() + 1 + picture.name.size());
  }
  for (const std::string& folder : options.results)
    layout.model_width = std::max(layout.model_width, folder_name(folder).size());
  return layout;
}

class Evaluation {
 public:
  Evaluation(const EvalOptions& options, Console& console, size_t picture_count)
      : options_(options), console_(console), bar_(console, false, false, picture_count) {}

  Result<EvalRow> measure(const Task& task, EvalMethod& method) {
    EvalRow row{task.dataset.name, task.scale, method.name(), {}};
    for (const TestPicture& picture : task.dataset.pictures) {
      FOVEA_ASSIGN_OR_RETURN(EvalPicture measured, measure(picture, task.scale, method));
      row.pictures.push_back(std::move(measured));
    }
    console_.erase_bar();
    return row;
  }

 private:
  Result<EvalPicture> measure(const TestPicture& picture, int64_t scale, EvalMethod& method) {
    if (interrupted() != 0)
      return fail(ErrorCode::kCancelled, "{}: stopped by a signal", picture.truth);
    FOVEA_ASSIGN_OR_RETURN(const EvalCase made,
                           make_case(picture, {scale, options_.shrink_all, options_.degradation}));
    warn(made.warnings);
    bar_.start(index_++, picture.name, made.truth.size().area());
    const auto result = method.run(made, [&](double done) {
      bar_.update(done);
      return interrupted() == 0;
    });
    if (!result) return fail_in(picture.truth, result.error());
    warn(result->warnings);
    // What networks cannot know at a border is as wide as their scale; at 1 all counts.
    const int64_t border = scale > 1 ? scale : 0;
    auto figures = evaluation::judge({made.truth, result->picture, made.small, border});
    if (!figures) return fail_in(picture.truth, std::move(figures.error()));
    if (result->luma) evaluation::judge_luma(made.truth, *result->luma, border, *figures);
    const double megapixels = static_cast<double>(made.truth.size().area()) * 1e-6;
    if (result->ms) figures->ms_per_megapixel = *result->ms / megapixels;
    return EvalPicture{picture.name, made.truth.size(), *figures};
  }

  // Of every file once, not once a model.
  void warn(const std::vector<FileWarning>& warnings) {
    for (const FileWarning& warning : warnings) {
      if (std::find(told_.begin(), told_.end(), warning) != told_.end()) continue;
      told_.push_back(warning);
      console_.warning(warning.file, warning.what);
    }
  }

  const EvalOptions& options_;
  Console& console_;
  ProgressBar bar_;
  size_t index_ = 0;
  std::vector<FileWarning> told_;
};

size_t picture_count(const EvalOptions& options, const std::vector<Task>& tasks) {
  size_t count = 0;
  for (const Task& task : tasks) count += task.dataset.pictures.size();
  return count * (options.models.size() + options.results.size());
}

Status run(EvalOptions options, Console& console) {
  FOVEA_ASSIGN_OR_RETURN(options.device, usable_device(options.device, console));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<Task> tasks, plan_tasks(options));
  FOVEA_ASSIGN_OR_RETURN(const EvalLayout layout, layout_of(options, tasks));
  Evaluation evaluation(options, console, picture_count(options, tasks));
  std::string before = eval_heading(layout);
  const auto measure = [&](const Task& task, EvalMethod& method) -> Status {
    FOVEA_ASSIGN_OR_RETURN(const EvalRow row, evaluation.measure(task, method));
    const std::string text = std::exchange(before, {}) + eval_text(row, layout);
    return print(text);
  };
  for (const Task& task : tasks) {
    for (const std::string& model : options.models) {
      FOVEA_ASSIGN_OR_RETURN(const auto method, open_method(model, options.models_dir,
                                                            upscaler_options(options, task.scale)));
      FOVEA_TRY(measure(task, *method));
    }
    for (const std::string& folder : options.results)
      FOVEA_TRY(measure(task, *open_results(folder, task.scale)));
  }
  return {};
}

}  // namespace

int run_eval(const EvalOptions& options) {
  Console console(Console::Talk::kNormal);
  const Status status = run(options, console);
  if (status) return 0;
  console.error(status.error().message);
  return exit_code(status.error());
}

}  // namespace fovea::cli
