// Output that is either the old file or the whole new one.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "engine/status.h"

namespace fovea::cli {

/// Writes `bytes` to a temporary file in the folder of `path`, syncs it, and gives it its name in
/// one step, which replaces an existing file only when `overwrite`. The folder is synced last.
/// kOutput where anything fails, kCancelled at a signal; the temporary file is removed then.
Status write_atomically(const std::string& path, std::span<const std::byte> bytes, bool overwrite);

}  // namespace fovea::cli
