// What to say of a name that no model has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fovea::cli {

/// The candidates that are close to `name`, nearest first, at most three.
std::vector<std::string> nearest_names(std::string_view name, std::vector<std::string> candidates);

}  // namespace fovea::cli
