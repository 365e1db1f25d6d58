// How many pixels a map has besides those that its scale tells: the margins of Pad, Crop and Pool.
#pragma once

#include <cstdint>
#include <span>

#include "engine/operators.h"
#include "engine/scale.h"
#include "engine/status.h"

namespace fovea {

/// A side of a map: that of the picture, which is a multiple of all denominators, times `scale`,
/// and `surplus`. One pixel for the whole picture is kPictureWide and 1.
struct MapSide {
  Scale scale;
  int64_t surplus = 0;
};

/// The surplus of an operator's output. kModel for inputs whose sides differ, or that the operator
/// would have to cut or round.
Result<int64_t> surplus_after(const Operator& op, std::span<const MapSide> inputs);

}  // namespace fovea
