// Which input goes to which output, with every refusal that is possible before work begins.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/scale.h"
#include "engine/status.h"
#include "tools/fovea/inputs.h"
#include "tools/fovea/options.h"

namespace fovea::cli {

struct Job {
  std::string input;
  std::string output;  ///< a path, "-", or empty where `error` is set before it is known
  std::optional<codecs::Format> format;  ///< of the output; no value: the input's
  std::optional<Error> error;            ///< why this picture is refused; the others go on
  std::vector<std::string> notes;
};

struct JobList {
  std::vector<Job> jobs;
  std::string new_folder;  ///< to be created before the first picture; empty when there is none
};

/// kUsage when an output is an input, or two inputs have one output, or -o does not fit the inputs;
/// kOutput when the output's folder is missing or cannot be written. A file that is in the way is
/// an error of its own Job. `scale` goes into the names of files that are written beside their
/// inputs.
Result<JobList> plan_jobs(const UpscaleOptions& options, Scale scale);

}  // namespace fovea::cli
