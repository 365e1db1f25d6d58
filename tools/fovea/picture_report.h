// What happened to one picture, for programs and for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/backend.h"
#include "engine/status.h"
#include "engine/upscaler.h"

namespace fovea::cli {

struct PictureReport {
  std::string input;
  std::string output;
  std::string model;
  Scale scale;
  DeviceKind device = DeviceKind::kCpu;
  Precision precision = Precision::kAuto;  ///< as asked for
  Size input_size;
  bool is_skipped = false;    ///< an earlier run wrote it whole
  bool is_remade = false;     ///< in the place of a file that was not that
  int64_t encoder_bytes = 0;  ///< that encoding the result takes at most
  UpscaleReport upscale;
  double total_ms =
      0;  ///< reading, decoding, network, encoding, writing; the model too, for the first
  int64_t peak_bytes = 0;  ///< the most memory the process has held so far
  bool dry_run = false;    ///< nothing ran: peak_bytes is what was foreseen
  std::optional<Error> error;
};

/// The exit code of a failure: its class, or 130 and 143 for one by a signal.
int exit_code(const Error& error);

/// "usage", "picture", "model", ...
const char* class_name(ErrorCode code);

/// One line of JSON and a newline; the keys are listed in README.md.
std::string to_json(const PictureReport& report);

/// "photo.png -> photo-4x.png (1280x720, 1.2 s)"
std::string short_line(const PictureReport& report);

/// The same with sizes, model, times, bands and memory.
std::string long_line(const PictureReport& report);

/// What a dry run tells: sizes, model, bands, memory.
std::string plan_line(const PictureReport& report);

/// What the steps of each operator took, a line an operator: "   12.3 ms  45 %  18 x Convolution".
std::vector<std::string> step_lines(const PictureReport& report);

}  // namespace fovea::cli
