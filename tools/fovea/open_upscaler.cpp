#include "tools/fovea/open_upscaler.h"

#include <utility>

#include "tools/fovea/find_model.h"

namespace fovea::cli {
namespace {

// What a classical method enlarges by when it is not told.
constexpr Scale kUsualScale{4, 1};

}  // namespace

Result<OpenedUpscaler> open_upscaler(const std::string& model, const std::string& models_dir,
                                     UpscalerOptions wanted) {
  FOVEA_ASSIGN_OR_RETURN(const FoundModel found, find_model(model, models_dir, wanted.scale));
  FOVEA_ASSIGN_OR_RETURN(auto opened, open_model(found));
  if (!wanted.scale && found.path.empty()) wanted.scale = kUsualScale;
  if (!wanted.scale && !opened->scale.known()) {
    return fail(ErrorCode::kUsage, "{}: its weights do not tell its scale; give one with -s",
                found.path.string());
  }
  auto upscaler = Upscaler::create(opened, wanted);
  if (!upscaler) return fail_in(found.name, std::move(upscaler.error()));
  return OpenedUpscaler{found.name, std::move(opened), std::move(*upscaler)};
}

}  // namespace fovea::cli
