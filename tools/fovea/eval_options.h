// What was asked of fovea eval.
#pragma once

#include <string>
#include <vector>

#include "engine/backend.h"
#include "engine/status.h"
#include "tools/fovea/device_names.h"
#include "tools/fovea/eval_report.h"

namespace fovea::cli {

struct EvalOptions {
  std::vector<std::string> datasets;
  std::string root;                  ///< of lists; empty: the list's own folder
  std::vector<std::string> models;   ///< each on each dataset at each scale; empty: the default
  std::vector<std::string> results;  ///< folders of other programs' results, likewise
  std::string models_dir;
  std::vector<int64_t> scales;
  Device device;
  Precision precision = Precision::kAuto;
  int threads = 0;
  bool shrink_all = false;  ///< also where a dataset has small pictures
  evaluation::Degradation degradation;
  EvalFormat format = EvalFormat::kTable;
  bool each_picture = false;
};

/// Reads the arguments behind `fovea eval` into `options`. The text to show when they ask for help
/// or the version, else nothing. kUsage for what makes no sense, kDevice for a device that this
/// build does not have.
Result<std::string> parse_eval(std::vector<std::string> arguments, EvalOptions& options);

}  // namespace fovea::cli
