// A whole regular file into memory, within a limit.
#pragma once

#include <filesystem>

#include "engine/status.h"
#include "loaders/formats/file_bytes.h"

namespace fovea {

/// Whether a symbolic link in the place of the file is followed; folders on the way always may be
/// links.
enum class Links { kFollow, kRefuse };

/// Reads a file of at most `max_bytes` whole. Its errors have `code` (kMemory when it does not fit
/// into memory) and do not name the file: the caller does, with fail_in. Refused, without waiting
/// for anything: what is missing or unreadable, directories, pipes, sockets and devices, and files
/// whose size changes while they are read.
Result<FileBytes> read_file(const std::filesystem::path& path, size_t max_bytes, ErrorCode code,
                            Links links = Links::kFollow);

}  // namespace fovea
