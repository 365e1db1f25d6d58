// Where models are looked for, and what lies there.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/status.h"

namespace fovea::cli {

struct ModelFile {
  std::string name;  ///< without its extension
  std::filesystem::path path;
};

/// The folders in the order in which they are searched: -m (`given`, may be empty), $FOVEA_MODELS,
/// the one `make models` fills when this binary runs from its build tree, the user's data folder,
/// the system's. kUsage when `given` is not a folder; the others may be missing.
Result<std::vector<std::filesystem::path>> model_folders(const std::string& given);

/// The folders for files of this project's own models: its weights folder when this binary runs
/// from its build tree, and share/fovea/models beside an installed binary's folder.
std::vector<std::filesystem::path> own_model_folders();

/// True for the extensions of files that load_model() reads.
bool is_model_file_name(const std::filesystem::path& path);

/// The models of a folder, sorted by name; of an ncnn pair the .param. Empty for a folder that is
/// missing.
std::vector<ModelFile> list_models(const std::filesystem::path& folder);

}  // namespace fovea::cli
