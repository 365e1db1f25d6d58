#include "tools/fovea/device_names.h"

namespace fovea::cli {

Result<DeviceKind> parse_device(std::string_view text) {
  if (text == "auto" || text == "cpu" || text == "-1") return DeviceKind::kCpu;
  if (text == "reference") return DeviceKind::kReference;
  const bool numbers = !text.empty() && text.find_first_not_of("0123456789,") == text.npos;
  if (numbers || text == "cuda" || text.starts_with("cuda:")) {
    return fail(ErrorCode::kDevice, "-g {}: this build has no CUDA backend; use -g cpu", text);
  }
  return fail(ErrorCode::kUsage, "-g {}: no such device; use auto, cpu or reference", text);
}

std::string_view device_name(DeviceKind device) {
  switch (device) {
    case DeviceKind::kReference:
      return "reference";
    case DeviceKind::kCpu:
      return "cpu";
  }
  return "unknown";
}

Result<Precision> parse_precision(std::string_view text) {
  if (text == "auto") return Precision::kAuto;
  if (text == "f32") return Precision::kF32;
  if (text == "bf16") return Precision::kBf16;
  if (text == "f16" || text == "fp8") {
    return fail(ErrorCode::kDevice, "--precision {}: the CPU has no kernels in it; use f32 or bf16",
                text);
  }
  return fail(ErrorCode::kUsage, "--precision {}: no such precision; use auto, f32 or bf16", text);
}

std::string_view precision_name(Precision precision) {
  return precision == Precision::kBf16 ? "bf16" : "f32";
}

}  // namespace fovea::cli
