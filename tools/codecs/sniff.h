// Which format a file is of, told by its first bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "tools/codecs/codec.h"

namespace fovea::codecs {

/// What the first bytes say. `format` has a value when it is one of ours (whether this build reads
/// it or not); else `name` names a known kind that fovea never reads ("GIF", "HEIC"), or is empty.
struct Sniffed {
  std::optional<Format> format;
  std::string_view name;
};

Sniffed sniff(std::span<const std::byte> bytes);

}  // namespace fovea::codecs
