// From what -n, --blend and --denoise say to an Upscaler.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/upscaler.h"
#include "tools/fovea/model_choice.h"

namespace fovea::cli {

struct OpenedUpscaler {
  std::string name;  ///< of the model or of all in the chain, to be shown
  std::vector<SharedModel> models;
  Upscaler upscaler;
};

/// Models by the place they were loaded from, for an Upscaler of the same at another scale.
using LoadedModels = std::map<std::string, SharedModel>;

/// find_model for each name, loaded, blended and made ready as `wanted` says; a classical method
/// that is not told its scale enlarges by 4. Where the scale is beyond a single network's or
/// family's own, several follow each other (enlarging_passes). kUsage when the model needs a scale
/// and none was given.
Result<OpenedUpscaler> open_upscaler(const ModelChoice& choice, UpscalerOptions wanted,
                                     LoadedModels* loaded = nullptr);

}  // namespace fovea::cli
