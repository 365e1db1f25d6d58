// The digest by which model files are known (FIPS 180-4).
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace fovea::cli {

/// 64 hexadecimal digits in lower case.
std::string sha256_hex(std::span<const std::byte> bytes);

}  // namespace fovea::cli
