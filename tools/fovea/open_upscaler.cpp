#include "tools/fovea/open_upscaler.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "loaders/blend.h"
#include "tools/fovea/find_model.h"

namespace fovea::cli {
namespace {

// What a classical method enlarges by when it is not told.
constexpr Scale kUsualScale{4, 1};

struct NamedModel {
  std::string name;
  SharedModel model;
};

struct BlendSource {
  FoundModel found;
  double factor;
};

Result<NamedModel> open_blend(std::string name, const std::vector<BlendSource>& sources,
                              std::optional<Scale> scale) {
  std::vector<Weights> weights;
  for (const BlendSource& source : sources) {
    FOVEA_ASSIGN_OR_RETURN(LoadedWeights loaded, load_tensors(source.found, {.scale = scale}));
    weights.push_back(std::move(loaded.weights));
  }
  std::vector<BlendPart> parts;
  for (size_t i = 0; i < sources.size(); ++i)
    parts.push_back({weights[i], sources[i].factor, sources[i].found.place()});
  FOVEA_ASSIGN_OR_RETURN(Model model, blend_models(parts, {.scale = scale}));
  if (!scale && !model.scale.known())
    return fail(ErrorCode::kUsage, "{}: its weights do not tell its scale; give one with -s", name);
  return NamedModel{std::move(name), std::make_shared<const Model>(std::move(model))};
}

Result<NamedModel> open_terms(const ModelChoice& choice, std::optional<Scale> scale) {
  std::vector<BlendSource> sources;
  std::string name;
  for (const BlendTerm& term : choice.blend) {
    FOVEA_ASSIGN_OR_RETURN(FoundModel found,
                           find_model(term.model, choice.models_dir, std::nullopt));
    if (found.is_classical())
      return fail(ErrorCode::kUsage, "{}: has no weights to blend; name a network", found.name);
    name += fmt::format("{}{}:{}", name.empty() ? "" : ",", found.name, term.factor);
    sources.push_back({std::move(found), term.factor});
  }
  return open_blend(std::move(name), sources, scale);
}

// Between a model and its twin that denoises less, as Real-ESRGAN's scripts define it: at strength
// 1 the model alone, at 0 the twin.
Result<NamedModel> open_denoising(const FoundModel& found, double strength) {
  const std::string twin = twin_name(found.name);
  if (found.path.empty() || twin.empty())
    return fail(ErrorCode::kUsage,
                "--denoise: {} is not one of two models to go between; use realesr-general-x4v3",
                found.name);
  std::filesystem::path path = found.path;
  path.replace_filename(twin + found.path.extension().string());
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    return fail(ErrorCode::kModel, "{}: --denoise needs {} beside it; put it there",
                found.path.string(), path.filename().string());
  return open_blend(fmt::format("{} (denoise {})", found.name, strength),
                    {{found, strength}, {FoundModel{twin, path, {}}, 1 - strength}}, std::nullopt);
}

Result<NamedModel> open_named(const std::string& name, const ModelChoice& choice,
                              std::optional<Scale> scale) {
  // In a chain -s is the scale of all together, and picks no member of a family.
  const std::optional<Scale> own = choice.chain.size() > 1 ? std::nullopt : scale;
  FOVEA_ASSIGN_OR_RETURN(const FoundModel found, find_model(name, choice.models_dir, own));
  if (choice.denoise && *choice.denoise != 1) return open_denoising(found, *choice.denoise);
  FOVEA_ASSIGN_OR_RETURN(SharedModel model, open_model(found, own));
  if (!scale && !found.is_classical() && !model->scale.known())
    return fail(ErrorCode::kUsage, "{}: its weights do not tell its scale; give one with -s",
                found.place());
  return NamedModel{found.name, std::move(model)};
}

Result<std::vector<NamedModel>> open_all(const ModelChoice& choice, std::optional<Scale> scale) {
  std::vector<NamedModel> opened;
  if (!choice.blend.empty()) {
    FOVEA_ASSIGN_OR_RETURN(NamedModel blend, open_terms(choice, scale));
    opened.push_back(std::move(blend));
    return opened;
  }
  const std::vector<std::string> only_default{""};
  for (const std::string& name : choice.chain.empty() ? only_default : choice.chain) {
    FOVEA_ASSIGN_OR_RETURN(NamedModel one, open_named(name, choice, scale));
    opened.push_back(std::move(one));
  }
  return opened;
}

}  // namespace

Result<OpenedUpscaler> open_upscaler(const ModelChoice& choice, UpscalerOptions wanted) {
  FOVEA_TRY(check_choice(choice));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<NamedModel> opened, open_all(choice, wanted.scale));
  std::string name;
  std::vector<SharedModel> models;
  for (const NamedModel& one : opened) {
    name += name.empty() ? one.name : " + " + one.name;
    models.push_back(one.model);
  }
  if (!wanted.scale && models.size() == 1 && !models.front()->scale.known())
    wanted.scale = kUsualScale;
  auto upscaler = Upscaler::create(models, wanted);
  if (!upscaler) return fail_in(name, std::move(upscaler.error()));
  return OpenedUpscaler{std::move(name), std::move(models), std::move(*upscaler)};
}

}  // namespace fovea::cli
