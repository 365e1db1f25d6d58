// What lies in a folder.
#pragma once

#include <string>
#include <system_error>
#include <vector>

namespace fovea::cli {

/// The names in `folder`, sorted; `error` says why they, or those after some, cannot be read.
/// Throws std::bad_alloc, where std::filesystem's iterator with an error code ends the process.
std::vector<std::string> folder_names(const std::string& folder, std::error_code& error);

}  // namespace fovea::cli
