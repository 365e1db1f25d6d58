// The words of -g and --precision.
#pragma once

#include <string_view>

#include "engine/backend.h"
#include "engine/status.h"

namespace fovea::cli {

class Console;

/// A device of this machine: the `index`-th of its kind.
struct Device {
  DeviceKind kind = DeviceKind::kCpu;
  int index = 0;

  bool operator==(const Device&) const = default;
};

/// auto (the CPU), cpu, reference, -1 (the CPU, as in realesrgan-ncnn-vulkan), cuda, cuda:1, or a
/// GPU's number alone. kDevice for a GPU where the build has no CUDA backend; kUsage for anything
/// else.
Result<Device> parse_device(std::string_view text);

/// `wanted`, or the CPU and a warning that says why where this machine has no GPU at all. kDevice
/// for one GPU of several that is not there.
Result<Device> usable_device(Device wanted, Console& console);

std::string_view device_name(DeviceKind device);

/// auto, f32, f16, bf16. kDevice for fp8, which no device has kernels for; kUsage for anything
/// else.
Result<Precision> parse_precision(std::string_view text);

/// What a network runs in that was asked to run in `precision`: "f32", "f16" or "bf16".
std::string_view precision_name(DeviceKind device, Precision precision);

}  // namespace fovea::cli
