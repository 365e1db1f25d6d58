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
  std::string folder;  ///< of the output, created when it is first needed; empty: it is there
  std::optional<codecs::Format> format;  ///< of the output; no value: the input's
  std::optional<Error> error;            ///< why this picture is refused; the others go on
  std::vector<std::string> notes;
};

/// kUsage when an output is an input, or two inputs have one output, or -o does not fit the inputs;
/// kOutput when the output's folder is missing or cannot be written. A file that is in the way is
/// an error of its own Job, unless existing ones are to be skipped: those are looked at when their
/// turn comes, and of a folder's pictures those that are results of others are left out.
/// `size_suffix` goes into the names of files that are written beside their inputs.
Result<std::vector<Job>> plan_jobs(const UpscaleOptions& options, const std::string& size_suffix);

}  // namespace fovea::cli
