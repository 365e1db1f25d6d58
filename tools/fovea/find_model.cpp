#include "tools/fovea/find_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <system_error>
#include <vector>

#include "engine/enlarging_passes.h"
#include "loaders/model_family.h"
#include "tools/fovea/find_own_model.h"
#include "tools/fovea/model_folders.h"
#include "tools/fovea/nearest_names.h"

namespace fovea::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFetchedDefault = "realesr-animevideov3";

// The model of exactly this name at one place, if there is one.
using Place = std::function<std::optional<FoundModel>(const std::string& name)>;

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

bool is_classical(const std::string& name) {
  const auto names = classical_model_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What a file is called when it is shown. Every TensorFlow.js model is a model.json in a folder of
// its own.
std::string shown_name(const fs::path& path) {
  const std::string stem = path.stem().string();
  const std::string folder = path.parent_path().filename().string();
  return stem == "model" && path.extension() == ".json" && !folder.empty() ? folder : stem;
}

FoundModel file(fs::path path) {
  std::string name = shown_name(path);
  return {std::move(name), std::move(path), {}};
}

std::optional<FoundModel> find_in(const fs::path& folder, const std::string& name) {
  for (const char* extension : {".safetensors", ".pth", ".pt", ".ckpt", ".param"}) {
    if (fs::path path = folder / (name + extension); is_file(path)) return file(std::move(path));
  }
  // A TensorFlow.js model is a folder.
  if (fs::path path = folder / name / "model.json"; is_file(path)) return file(std::move(path));
  fs::path path = folder / name;
  if (!is_model_file_name(path) || !is_file(path)) return std::nullopt;
  return file(std::move(path));
}

// Those that a model's name stands for, found at one place: itself, else what of its family suits.
using Chosen = std::vector<FoundModel>;

using Members = std::vector<FamilyMember<FoundModel>>;

// The nearest member, and several one after another for what is beyond the largest.
Chosen passes_of(Members members, Scale scale) {
  std::vector<int64_t> scales;
  std::vector<const FoundModel*> founds;
  for (const FamilyMember<FoundModel>& member : members) {
    if (member.scale == 1) continue;
    scales.push_back(member.scale);
    founds.push_back(&member.found);
  }
  if (scales.empty() || static_cast<double>(scales.back()) >= scale.value())
    return {nearest_member(std::move(members), scale)};
  Chosen chosen;
  for (const size_t number : enlarging_passes(scales, scale)) chosen.push_back(*founds[number]);
  return chosen;
}

Chosen find_at(const Place& place, const std::string& name, std::optional<Scale> scale,
               bool several) {
  if (auto exact = place(name)) return {std::move(*exact)};
  Members members = family_members(place, name);
  if (members.empty()) return {};
  if (several && scale) return passes_of(std::move(members), *scale);
  return {nearest_member(std::move(members), scale)};
}

std::string join(const std::vector<std::string>& words) {
  return words.empty() ? "none" : fmt::format("{}", fmt::join(words, ", "));
}

std::vector<std::string> built_in_names() {
  std::vector<std::string> names;
  for (std::string_view classical : classical_model_names()) names.emplace_back(classical);
  for (const OwnModel& own : own_models()) {
    if (!own.bytes.empty()) names.emplace_back(own.name);
  }
  return names;
}

std::vector<std::string> all_names(const std::vector<fs::path>& folders) {
  std::vector<std::string> names = built_in_names();
  for (const OwnModelFound& own : list_own_models()) names.push_back(own.found.name);
  for (const fs::path& folder : folders) {
    for (ModelFile& model : list_models(folder)) names.push_back(std::move(model.name));
  }
  return names;
}

tl::unexpected<Error> not_found(const std::string& name, const std::vector<fs::path>& folders) {
  std::vector<std::string> places;
  for (const fs::path& folder : folders) {
    std::error_code error;
    places.push_back(folder.string() + (fs::is_directory(folder, error) ? "" : " (missing)"));
  }
  if (name.empty()) {
    return fail(
        ErrorCode::kModel,
        "{}: the model used when none is named is not here (looked in {}); run 'make models' "
        "to fetch it, or name one with -n (built in: {})",
        default_model_name(), join(places), join(built_in_names()));
  }
  return fail(ErrorCode::kModel,
              "{}: no such model (looked in {}; nearest names: {}); built in: {}", name,
              join(places), join(nearest_names(name, all_names(folders))), join(built_in_names()));
}

Result<Chosen> find(const std::string& name, const std::string& models_dir,
                    std::optional<Scale> scale, bool several) {
  FOVEA_ASSIGN_OR_RETURN(const std::vector<fs::path> folders, model_folders(models_dir));
  if (is_classical(name)) return Chosen{FoundModel{name, {}, {}}};
  if (name.find('/') != name.npos || (is_model_file_name(name) && is_file(name))) {
    return Chosen{file(name)};
  }
  std::vector<Place> places;
  for (const fs::path& folder : folders) {
    places.emplace_back([&folder](const std::string& wanted) { return find_in(folder, wanted); });
  }
  // Behind the folder that was given with -m, before all others.
  places.insert(places.begin() + (models_dir.empty() ? 0 : 1), find_own_model);
  const std::string wanted = name.empty() ? default_model_name() : name;
  for (const Place& place : places) {
    Chosen found = find_at(place, wanted, scale, several);
    if (!found.empty()) return found;
  }
  // No model by its name; the loader knows the formats of others and says what to do.
  if (!name.empty() && is_something(name)) return Chosen{file(name)};
  return not_found(name, folders);
}

}  // namespace

std::string default_model_name() {
  const std::string own(own_default());
  return find_at(find_own_model, own, std::nullopt, false).empty() ? kFetchedDefault : own;
}

Result<FoundModel> find_model(const std::string& name, const std::string& models_dir,
                              std::optional<Scale> scale) {
  FOVEA_ASSIGN_OR_RETURN(Chosen found, find(name, models_dir, scale, false));
  return std::move(found.front());
}

Result<std::vector<FoundModel>> find_models(const std::string& name, const std::string& models_dir,
                                            std::optional<Scale> scale) {
  return find(name, models_dir, scale, true);
}

Result<std::shared_ptr<const Model>> open_model(const FoundModel& found,
                                                std::optional<Scale> scale) {
  FOVEA_ASSIGN_OR_RETURN(Model model, load(found, {.scale = scale}));
  return std::make_shared<const Model>(std::move(model));
}

}  // namespace fovea::cli
