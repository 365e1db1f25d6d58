// The values of single flags, from text.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/status.h"
#include "engine/tensor.h"
#include "tools/codecs/codec.h"

namespace fovea::cli {

/// A decimal integer low ... high and nothing else. kUsage naming `flag`, the text and the limits.
Result<int64_t> parse_integer(std::string_view flag, std::string_view text, int64_t low,
                              int64_t high);

/// "8", or "load:proc:save" as realesrgan-ncnn-vulkan has it, of which proc counts. 0 = all cores.
Result<int> parse_threads(std::string_view text);

/// "1920x1080", width first.
Result<Size> parse_size(std::string_view flag, std::string_view text);

/// "png", "jpg", "webp", ...: a format that this build writes.
Result<codecs::Format> parse_format(std::string_view text);

/// A number 0 ... 1 and nothing else. kUsage naming `flag` and the text.
Result<double> parse_share(std::string_view flag, std::string_view text);

/// "700M", "4G", "900000K" in bytes, the units binary. kUsage for anything else.
Result<int64_t> parse_memory(std::string_view text);

/// "KEY=VALUE" each: what stands before the first = and behind it.
Result<std::map<std::string, std::string>> parse_metadata(const std::vector<std::string>& pairs);

/// The same with a number behind each =.
Result<std::map<std::string, double>> parse_numbers(const std::vector<std::string>& pairs);

}  // namespace fovea::cli
