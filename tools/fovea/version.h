// What this binary is.
#pragma once

#include <string>

namespace fovea::cli {

/// The backends of this binary, and what the device code among them was tested on.
std::string backends_text();

/// Version, compiler, instruction sets, codecs, a line each. Touches no device.
std::string version_text();

}  // namespace fovea::cli
