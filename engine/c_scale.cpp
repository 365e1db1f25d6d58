#include "engine/c_scale.h"

#include <fmt/format.h>

namespace fovea::c {

Result<std::optional<Scale>> scale_of(double scale) {
  if (scale == 0) return std::nullopt;
  // The way of the command line's -s, so that a scale means the same fraction here and there.
  FOVEA_ASSIGN_OR_RETURN(const Scale parsed, parse_scale(fmt::format("{:.6f}", scale)));
  return parsed;
}

}  // namespace fovea::c
