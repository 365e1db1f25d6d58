#include "tools/fovea/open_upscaler.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "engine/enlarging_passes.h"
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

// What has been loaded stays in `loaded`, but for what depends on the scale.
Result<NamedModel> open_found(const FoundModel& found, std::optional<Scale> scale,
                              LoadedModels* loaded) {
  if (loaded != nullptr && loaded->contains(found.place()))
    return NamedModel{found.name, loaded->at(found.place())};
  FOVEA_ASSIGN_OR_RETURN(SharedModel model, open_model(found, scale));
  if (loaded != nullptr && !model->resize_before) loaded->emplace(found.place(), model);
  return NamedModel{found.name, std::move(model)};
}

// A network given once, again and again where the scale needs it.
void repeat(std::vector<NamedModel>& opened, Scale scale) {
  const Model& model = *opened.front().model;
  const bool can_go_on = model.colour != ColourMode::kGrayToRgb && !model.resize_before &&
                         model.scale.denominator == 1 && model.scale.numerator > 1;
  if (!can_go_on) return;
  const std::array<int64_t, 1> own{model.scale.numerator};
  opened.resize(enlarging_passes(own, scale).size(), opened.front());
}

Result<std::vector<NamedModel>> open_all(const ModelChoice& choice, std::optional<Scale> scale,
                                         LoadedModels* loaded) {
  std::vector<NamedModel> opened;
  const auto add = [&](Result<NamedModel> one, const FoundModel* found) -> Status {
    if (!one) return tl::unexpected(std::move(one.error()));
    if (!scale && found != nullptr && !found->is_classical() && !one->model->scale.known())
      return fail(ErrorCode::kUsage, "{}: its weights do not tell its scale; give one with -s",
                  found->place());
    opened.push_back(std::move(*one));
    return {};
  };
  if (!choice.blend.empty()) {
    FOVEA_TRY(add(open_terms(choice, scale), nullptr));
  } else if (choice.chain.size() > 1) {
    // -s is the scale of all together, and picks no member of a family.
    for (const std::string& name : choice.chain) {
      FOVEA_ASSIGN_OR_RETURN(const FoundModel found,
                             find_model(name, choice.models_dir, std::nullopt));
      FOVEA_TRY(add(open_found(found, std::nullopt, loaded), &found));
    }
  } else {
    const std::string name = choice.chain.empty() ? "" : choice.chain.front();
    const bool between = choice.denoise && *choice.denoise != 1;
    FOVEA_ASSIGN_OR_RETURN(const std::vector<FoundModel> found,
                           find_models(name, choice.models_dir, scale));
    for (const FoundModel& one : found) {
      FOVEA_TRY(add(between ? open_denoising(one, *choice.denoise)
                            : open_found(one, found.size() > 1 ? std::nullopt : scale, loaded),
                    &one));
    }
  }
  if (opened.size() == 1 && scale) repeat(opened, *scale);
  return opened;
}

}  // namespace

Result<OpenedUpscaler> open_upscaler(const ModelChoice& choice, UpscalerOptions wanted,
                                     LoadedModels* loaded) {
  FOVEA_TRY(check_choice(choice));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<NamedModel> opened,
                         open_all(choice, wanted.scale, loaded));
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
