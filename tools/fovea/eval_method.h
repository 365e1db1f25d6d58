// What is compared: networks, and what stands beside them in a table.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/progress.h"
#include "engine/upscaler.h"
#include "tools/fovea/eval_case.h"

namespace fovea::cli {

struct EvalResult {
  Picture picture;
  /// By methods that work on luma alone: what they made of EvalCase::small_luma.
  std::optional<evaluation::Plane> luma;
  std::optional<double> ms;  ///< in the engine; none where nothing was timed
  std::vector<FileWarning> warnings;
};

/// One row of a table: from small pictures to results of one scale.
class EvalMethod {
 public:
  virtual ~EvalMethod() = default;

  /// To be shown.
  const std::string& name() const { return name_; }

  virtual Result<EvalResult> run(const EvalCase& given, const Progress& progress) = 0;

 protected:
  explicit EvalMethod(std::string name) : name_(std::move(name)) {}

 private:
  std::string name_;
};

/// MATLAB's bicubic, by which the tables' figures were made. fovea's `bicubic` is the same kernel,
/// but of 8-bit pictures it does not round between rows and columns, as MATLAB does, and of luma it
/// repeats the last pixel at a border, where newer versions of MATLAB mirror the picture.
inline constexpr std::string_view kImresizeName = "imresize";

/// The input as it is, at scale 1.
inline constexpr std::string_view kNoneName = "none";

/// What a method will be called: `name` is kImresizeName, kNoneName, a model as find_model has it
/// (empty: the default), or several joined by +, one after another. kModel where a model is not
/// found, kUsage for kNoneName at another scale than 1.
Result<std::string> method_name(const std::string& name, const std::string& models_dir,
                                int64_t scale);

/// The method of a `name` that method_name has a name for, at the whole scale of `wanted`; fails as
/// open_upscaler does.
Result<std::unique_ptr<EvalMethod>> open_method(const std::string& name,
                                                const std::string& models_dir,
                                                const UpscalerOptions& wanted);

/// Results that lie in `folder`, or in its folder x2, x3, ... of `scale` if there is one: NAME,
/// NAME-4x (as fovea names them), NAME_LR or NAME_LR-4x, with the extension of any picture.
std::unique_ptr<EvalMethod> open_results(const std::string& folder, int64_t scale);

}  // namespace fovea::cli
