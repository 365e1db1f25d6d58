// What was asked for on the command line.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/backend.h"
#include "engine/scale.h"
#include "engine/status.h"
#include "tools/fovea/device_names.h"
#include "tools/fovea/eval_options.h"
#include "tools/fovea/upscale_options.h"

namespace fovea::cli {

struct InfoOptions {
  std::string model;
  std::string models_dir;
  std::optional<Scale> scale;  ///< where the weights do not tell it
  bool json = false;
};

struct ModelsOptions {
  std::string models_dir;
  bool json = false;
};

struct BenchOptions {
  std::vector<std::string> models;  ///< each at each size
  std::string models_dir;
  std::vector<Size> sizes;  ///< of the picture
  std::optional<Scale> scale;
  Device device;
  Precision precision = Precision::kAuto;
  int threads = 0;
  int runs = 5;          ///< counted; one before them is not
  bool machine = false;  ///< the machine alone, no model
  bool json = false;
};

struct ConvertOptions {
  std::string input;  ///< name or file
  std::string models_dir;
  std::string output;
  std::optional<Scale> scale;                   ///< where the weights do not tell it
  std::map<std::string, std::string> metadata;  ///< to add, or in the place of the file's
  bool half = false;
  bool overwrite = false;
};

/// Text for standard output and nothing more: help and version.
struct ShowText {
  std::string text;
};

using Command = std::variant<UpscaleOptions, InfoOptions, ModelsOptions, BenchOptions,
                             ConvertOptions, EvalOptions, ShowText>;

/// Reads the arguments (without the program's name). kUsage for what makes no sense, kDevice for a
/// device that this build does not have.
Result<Command> parse_command_line(std::vector<std::string> arguments);

}  // namespace fovea::cli
