// From what -n says to a model.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/model.h"
#include "tools/fovea/found_model.h"

namespace fovea::cli {

/// What -n is taken to say where it is not given: this project's default where that is here, else
/// the one that `make models` fetches.
std::string default_model_name();

/// `name`, empty for the default: a classical method, a path, or a name that is looked up in the
/// folder `models_dir` (-m, may be empty), among this project's own models, and in the other
/// folders of model_folders(), in this order. In a folder NAME.safetensors, NAME.param,
/// NAME/model.json and the file NAME itself are tried, and at each place at last the family
/// NAME-x1 ... NAME-x16. Of a family, `scale` picks: the one of exactly that scale, else the
/// smallest above it, else the largest; x4 when there is no scale. kModel, naming every place tried
/// and the nearest names, when there is none.
Result<FoundModel> find_model(const std::string& name, const std::string& models_dir,
                              std::optional<Scale> scale);

/// The same, and where `scale` is beyond the largest of a family, several of it to be run one after
/// another, in this order (enlarging_passes).
Result<std::vector<FoundModel>> find_models(const std::string& name, const std::string& models_dir,
                                            std::optional<Scale> scale);

/// Loads what was found.
Result<std::shared_ptr<const Model>> open_model(const FoundModel& found,
                                                std::optional<Scale> scale = std::nullopt);

}  // namespace fovea::cli
