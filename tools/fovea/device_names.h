// The words of -g and --precision.
#pragma once

#include <string_view>

#include "engine/backend.h"
#include "engine/status.h"

namespace fovea::cli {

/// auto, cpu, reference, or -1 (the CPU, as in realesrgan-ncnn-vulkan). kDevice for a GPU, which
/// this build does not have; kUsage for anything else.
Result<DeviceKind> parse_device(std::string_view text);

std::string_view device_name(DeviceKind device);

/// auto, f32, bf16. kDevice for f16 and fp8, for which the devices of this build have no kernels;
/// kUsage for anything else.
Result<Precision> parse_precision(std::string_view text);

/// What a network runs in that was asked to run in `precision`: "f32" or "bf16".
std::string_view precision_name(Precision precision);

}  // namespace fovea::cli
