// fovea models: every model that -n can name, what it is for, and where it lies.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "tools/fovea/commands.h"
#include "tools/fovea/find_model.h"
#include "tools/fovea/find_own_model.h"
#include "tools/fovea/known_models.h"
#include "tools/fovea/model_folders.h"
#include "tools/fovea/sha256.h"

namespace fovea::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Listed {
  FoundModel found;
  std::string use;               // empty: not known
  std::optional<Scale> scale{};  // none: any, or its weights do not tell
  std::string architecture{};
  std::string error{};
  bool is_default = false;
};

std::string use_of_classical(std::string_view name) {
  if (name == "nearest") return "pixel art: every pixel becomes a square";
  if (name == "bilinear") return "the softest of the classical ones";
  if (name == "bicubic") return "what other methods are compared with";
  return "the sharpest of the classical ones";
}

// Told by its sha256, where it is a well-known file.
std::string use_of_file(std::filesystem::path path) {
  // Of ncnn's two files, the one with the weights.
  if (path.extension() == ".param") path.replace_extension(".bin");
  std::error_code error;
  const uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error || !is_size_of_known_file(bytes)) return {};
  const auto sha256 = file_sha256(path);
  const auto known = sha256 ? known_file(*sha256) : std::nullopt;
  return known ? known->use : "";
}

Listed examine(FoundModel found, std::string use) {
  Listed listed{std::move(found), std::move(use)};
  if (listed.found.is_classical()) return listed;
  const auto model = load(listed.found, {});
  if (!model) {
    listed.error = model.error().message;
    return listed;
  }
  listed.architecture = model->architecture;
  if (model->scale.known()) listed.scale = model->scale;
  constexpr size_t kMostShown = 200;  // texts of a file may be of any length
  const auto purpose = model->metadata.find("purpose");
  if (listed.use.empty() && purpose != model->metadata.end())
    listed.use = purpose->second.substr(0, kMostShown);
  return listed;
}

// In the order in which they are searched.
Result<std::vector<Listed>> list_all(const std::string& models_dir) {
  FOVEA_ASSIGN_OR_RETURN(const auto folders, model_folders(models_dir));
  std::vector<Listed> models;
  for (std::string_view name : classical_model_names())
    models.push_back(examine({std::string(name), {}, {}}, use_of_classical(name)));
  const std::vector<OwnModelFound> own = list_own_models();
  const auto add_own = [&] {
    for (const OwnModelFound& one : own)
      models.push_back(examine(one.found, std::string(one.row.use)));
  };
  // Their folder may be one of the others.
  const auto is_own = [&](const std::filesystem::path& path) {
    return std::any_of(own.begin(), own.end(), [&](const OwnModelFound& one) {
      std::error_code error;
      return std::filesystem::equivalent(one.found.path, path, error);
    });
  };
  bool is_given = !models_dir.empty();
  if (!is_given) add_own();
  for (const auto& folder : folders) {
    for (const ModelFile& file : list_models(folder)) {
      if (!is_own(file.path))
        models.push_back(examine({file.name, file.path, {}}, use_of_file(file.path)));
    }
    if (is_given) add_own();
    is_given = false;
  }
  const auto chosen = find_model({}, models_dir, std::nullopt);
  for (Listed& model : models)
    model.is_default =
        chosen && chosen->name == model.found.name && chosen->path == model.found.path;
  return models;
}

std::string as_json(const std::vector<Listed>& models) {
  const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  Json array = Json::array();
  for (const Listed& model : models) {
    Json object;
    object["name"] = model.found.name;
    object["file"] = or_null(model.found.path.string());
    object["scale"] = model.scale ? Json(model.scale->value()) : Json();
    object["architecture"] = or_null(model.architecture);
    object["for"] = or_null(model.use);
    object["default"] = model.is_default;
    object["error"] = or_null(model.error);
    array.push_back(std::move(object));
  }
  return array.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string as_text(const Listed& model) {
  std::string what = model.use.empty() ? model.architecture : model.use;
  if (!model.error.empty()) what = "broken: " + model.error;
  if (model.is_default) what += " (the default)";
  if (model.error.empty())
    what += "  " + (model.found.path.empty() ? "built in" : model.found.path.string());
  return one_line(fmt::format("{:<28} {:<5} {}", model.found.name,
                              model.scale ? fmt::format("x{}", to_string(*model.scale)) : "any",
                              what)) +
         "\n";
}

}  // namespace

int run_models(const ModelsOptions& options) {
  const auto models = list_all(options.models_dir);
  if (!models) return show_error(models.error());
  if (options.json) return show_text(as_json(*models));
  std::string text;
  for (const Listed& model : *models) text += as_text(model);
  return show_text(text);
}

}  // namespace fovea::cli
