#include "tools/fovea/find_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <system_error>
#include <vector>

#include "loaders/load_model.h"
#include "tools/fovea/model_folders.h"

namespace fovea::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kLargestFamilyScale = 16;
constexpr int kUsualScale = 4;

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// Whether something other than a folder is at the path, if only a link to nowhere.
bool is_something(const fs::path& path) {
  std::error_code error;
  const fs::file_type type = fs::symlink_status(path, error).type();
  return type != fs::file_type::none && type != fs::file_type::not_found &&
         type != fs::file_type::directory;
}

// The file of exactly this name in the folder, or empty.
fs::path find_in(const fs::path& folder, const std::string& name) {
  for (const char* extension : {".safetensors", ".pth", ".pt", ".ckpt", ".param"}) {
    if (fs::path path = folder / (name + extension); is_file(path)) return path;
  }
  // A TensorFlow.js model is a folder.
  if (fs::path path = folder / name / "model.json"; is_file(path)) return path;
  const fs::path path = folder / name;
  return is_model_file_name(path) && is_file(path) ? path : fs::path();
}

// What a file is called when it is shown. Every TensorFlow.js model is a model.json in a folder of
// its own.
std::string shown_name(const fs::path& path) {
  const std::string stem = path.stem().string();
  const std::string folder = path.parent_path().filename().string();
  return stem == "model" && path.extension() == ".json" && !folder.empty() ? folder : stem;
}

// The member of the family `name` for `scale`, or empty.
fs::path find_family(const fs::path& folder, const std::string& name, double scale) {
  fs::path best;
  for (int n = 1; n <= kLargestFamilyScale; ++n) {
    if (fs::path path = find_in(folder, fmt::format("{}-x{}", name, n)); !path.empty()) {
      best = path;
      if (n >= scale) break;
    }
  }
  return best;
}

std::string join(const std::vector<std::string>& words) {
  return words.empty() ? "none" : fmt::format("{}", fmt::join(words, ", "));
}

// The names that are close to `name`, nearest first, at most three.
std::vector<std::string> nearest_names(const std::string& name,
                                       const std::vector<fs::path>& folders) {
  std::vector<std::pair<size_t, std::string>> ranked;
  const auto consider = [&](std::string candidate) {
    // More than half the letters wrong is another name, not a slip.
    const size_t distance = edit_distance(name, candidate);
    if (distance <= std::max<size_t>(2, name.size() / 2)) {
      ranked.emplace_back(distance, std::move(candidate));
    }
  };
  for (std::string_view classical : classical_model_names()) consider(std::string(classical));
  for (const fs::path& folder : folders) {
    for (ModelFile& file : list_models(folder)) consider(std::move(file.name));
  }
  std::sort(ranked.begin(), ranked.end());
  ranked.erase(std::unique(ranked.begin(), ranked.end()), ranked.end());
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min<size_t>(3, ranked.size()); ++i) {
    names.push_back(std::move(ranked[i].second));
  }
  return names;
}

tl::unexpected<Error> not_found(const std::string& name, const std::vector<fs::path>& folders) {
  std::vector<std::string> places;
  for (const fs::path& folder : folders) {
    std::error_code error;
    places.push_back(folder.string() + (fs::is_directory(folder, error) ? "" : " (missing)"));
  }
  std::vector<std::string> built_in;
  for (std::string_view classical : classical_model_names()) built_in.emplace_back(classical);
  if (name.empty()) {
    return fail(
        ErrorCode::kModel,
        "{}: the model used when none is named is not here (looked in {}); run 'make models' "
        "to fetch it, or name one with -n (built in: {})",
        kDefaultModel, join(places), join(built_in));
  }
  return fail(ErrorCode::kModel,
              "{}: no such model (looked in {}; nearest names: {}); built in: {}", name,
              join(places), join(nearest_names(name, folders)), join(built_in));
}

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b) {
  // Wagner and Fischer 1974, one row of the table at a time.
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

Result<FoundModel> find_model(const std::string& name, const std::string& models_dir,
                              std::optional<Scale> scale) {
  FOVEA_ASSIGN_OR_RETURN(const std::vector<fs::path> folders, model_folders(models_dir));
  const auto classical = classical_model_names();
  if (std::find(classical.begin(), classical.end(), name) != classical.end()) {
    return FoundModel{name, {}};
  }
  if (name.find('/') != name.npos || (is_model_file_name(name) && is_file(name))) {
    return FoundModel{shown_name(name), name};
  }
  const std::string wanted = name.empty() ? kDefaultModel : name;
  for (const fs::path& folder : folders) {
    fs::path path = find_in(folder, wanted);
    if (path.empty()) path = find_family(folder, wanted, scale ? scale->value() : kUsualScale);
    if (!path.empty()) return FoundModel{shown_name(path), path};
  }
  // No model by its name; the loader knows the formats of others and says what to do.
  if (!name.empty() && is_something(name)) {
    return FoundModel{shown_name(name), name};
  }
  return not_found(name, folders);
}

Result<std::shared_ptr<const Model>> open_model(const FoundModel& found,
                                                std::optional<Scale> scale) {
  if (found.path.empty()) {
    return std::make_shared<const Model>(*classical_model(found.name));
  }
  FOVEA_ASSIGN_OR_RETURN(Model model, load_model(found.path, {.scale = scale}));
  return std::make_shared<const Model>(std::move(model));
}

}  // namespace fovea::cli
