// The words of -g.
#pragma once

#include <string_view>

#include "engine/backend.h"
#include "engine/status.h"

namespace fovea::cli {

/// auto, cpu, reference, or -1 (the CPU, as in realesrgan-ncnn-vulkan). kDevice for a GPU, which
/// this build does not have; kUsage for anything else.
Result<DeviceKind> parse_device(std::string_view text);

std::string_view device_name(DeviceKind device);

}  // namespace fovea::cli
