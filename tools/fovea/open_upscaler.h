// From what -n says to an Upscaler.
#pragma once

#include <memory>
#include <string>

#include "engine/upscaler.h"

namespace fovea::cli {

struct OpenedUpscaler {
  std::string name;  ///< of the model, to be shown
  std::shared_ptr<const Model> model;
  Upscaler upscaler;
};

/// find_model, loaded and made ready as `wanted` says; a classical method that is not told its
/// scale enlarges by 4. kUsage when the model needs a scale and none was given.
Result<OpenedUpscaler> open_upscaler(const std::string& model, const std::string& models_dir,
                                     UpscalerOptions wanted);

}  // namespace fovea::cli
