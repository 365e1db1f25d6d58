#include "tools/fovea/eval_method.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "tools/evaluation/matlab_resize.h"
#include "tools/fovea/find_model.h"
#include "tools/fovea/open_upscaler.h"
#include "tools/fovea/picture_options.h"

namespace fovea::cli {
namespace {

using evaluation::Plane;

bool works_on_luma(const SharedModel& model) {
  const bool classical = model->resize_before && model->graph.nodes().empty();
  return classical || model->colour == ColourMode::kLuma;
}

class Network : public EvalMethod {
 public:
  explicit Network(OpenedUpscaler opened)
      : EvalMethod(opened.name),
        models_(std::move(opened.models)),
        upscaler_(std::move(opened.upscaler)),
        on_luma_(std::all_of(models_.begin(), models_.end(), works_on_luma)) {}

  Result<EvalResult> run(const EvalCase& given, const Progress& progress) override {
    EvalResult result;
    UpscaleReport report;
    FOVEA_ASSIGN_OR_RETURN(const ToldPicture told,
                           tell_of_picture(models_, {}, given.jpeg, given.name));
    FOVEA_ASSIGN_OR_RETURN(result.picture,
                           upscaler_.upscale(given.small, progress, &report, 0, told.options));
    result.ms = report.network_ms;
    if (on_luma_) {
      FOVEA_ASSIGN_OR_RETURN(const Picture small, evaluation::as_picture(given.small_luma));
      FOVEA_ASSIGN_OR_RETURN(const Picture large, upscaler_.upscale(small, progress));
      result.luma = evaluation::channel_plane(large, 0);
    }
    return result;
  }

 private:
  std::vector<SharedModel> models_;
  Upscaler upscaler_;
  bool on_luma_;
};

class Imresize : public EvalMethod {
 public:
  explicit Imresize(int64_t scale) : EvalMethod(std::string(kImresizeName)), scale_(scale) {}

  Result<EvalResult> run(const EvalCase& given, const Progress&) override {
    EvalResult result;
    const auto start = std::chrono::steady_clock::now();
    FOVEA_ASSIGN_OR_RETURN(result.picture,
                           evaluation::matlab_resize(given.small, given.truth.size()));
    const auto end = std::chrono::steady_clock::now();
    result.ms = std::chrono::duration<double, std::milli>(end - start).count();
    result.luma = evaluation::matlab_enlarge(given.small_luma, scale_);
    return result;
  }

 private:
  int64_t scale_;
};

class None : public EvalMethod {
 public:
  None() : EvalMethod(std::string(kNoneName)) {}

  Result<EvalResult> run(const EvalCase& given, const Progress&) override {
    FOVEA_ASSIGN_OR_RETURN(Picture same, given.small.copy());
    return EvalResult{std::move(same), given.small_luma, std::nullopt, {}};
  }
};

class Folder : public EvalMethod {
 public:
  Folder(const std::filesystem::path& folder, int64_t scale)
      : EvalMethod(folder_name(folder.string())), folder_(folder), scale_(scale) {
    std::error_code error;
    const std::filesystem::path inner = folder / fmt::format("x{}", scale);
    if (std::filesystem::is_directory(inner, error)) folder_ = inner;
  }

  Result<EvalResult> run(const EvalCase& given, const Progress&) override {
    const std::string factor = fmt::format("-{}x", scale_);
    for (const std::string& end : {std::string(), factor, std::string("_LR"), "_LR" + factor}) {
      const auto path = find_picture((folder_ / (given.name + end)).string());
      if (!path) continue;
      EvalResult result;
      FOVEA_ASSIGN_OR_RETURN(result.picture, read_plain(*path, result.warnings));
      return result;
    }
    return fail(ErrorCode::kPicture, "{}: there is no result {}.png here, nor {}{}.png",
                folder_.string(), given.name, given.name, factor);
  }

 private:
  std::filesystem::path folder_;
  int64_t scale_;
};

// A file's name may have a + in it.
std::vector<std::string> links_of(const std::string& name) {
  std::error_code error;
  if (std::filesystem::exists(name, error)) return {name};
  std::vector<std::string> links{""};
  for (const char letter : name) {
    if (letter == '+') {
      links.emplace_back();
    } else {
      links.back() += letter;
    }
  }
  return links;
}

}  // namespace

Result<std::unique_ptr<EvalMethod>> open_method(const std::string& name,
                                                const std::string& models_dir,
                                                const UpscalerOptions& wanted) {
  if (name == kImresizeName) return std::make_unique<Imresize>(wanted.scale->numerator);
  if (name == kNoneName) return std::make_unique<None>();
  FOVEA_ASSIGN_OR_RETURN(OpenedUpscaler opened,
                         open_upscaler({links_of(name), models_dir, {}, {}}, wanted));
  return std::make_unique<Network>(std::move(opened));
}

std::unique_ptr<EvalMethod> open_results(const std::string& folder, int64_t scale) {
  return std::make_unique<Folder>(folder, scale);
}

Result<std::string> method_name(const std::string& name, const std::string& models_dir,
                                int64_t scale) {
  if (name == kNoneName && scale != 1)
    return fail(ErrorCode::kUsage, "-n {}: enlarges nothing; use -s 1, or another model for -s {}",
                name, scale);
  if (name == kImresizeName || name == kNoneName) return name;
  const std::vector<std::string> links = links_of(name);
  std::optional<Scale> own;
  if (links.size() == 1) own = Scale{scale, 1};
  std::string shown;
  for (const std::string& link : links) {
    if (link.empty() && links.size() > 1)
      return fail(ErrorCode::kUsage, "-n {}: no name on one side of a +; give A+B", name);
    FOVEA_ASSIGN_OR_RETURN(const FoundModel found, find_model(link, models_dir, own));
    shown += shown.empty() ? found.name : " + " + found.name;
  }
  return shown;
}

}  // namespace fovea::cli
