#include "loaders/blend.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include "loaders/architectures/architecture.h"

namespace fovea {
namespace {

constexpr std::string_view kAdvice = "blend networks of one architecture and one size";

// total += factor * tensor. Every floating-point type but f64 is exact in f32.
Status add_scaled(const WeightTensor& tensor, double factor, std::vector<double>& total) {
  if (tensor.dtype == DType::kF64) {
    for (size_t i = 0; i < total.size(); ++i) {
      double value;
      std::memcpy(&value, tensor.bytes.get() + i * sizeof(value), sizeof(value));
      total[i] += factor * value;
    }
    return {};
  }
  FOVEA_ASSIGN_OR_RETURN(const std::vector<float> values, to_f32(tensor));
  for (size_t i = 0; i < total.size(); ++i) total[i] += factor * static_cast<double>(values[i]);
  return {};
}

Status check_match(const WeightTensor& tensor, const BlendPart& first, const BlendPart& other) {
  const WeightTensor* match = other.weights.find(tensor.name);
  if (match == nullptr)
    return fail(ErrorCode::kModel, "tensor {} of {} is not in {}; {}", tensor.name, first.name,
                other.name, kAdvice);
  if (match->shape != tensor.shape)
    return fail(ErrorCode::kModel, "tensor {} is {} in {} and {} in {}; {}", tensor.name,
                shape_string(tensor.shape), first.name, shape_string(match->shape), other.name,
                kAdvice);
  if (is_floating_point(match->dtype) != is_floating_point(tensor.dtype))
    return fail(ErrorCode::kModel, "tensor {} is {} in {} and {} in {}; {}", tensor.name,
                to_string(tensor.dtype), first.name, to_string(match->dtype), other.name, kAdvice);
  return {};
}

Result<WeightTensor> blend_tensor(const WeightTensor& tensor, std::span<const BlendPart> parts) {
  std::vector<double> total(static_cast<size_t>(tensor.element_count()), 0.0);
  for (const BlendPart& part : parts)
    FOVEA_TRY(add_scaled(*part.weights.find(tensor.name), part.factor, total));
  std::vector<float> rounded(total.size());
  for (size_t i = 0; i < total.size(); ++i) {
    rounded[i] = static_cast<float>(total[i]);
    if (!std::isfinite(rounded[i]))
      return fail(ErrorCode::kNumeric, "tensor {} becomes {}; blend with smaller factors",
                  tensor.name, total[i]);
  }
  return make_weight(tensor.name, tensor.shape, rounded);
}

}  // namespace

Result<Weights> blend_weights(std::span<const BlendPart> parts) {
  if (parts.empty()) return fail(ErrorCode::kUsage, "a blend of no networks; name one");
  const BlendPart& first = parts.front();
  for (const BlendPart& other : parts.subspan(1)) {
    for (const WeightTensor& tensor : first.weights.tensors())
      FOVEA_TRY(check_match(tensor, first, other));
    for (const WeightTensor& tensor : other.weights.tensors())
      FOVEA_TRY(check_match(tensor, other, first));
  }
  Weights blend;
  for (const WeightTensor& tensor : first.weights.tensors()) {
    if (!is_floating_point(tensor.dtype)) {
      FOVEA_TRY(blend.add(tensor));
      continue;
    }
    FOVEA_ASSIGN_OR_RETURN(WeightTensor sum, blend_tensor(tensor, parts));
    FOVEA_TRY(blend.add(std::move(sum)));
  }
  for (const auto& entry : first.weights.metadata) {
    const bool shared = std::all_of(parts.begin(), parts.end(), [&](const BlendPart& part) {
      const auto found = part.weights.metadata.find(entry.first);
      return found != part.weights.metadata.end() && found->second == entry.second;
    });
    if (shared) blend.metadata.insert(entry);
  }
  return blend;
}

Result<Model> blend_models(std::span<const BlendPart> parts, const LoadLimits& limits) {
  try {
    FOVEA_ASSIGN_OR_RETURN(Weights blend, blend_weights(parts));
    if (limits.scale) blend.told["scale"] = to_string(*limits.scale);
    FOVEA_ASSIGN_OR_RETURN(Model model, build_architecture(blend));
    model.format = "blend";
    return model;
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kMemory, "no memory to blend {} networks", parts.size());
  }
}

Result<Model> load_blend(std::span<const BlendFile> files, const LoadLimits& limits) {
  std::vector<Weights> loaded;
  for (const BlendFile& file : files) {
    FOVEA_ASSIGN_OR_RETURN(LoadedWeights one, load_weights(file.path, limits));
    loaded.push_back(std::move(one.weights));
  }
  std::vector<BlendPart> parts;
  for (size_t i = 0; i < files.size(); ++i)
    parts.push_back({loaded[i], files[i].factor, files[i].path.string()});
  return blend_models(parts, limits);
}

}  // namespace fovea
