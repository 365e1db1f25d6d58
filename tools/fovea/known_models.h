// What weights/manifest.json says of model files, built into the program.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fovea::cli {

/// The licence (its SPDX name) of the well-known file that has this sha256, if it is one.
std::optional<std::string> licence_of_known_file(std::string_view sha256);

}  // namespace fovea::cli
