// The JSON header of a safetensors file, as it is written there: not yet held against the file.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/status.h"

namespace fovea {

/// One tensor's entry. Numbers are at most 2^53.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;  // "F32", ...
  std::vector<int64_t> shape;
  std::vector<uint64_t> data_offsets;  // begin and end, from the first byte after the header
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;
};

/// Reads the JSON text. kModel for what is not strict JSON in UTF-8, has a key twice, holds
/// anything but the expected structure, or passes a limit of safetensors.h.
Result<SafetensorsHeader> parse_safetensors_header(std::string_view json);

}  // namespace fovea
