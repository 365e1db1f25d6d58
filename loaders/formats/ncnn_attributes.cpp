#include "loaders/formats/ncnn_attributes.h"

#include <utility>

namespace fovea {
namespace {

// Parameters that every layer may have: the shapes of its outputs for one picture size, and which
// of ncnn's optimisations to leave out. Neither changes what is computed.
constexpr int kShapeHints = 30;
constexpr int kFeatureMask = 31;

}  // namespace

const NcnnParameter* NcnnAttributes::find(int id) {
  read_.insert(id);
  const auto found = layer_.parameters.find(id);
  return found == layer_.parameters.end() ? nullptr : &found->second;
}

int64_t NcnnAttributes::whole(int id, int64_t fallback, int64_t low, int64_t high,
                              std::string_view what) {
  const NcnnParameter* parameter = find(id);
  int64_t value = fallback;
  if (parameter != nullptr) {
    if (parameter->is_array || !parameter->is_whole) {
      keep(fail(ErrorCode::kModel, "parameter {} ({}) is not one whole number", id, what).value());
      return low;
    }
    value = static_cast<int64_t>(parameter->values[0]);
  }
  if (value >= low && value <= high) return value;
  if (low == high) {
    keep(fail(ErrorCode::kModel, "parameter {} ({}) is {}, only {} is supported", id, what, value,
              low)
             .value());
  } else {
    keep(fail(ErrorCode::kModel, "parameter {} ({}) is {}, expected {}...{}", id, what, value, low,
              high)
             .value());
  }
  return low;
}

float NcnnAttributes::number(int id, float fallback, std::string_view what) {
  const NcnnParameter* parameter = find(id);
  if (parameter == nullptr) return fallback;
  if (parameter->is_array) {
    keep(fail(ErrorCode::kModel, "parameter {} ({}) is not one number", id, what).value());
    return fallback;
  }
  return static_cast<float>(parameter->values[0]);
}

std::vector<float> NcnnAttributes::numbers(int id, std::string_view what) {
  const NcnnParameter* parameter = find(id);
  if (parameter == nullptr) return {};
  if (!parameter->is_array) {
    keep(fail(ErrorCode::kModel, "parameter {} ({}) is not an array", id, what).value());
    return {};
  }
  return {parameter->values.begin(), parameter->values.end()};
}

Status NcnnAttributes::done() {
  if (error_) return tl::unexpected<Error>(*error_);
  for (const auto& [id, parameter] : layer_.parameters) {
    if (id != kShapeHints && id != kFeatureMask && !read_.contains(id))
      return fail(ErrorCode::kModel, "parameter {} is not known for this layer", id);
  }
  return {};
}

}  // namespace fovea
