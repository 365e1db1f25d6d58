// A model that has been found: a classical method, a file, or a file built into the program.
#pragma once

#include <filesystem>
#include <string>

#include "loaders/formats/file_bytes.h"
#include "loaders/load_model.h"

namespace fovea::cli {

struct FoundModel {
  std::string
      name;  ///< to be shown: a classical or built-in name, or the file's, without extension
  std::filesystem::path path{};  ///< of its file, where it is one
  FileBytes bytes{};             ///< of its file, where that is built in

  bool is_built_in() const { return bytes.size > 0; }
  bool is_classical() const { return path.empty() && !is_built_in(); }

  /// Where it lies, as errors say it.
  std::string place() const;
};

/// Loads it. A classical method has no limits.
Result<Model> load(const FoundModel& found, const LoadLimits& limits);

/// Its named tensors too. kModel for a classical method.
Result<LoadedWeights> load_tensors(const FoundModel& found, const LoadLimits& limits);

}  // namespace fovea::cli
