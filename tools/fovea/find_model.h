// From what -n says to a model.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "engine/model.h"

namespace fovea::cli {

/// The model that is used when none is named.
inline constexpr const char* kDefaultModel = "realesr-animevideov3";

struct FoundModel {
  std::string name;  ///< to be shown: a classical name, or the file's without its extension
  std::filesystem::path path;  ///< empty for the classical methods
};

/// `name`: a classical method, a path, or a name in a models folder, where NAME.safetensors,
/// NAME.param, NAME/model.json, the file NAME itself, and then the family NAME-x1 ... NAME-x16 are
/// tried. Of a family, `scale` picks: the file of exactly that scale, else the smallest above it,
/// else the largest; x4 when there is no scale. Empty is kDefaultModel. kModel, naming every place
/// tried and the nearest names, when there is none.
Result<FoundModel> find_model(const std::string& name, const std::string& models_dir,
                              std::optional<Scale> scale);

/// Loads what was found.
Result<std::shared_ptr<const Model>> open_model(const FoundModel& found,
                                                std::optional<Scale> scale = std::nullopt);

/// The number of insertions, deletions and replacements of a letter from `a` to `b`.
size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace fovea::cli
