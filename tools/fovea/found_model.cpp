#include "tools/fovea/found_model.h"

namespace fovea::cli {

std::string FoundModel::place() const {
  if (is_built_in()) return "built-in " + name;
  return is_classical() ? name : path.string();
}

Result<Model> load(const FoundModel& found, const LoadLimits& limits) {
  if (found.is_built_in()) return load_model(found.bytes, found.place(), limits);
  if (found.is_classical()) return *classical_model(found.name);
  return load_model(found.path, limits);
}

Result<LoadedWeights> load_tensors(const FoundModel& found, const LoadLimits& limits) {
  if (found.is_built_in()) return load_weights(found.bytes, found.place(), limits);
  if (found.is_classical())
    return fail(ErrorCode::kModel, "{}: has no weights; name a network", found.name);
  return load_weights(found.path, limits);
}

}  // namespace fovea::cli
