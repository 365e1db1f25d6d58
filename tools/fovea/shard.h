// --shard K/N: which of N machines takes which picture, without asking each other.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/status.h"

namespace fovea::cli {

/// The number-th of `count` parts, from 1.
struct Shard {
  int64_t number = 1;
  int64_t count = 1;

  /// Whether the picture of this name belongs to it. Every name belongs to exactly one, whatever
  /// other names there are: a list that grows or is read twice changes nothing.
  bool takes(std::string_view name) const;
};

/// "3/8".
Result<Shard> parse_shard(std::string_view text);

}  // namespace fovea::cli
