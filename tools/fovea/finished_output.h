// What lies in a picture's file, without decoding it.
#pragma once

#include <optional>
#include <string>

#include "engine/tensor.h"

namespace fovea::cli {

/// The size of the upright picture in the file, if that is a picture and whole as far as its parts
/// tell (codecs::measure).
std::optional<Size> measure_file(const std::string& path);

}  // namespace fovea::cli
