#include "tools/fovea/upscaler_shelf.h"

#include <utility>

#include "tools/fovea/find_model.h"

namespace fovea::cli {
namespace {

// What is missing is told once, not for every picture.
Status find_all(const ModelChoice& choice) {
  std::vector<std::string> names = choice.chain;
  for (const BlendTerm& term : choice.blend) names.push_back(term.model);
  if (names.empty()) names.emplace_back();
  for (const std::string& name : names)
    FOVEA_TRY(find_model(name, choice.models_dir, std::nullopt));
  return {};
}

}  // namespace

Result<UpscalerShelf> UpscalerShelf::open(UpscalerWish wish) {
  UpscalerShelf shelf;
  shelf.wish_ = std::move(wish);
  if (shelf.wish_.size.is_given()) {
    FOVEA_TRY(find_all(shelf.wish_.model));
  } else {
    FOVEA_TRY(shelf.open_at(shelf.wish_.options.scale));
  }
  return shelf;
}

Status UpscalerShelf::open_at(std::optional<Scale> scale) {
  opened_.reset();  // its weights and threads go before others come
  UpscalerOptions options = wish_.options;
  options.scale = scale;
  LoadedModels* const loaded = wish_.size.is_given() ? &loaded_ : nullptr;
  FOVEA_ASSIGN_OR_RETURN(OpenedUpscaler opened, open_upscaler(wish_.model, options, loaded));
  FOVEA_TRY(check_numbers(opened.models, wish_.numbers));
  opened_ = std::make_unique<OpenedUpscaler>(std::move(opened));
  return {};
}

Result<Scale> UpscalerShelf::scale_for(Size input) const {
  if (wish_.size.is_given()) return scale_to(wish_.size, input);
  return opened_->upscaler.scale();
}

Result<OpenedUpscaler*> UpscalerShelf::upscaler_for(Scale scale) {
  if (opened_ == nullptr || !(opened_->upscaler.scale() == scale)) FOVEA_TRY(open_at(scale));
  return opened_.get();
}

}  // namespace fovea::cli
