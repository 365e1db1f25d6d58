// The digest by which model files are known (FIPS 180-4).
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "engine/status.h"

namespace fovea::cli {

/// 64 hexadecimal digits in lower case.
std::string sha256_hex(std::span<const std::byte> bytes);

/// Of a model file. kModel, led by its name, where it cannot be read.
Result<std::string> file_sha256(const std::filesystem::path& path);

}  // namespace fovea::cli
