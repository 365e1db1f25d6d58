#include "tools/fovea/device_names.h"

#include <charconv>

#include <fmt/format.h>

#include "tools/fovea/console.h"

namespace fovea::cli {
namespace {

constexpr bool kHasCuda =
#ifdef FOVEA_HAS_CUDA
    true;
#else
    false;
#endif

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

}  // namespace

Result<Device> parse_device(std::string_view text) {
  if (text == "auto" || text == "cpu" || text == "-1") return Device{DeviceKind::kCpu, 0};
  if (text == "reference") return Device{DeviceKind::kReference, 0};
  const bool numbers = !text.empty() && text.find_first_not_of("0123456789,") == text.npos;
  const std::string_view number = text.starts_with("cuda:") ? text.substr(5) : text;
  if (text == "cuda" || numbers || is_number(number)) {
    if (!kHasCuda)
      return fail(ErrorCode::kDevice, "-g {}: this build has no CUDA backend; use -g cpu", text);
    Device device{DeviceKind::kCuda, 0};
    if (text == "cuda") return device;
    const char* const end = number.data() + number.size();
    if (is_number(number) && std::from_chars(number.data(), end, device.index).ec == std::errc{})
      return device;
    return fail(ErrorCode::kDevice, "-g {}: a picture runs on one GPU; name one", text);
  }
  return fail(ErrorCode::kUsage, "-g {}: no such device; use auto, cpu, reference{}", text,
              kHasCuda ? ", cuda or a GPU's number" : "");
}

Result<Device> usable_device(Device wanted, Console& console) {
  if (wanted.kind != DeviceKind::kCuda) return wanted;
  const Result<int> count = count_devices(wanted.kind);
  if (!count) {
    FOVEA_TRY(console.warn(ErrorCode::kDevice, "-g cuda",
                           fmt::format("{}; the CPU does it", count.error().message)));
    return Device{DeviceKind::kCpu, 0};
  }
  if (wanted.index < *count) return wanted;
  return fail(ErrorCode::kDevice, "-g cuda:{}: there are {} (numbered from 0); choose another",
              wanted.index, *count);
}

std::string_view device_name(DeviceKind device) {
  switch (device) {
    case DeviceKind::kReference:
      return "reference";
    case DeviceKind::kCpu:
      return "cpu";
    case DeviceKind::kCuda:
      return "cuda";
  }
  return "unknown";
}

Result<Precision> parse_precision(std::string_view text) {
  if (text == "auto") return Precision::kAuto;
  if (text == "f32") return Precision::kF32;
  if (text == "f16") return Precision::kF16;
  if (text == "bf16") return Precision::kBf16;
  if (text == "fp8") {
    return fail(ErrorCode::kDevice, "--precision {}: no device has kernels in it; use f32 or bf16",
                text);
  }
  return fail(ErrorCode::kUsage, "--precision {}: no such precision; use auto, f32, f16 or bf16",
              text);
}

std::string_view precision_name(DeviceKind device, Precision precision) {
  switch (precision) {
    case Precision::kAuto:
      return device == DeviceKind::kCuda ? "f16" : "f32";
    case Precision::kF32:
      return "f32";
    case Precision::kF16:
      return "f16";
    case Precision::kBf16:
      return "bf16";
  }
  return "unknown";
}

}  // namespace fovea::cli
