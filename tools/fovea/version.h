// What this binary is.
#pragma once

#include <string>

namespace fovea::cli {

/// Version, compiler, instruction sets, codecs, a line each. Touches no device.
std::string version_text();

}  // namespace fovea::cli
