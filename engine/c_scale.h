// A scale as fovea.h has it: a number, 0 where none is told.
#pragma once

#include <optional>

#include "engine/scale.h"

namespace fovea::c {

/// To six decimals; no value for 0. kUsage for what parse_scale() refuses, and for what is no
/// number.
Result<std::optional<Scale>> scale_of(double scale);

}  // namespace fovea::c
