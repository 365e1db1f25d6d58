// The numbers that networks are told of a picture, by name.
#pragma once

#include <string_view>

#include "engine/model.h"
#include "engine/weights.h"

namespace fovea {

/// How strong the noise is: its standard deviation, of samples of 0...255.
inline constexpr std::string_view kNoiseLevel = "noise_level";

/// The condition called `name`, kJpegQuality or kNoiseLevel, its usual number that of the metadata
/// key of the same name. kModel for other names, and where the metadata's number is none or out of
/// range.
Result<Condition> read_condition(const Weights& weights, std::string_view name);

/// The one that the metadata key `condition` names, where tensors cannot tell it.
Result<Condition> read_named_condition(const Weights& weights);

}  // namespace fovea
