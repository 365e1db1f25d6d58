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

}  // namespace fovea::cli
