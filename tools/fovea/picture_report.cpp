#include "tools/fovea/picture_report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tools/fovea/device_names.h"
#include "tools/fovea/interrupt.h"

namespace fovea::cli {
namespace {

std::string megabytes(int64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

std::string size_text(Size size) { return fmt::format("{}x{}", size.width, size.height); }

// "a.png -> b.png: 5x4 -> 10x8, net x2 on cpu"; " in bf16" behind it where it is.
std::string sizes_text(const PictureReport& report) {
  const std::string_view precision = precision_name(report.device, report.precision);
  return fmt::format("{} -> {}: {} -> {}, {} x{} on {}{}", report.input, report.output,
                     size_text(report.input_size), size_text(report.upscale.output), report.model,
                     to_string(report.scale), device_name(report.device),
                     precision == "f32" ? "" : fmt::format(" in {}", precision));
}

std::string bands_text(const UpscaleReport& done) {
  return fmt::format("{} band{} of {} rows, maps {}", done.bands, done.bands == 1 ? "" : "s",
                     done.band_height, megabytes(done.arena_bytes));
}

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

std::string to_json(const PictureReport& report) {
  nlohmann::ordered_json object;
  object["input"] = report.input;
  object["output"] = nullptr;
  if (!report.output.empty()) object["output"] = report.output;
  object["model"] = nullptr;
  object["scale"] = nullptr;
  if (!report.model.empty()) {
    object["model"] = report.model;
    object["scale"] = report.scale.value();
  }
  object["width"] = nullptr;
  object["height"] = nullptr;
  if (report.upscale.output.area() > 0) {
    object["width"] = report.upscale.output.width;
    object["height"] = report.upscale.output.height;
  }
  object["device"] = device_name(report.device);
  object["precision"] = precision_name(report.device, report.precision);
  object["network_ms"] = nullptr;
  object["total_ms"] = nullptr;
  if (!report.dry_run && !report.is_skipped) {
    object["network_ms"] = report.upscale.network_ms;
    object["total_ms"] = report.total_ms;
  }
  object["peak_bytes"] = report.peak_bytes;
  object["bands"] = report.upscale.bands;
  object["redone"] = report.upscale.redone ? 1 : 0;  // in a wider type
  object["error"] = nullptr;
  if (report.error) {
    object["error"] = {{"code", exit_code(*report.error)},
                       {"class", class_name(report.error->code)},
                       {"message", report.error->message}};
  }
  if (report.is_skipped) object["skipped"] = true;
  // File names need not be UTF-8, JSON must.
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string short_line(const PictureReport& report) {
  return fmt::format("{} -> {} ({}, {:.1f} s)", report.input, report.output,
                     size_text(report.upscale.output), report.total_ms / 1000);
}

std::string long_line(const PictureReport& report) {
  const UpscaleReport& done = report.upscale;
  return fmt::format("{}, network {:.2f} s of {:.2f} s, {}, peak {} ({} foreseen)",
                     sizes_text(report), done.network_ms / 1000, report.total_ms / 1000,
                     bands_text(done), megabytes(report.peak_bytes),
                     megabytes(done.foreseen_bytes));
}

std::string plan_line(const PictureReport& report) {
  return fmt::format("{}, {}, peak {} foreseen", sizes_text(report), bands_text(report.upscale),
                     megabytes(report.peak_bytes));
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
