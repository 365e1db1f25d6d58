// Which models may run one after another, and as what.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/model.h"

namespace fovea {

using SharedModel = std::shared_ptr<const Model>;

/// Gives every model of a chain a scale. At most one may have none of its own
/// (Model::resize_before): it gets what the others leave of `wanted`. kUsage where that does not
/// settle it.
Result<std::vector<SharedModel>> with_scales(std::vector<SharedModel> models,
                                             std::optional<Scale> wanted);

/// The product of their scales; of several, each must be whole: kUsage where one is not.
Result<Scale> chain_scale(const std::vector<SharedModel>& models);

/// How a picture goes through the whole chain: as it goes through each, where all take it alike;
/// else kGrayToRgb, where gray networks, then one that colours, then colour networks follow each
/// other. kUsage, telling which two do not fit, for other chains.
Result<ColourMode> chain_colour(const std::vector<SharedModel>& models);

}  // namespace fovea
