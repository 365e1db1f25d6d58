#include "engine/model_chain.h"

#include <string_view>

namespace fovea {
namespace {

std::string_view channels_text(ColourMode mode, bool out) {
  switch (mode) {
    case ColourMode::kRgb:
      return "RGB";
    case ColourMode::kLuma:
      return "luma in studio range";
    case ColourMode::kGray:
      return "gray";
    case ColourMode::kGrayToRgb:
      return out ? "RGB" : "gray";
    case ColourMode::kRgba:
      return "RGBA";
  }
  return "unknown channels";
}

}  // namespace

Result<std::vector<SharedModel>> with_scales(std::vector<SharedModel> models,
                                             std::optional<Scale> wanted) {
  SharedModel* open = nullptr;
  Scale known{1, 1};
  for (SharedModel& model : models) {
    if (!model->resize_before) {
      FOVEA_ASSIGN_OR_RETURN(known, multiply(known, model->scale));
      continue;
    }
    if (open != nullptr)
      return fail(ErrorCode::kUsage,
                  "two networks of the chain have no scale of their own; name one of them at most");
    open = &model;
  }
  if (open == nullptr) return models;
  if (!wanted)
    return fail(ErrorCode::kUsage, "the model's weights do not tell its scale; give it with -s");
  FOVEA_ASSIGN_OR_RETURN(const Scale rest, divide(*wanted, known));
  FOVEA_ASSIGN_OR_RETURN(Model scaled, with_scale(**open, rest));
  *open = std::make_shared<const Model>(std::move(scaled));
  return models;
}

Result<Scale> chain_scale(const std::vector<SharedModel>& models) {
  Scale scale{1, 1};
  for (const SharedModel& model : models) {
    if (models.size() > 1 && model->scale.denominator != 1)
      return fail(ErrorCode::kUsage,
                  "a network of scale {} in a chain: its result may not be of whole pixels; chain "
                  "networks of whole scales",
                  to_string(model->scale));
    FOVEA_ASSIGN_OR_RETURN(scale, multiply(scale, model->scale));
  }
  return scale;
}

Result<ColourMode> chain_colour(const std::vector<SharedModel>& models) {
  ColourMode mode = models.front()->colour;
  for (size_t i = 1; i < models.size(); ++i) {
    const ColourMode next = models[i]->colour;
    const bool gives_rgb = mode == ColourMode::kRgb || mode == ColourMode::kGrayToRgb;
    if (gives_rgb && next == ColourMode::kRgb) continue;
    if (mode == ColourMode::kGray && next == ColourMode::kGrayToRgb) {
      mode = next;
      continue;
    }
    if (mode != next || mode == ColourMode::kGrayToRgb)
      return fail(ErrorCode::kUsage,
                  "network {} of the chain takes {} and the one before it gives {}; chain networks "
                  "of the same channels",
                  i + 1, channels_text(next, false), channels_text(mode, true));
  }
  return mode;
}

}  // namespace fovea
