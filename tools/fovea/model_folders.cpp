#include "tools/fovea/model_folders.h"
#include "tools/fovea/folder_names.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace fovea::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> kExtensions = {".safetensors", ".pth",   ".pt",
                                                         ".ckpt",        ".param", ".bin"};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// The folder above the one that this binary lies in: the project for a build folder inside it,
// /usr/local for an installed one. Empty where it cannot be told.
fs::path folder_above() {
  std::error_code error;
  const fs::path binary = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : binary.parent_path().parent_path();
}

// The project when this binary lies in a build folder inside it, else empty.
fs::path project_folder() {
  std::error_code error;
  const fs::path above = folder_above();
  return fs::exists(above / "weights" / "manifest.json", error) ? above : fs::path();
}

fs::path user_data_folder() {
  const std::string data = environment("XDG_DATA_HOME");
  // The XDG specification has relative paths ignored.
  if (data.starts_with('/')) return data;
  const std::string home = environment("HOME");
  return home.empty() ? fs::path() : fs::path(home) / ".local" / "share";
}

}  // namespace

Result<std::vector<fs::path>> model_folders(const std::string& given) {
  std::vector<fs::path> folders;
  std::error_code error;
  if (!given.empty()) {
    if (!fs::is_directory(given, error)) {
      return fail(ErrorCode::kUsage, "{}: no such folder (given with -m); check the name", given);
    }
    folders.emplace_back(given);
  }
  const std::string list = environment("FOVEA_MODELS");
  for (size_t begin = 0; begin < list.size();) {
    const size_t end = std::min(list.find(':', begin), list.size());
    if (end > begin) folders.emplace_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  if (const fs::path project = project_folder(); !project.empty()) {
    folders.push_back(project / "models");
  }
  if (const fs::path data = user_data_folder(); !data.empty()) {
    folders.push_back(data / "fovea" / "models");
  }
  folders.emplace_back("/usr/local/share/fovea/models");
  folders.emplace_back("/usr/share/fovea/models");
  return folders;
}

std::vector<fs::path> own_model_folders() {
  std::vector<fs::path> folders;
  if (const fs::path project = project_folder(); !project.empty()) {
    folders.push_back(project / "weights");
  }
  if (const fs::path above = folder_above(); !above.empty()) {
    folders.push_back(above / "share" / "fovea" / "models");
  }
  return folders;
}

bool is_model_file_name(const fs::path& path) {
  return std::find(kExtensions.begin(), kExtensions.end(), path.extension()) != kExtensions.end();
}

std::vector<ModelFile> list_models(const fs::path& folder) {
  std::vector<ModelFile> models;
  std::error_code error;
  for (const std::string& name : folder_names(folder.string(), error)) {
    const fs::path path = folder / name;
    std::error_code type_error;
    // The .bin of an ncnn pair is not a model by itself.
    if (!is_model_file_name(path) || path.extension() == ".bin") continue;
    if (fs::is_regular_file(path, type_error)) models.push_back({path.stem().string(), path});
  }
  std::sort(models.begin(), models.end(),
            [](const ModelFile& a, const ModelFile& b) { return a.path < b.path; });
  return models;
}

}  // namespace fovea::cli
