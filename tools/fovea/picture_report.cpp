#include "tools/fovea/picture_report.h"

#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tools/fovea/device_names.h"
#include "tools/fovea/interrupt.h"

namespace fovea::cli {
namespace {

std::string megabytes(int64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

std::string size_text(Size size) { return fmt::format("{}x{}", size.width, size.height); }

}  // namespace

int exit_code(const Error& error) {
  if (error.code == ErrorCode::kCancelled) return 128 + interrupted();
  return static_cast<int>(error.code);
}

const char* class_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return "usage";
    case ErrorCode::kPicture:
      return "picture";
    case ErrorCode::kModel:
      return "model";
    case ErrorCode::kNumeric:
      return "numeric";
    case ErrorCode::kMemory:
      return "memory";
    case ErrorCode::kOutput:
      return "output";
    case ErrorCode::kDevice:
      return "device";
    case ErrorCode::kCancelled:
      return "interrupted";
  }
  return "unknown";
}

int64_t peak_memory_bytes() {
  // VmHWM, not getrusage's ru_maxrss: that one a process inherits from the one that started it.
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    int64_t kibibytes = 0;
    if (word == "VmHWM:" && status >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

std::string to_json(const PictureReport& report) {
  nlohmann::ordered_json object;
  object["input"] = report.input;
  object["output"] = nullptr;
  if (!report.output.empty()) object["output"] = report.output;
  object["model"] = report.model;
  object["scale"] = report.scale.value();
  object["width"] = nullptr;
  object["height"] = nullptr;
  if (report.upscale.output.area() > 0) {
    object["width"] = report.upscale.output.width;
    object["height"] = report.upscale.output.height;
  }
  object["device"] = device_name(report.device);
  object["precision"] = "f32";
  object["network_ms"] = report.upscale.network_ms;
  object["total_ms"] = report.total_ms;
  object["peak_bytes"] = report.peak_bytes;
  object["bands"] = report.upscale.bands;
  object["redone"] = 0;  // in a wider type: f32 is the widest there is
  object["error"] = nullptr;
  if (report.error) {
    object["error"] = {{"code", exit_code(*report.error)},
                       {"class", class_name(report.error->code)},
                       {"message", report.error->message}};
  }
  // File names need not be UTF-8, JSON must.
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string short_line(const PictureReport& report) {
  return fmt::format("{} -> {} ({}, {:.1f} s)", report.input, report.output,
                     size_text(report.upscale.output), report.total_ms / 1000);
}

std::string long_line(const PictureReport& report) {
  const UpscaleReport& done = report.upscale;
  return fmt::format(
      "{} -> {}: {} -> {}, {} x{} on {}, network {:.2f} s of {:.2f} s, {} band{} of {} rows, maps "
      "{}, "
      "peak {}",
      report.input, report.output, size_text(report.input_size), size_text(done.output),
      report.model, to_string(report.scale), device_name(report.device), done.network_ms / 1000,
      report.total_ms / 1000, done.bands, done.bands == 1 ? "" : "s", done.band_height,
      megabytes(done.arena_bytes), megabytes(report.peak_bytes));
}

std::vector<std::string> step_lines(const PictureReport& report) {
  std::vector<std::string> lines;
  for (const StepTime& time : report.upscale.step_times) {
    lines.push_back(fmt::format("  {:9.1f} ms {:3.0f} %  {} x {}", time.ms,
                                100 * time.ms / report.upscale.network_ms, time.steps, time.op));
  }
  return lines;
}

}  // namespace fovea::cli
