// Lists of tensor names for messages.
#pragma once

#include <string>
#include <vector>

namespace fovea {

/// "a, b, c, d, e and 12 more": at most five names, so that a message stays one line.
std::string first_names(const std::vector<std::string>& names);

}  // namespace fovea
