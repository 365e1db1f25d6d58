// What weights/manifest.json says of model files, built into the program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fovea::cli {

struct KnownFile {
  std::string licence;  ///< its SPDX name
  std::string use;      ///< what the model is for, in one line; may be empty
};

/// What is known of the file that has this sha256, if it is a well-known one.
std::optional<KnownFile> known_file(std::string_view sha256);

/// Whether a well-known file is of this size: if not, its sha256 need not be computed.
bool is_size_of_known_file(uintmax_t bytes);

}  // namespace fovea::cli
