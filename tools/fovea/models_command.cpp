// fovea models: every model that -n can name, and where it lies.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "loaders/load_model.h"
#include "tools/fovea/commands.h"
#include "tools/fovea/model_folders.h"

namespace fovea::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Listed {
  std::string name;
  std::string path;            // empty: built in
  std::optional<Scale> scale;  // none: any, or its weights do not tell
  std::string architecture;
  std::string error;
};

Listed examine(const ModelFile& file) {
  Listed listed{file.name, file.path.string(), {}, {}, {}};
  const auto model = load_model(file.path);
  if (model) {
    listed.architecture = model->architecture;
    if (model->scale.known()) listed.scale = model->scale;
  } else {
    listed.error = model.error().message;
  }
  return listed;
}

std::string as_json(const std::vector<Listed>& models) {
  Json array = Json::array();
  for (const Listed& model : models) {
    Json object;
    object["name"] = model.name;
    object["file"] = model.path.empty() ? Json() : Json(model.path);
    object["scale"] = model.scale ? Json(model.scale->value()) : Json();
    object["architecture"] = model.architecture.empty() ? Json() : Json(model.architecture);
    object["error"] = model.error.empty() ? Json() : Json(model.error);
    array.push_back(std::move(object));
  }
  return array.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string as_text(const std::vector<Listed>& models) {
  std::string text;
  for (const Listed& model : models) {
    std::string what = model.error.empty() ? model.architecture : "broken: " + model.error;
    if (!model.path.empty() && model.error.empty()) what += "  " + model.path;
    text += one_line(fmt::format("{:<28} {:<5} {}", model.name,
                                 model.scale ? fmt::format("x{}", to_string(*model.scale)) : "any",
                                 what)) +
            "\n";
  }
  return text;
}

}  // namespace

int run_models(const ModelsOptions& options) {
  const auto folders = model_folders(options.models_dir);
  if (!folders) return show_error(folders.error());
  std::vector<Listed> models;
  for (std::string_view name : classical_model_names()) {
    models.push_back({std::string(name), {}, {}, "built in", {}});
  }
  for (const auto& folder : *folders) {
    for (const ModelFile& file : list_models(folder)) models.push_back(examine(file));
  }
  return show_text(options.json ? as_json(models) : as_text(models));
}

}  // namespace fovea::cli
