// The options of fovea upscale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/backend.h"
#include "engine/scale.h"
#include "engine/status.h"
#include "tools/codecs/codec.h"
#include "tools/fovea/console.h"
#include "tools/fovea/device_names.h"
#include "tools/fovea/model_choice.h"
#include "tools/fovea/output_size.h"
#include "tools/fovea/picture_options.h"
#include "tools/fovea/shard.h"

namespace fovea::cli {

/// What was asked of fovea upscale.
struct UpscaleOptions {
  std::vector<std::string> inputs;
  std::optional<std::string> output;
  ModelChoice model;
  std::map<std::string, double> numbers;  ///< that the networks are told of every picture
  double unfade = 0;                      ///< how much of fading and yellowing is undone, 0 ... 1
  std::optional<Scale> scale;
  OutputSize size;  ///< in the place of `scale`
  int64_t band_height = 0;
  int64_t memory_ceiling = 0;  ///< bytes; 0: what is free
  Device device;
  Precision precision = Precision::kAuto;
  int threads = 0;
  std::optional<codecs::Format> format;
  std::optional<int> quality;
  bool lossless = false;
  bool recursive = false;
  bool skip_existing = false;
  std::optional<std::string> suffix;  ///< behind an output's stem
  Shard shard;
  bool strict = false;  ///< warnings are errors
  Console::Talk talk = Console::Talk::kNormal;
  bool json = false;
  bool overwrite = false;
  bool progress = false;
  bool dry_run = false;
};

/// Reads the arguments behind the subcommand into `options`. The text to show when it was asked for
/// help or the version, else nothing. kUsage for what makes no sense.
Result<std::string> parse_upscale(std::vector<std::string> arguments, UpscaleOptions& options);

}  // namespace fovea::cli
