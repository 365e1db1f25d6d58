#include "loaders/formats/onnx/onnx_attributes.h"

#include <fmt/format.h>

#include <cmath>

#include "loaders/formats/text.h"

namespace fovea {

const OnnxAttribute* OnnxAttributes::find(std::string_view name) {
  read_.insert(name);
  const OnnxAttribute* found = nullptr;
  for (const OnnxAttribute& attribute : node_.attributes) {
    if (attribute.name != name) continue;
    if (found != nullptr) keep(fmt::format("attribute {} is there twice", name));
    found = &attribute;
  }
  return found;
}

const OnnxAttribute* OnnxAttributes::find(std::string_view name, OnnxAttribute::Kind kind) {
  const OnnxAttribute* found = find(name);
  if (found == nullptr || found->kind == kind) return found;
  keep(fmt::format("attribute {} has a type that is not expected", name));
  return nullptr;
}

int64_t OnnxAttributes::integer(std::string_view name, int64_t fallback, int64_t low,
                                int64_t high) {
  const OnnxAttribute* found = find(name, OnnxAttribute::Kind::kInteger);
  const int64_t value = found == nullptr ? fallback : found->integer;
  if (value >= low && value <= high) return value;
  if (low == high) {
    keep(fmt::format("attribute {} is {}, only {} is supported", name, value, low));
  } else {
    keep(fmt::format("attribute {} is {}, expected {}...{}", name, value, low, high));
  }
  return low;
}

float OnnxAttributes::real(std::string_view name, float fallback) {
  const OnnxAttribute* found = find(name, OnnxAttribute::Kind::kFloat);
  if (found == nullptr) return fallback;
  if (!std::isfinite(found->real)) {
    keep(fmt::format("attribute {} is {}, expected a number", name, found->real));
    return fallback;
  }
  return found->real;
}

std::string_view OnnxAttributes::text(std::string_view name, std::string_view fallback) {
  const OnnxAttribute* found = find(name, OnnxAttribute::Kind::kText);
  return found == nullptr ? fallback : found->text;
}

std::vector<int64_t> OnnxAttributes::integers(std::string_view name, std::vector<int64_t> fallback,
                                              int64_t count, int64_t low, int64_t high) {
  const OnnxAttribute* found = find(name, OnnxAttribute::Kind::kIntegers);
  if (found == nullptr) return fallback;
  if (count >= 0 && std::cmp_not_equal(found->integers.size(), count)) {
    keep(fmt::format("attribute {} has {} numbers, expected {}", name, found->integers.size(),
                     count));
    return fallback;
  }
  for (const int64_t value : found->integers) {
    if (value >= low && value <= high) continue;
    keep(fmt::format("attribute {} holds {}, expected {}...{}", name, value, low, high));
    return fallback;
  }
  return found->integers;
}

std::vector<float> OnnxAttributes::reals(std::string_view name) {
  const OnnxAttribute* found = find(name, OnnxAttribute::Kind::kFloats);
  return found == nullptr ? std::vector<float>{} : found->reals;
}

const OnnxTensor* OnnxAttributes::tensor(std::string_view name) {
  const OnnxAttribute* found = find(name, OnnxAttribute::Kind::kTensor);
  return found == nullptr ? nullptr : &found->tensor;
}

Status OnnxAttributes::done() {
  if (error_) return tl::unexpected<Error>(*error_);
  for (const OnnxAttribute& attribute : node_.attributes) {
    if (!read_.contains(attribute.name))
      return fail(ErrorCode::kModel, "attribute {} is not known for this operator",
                  shown(attribute.name));
  }
  return {};
}

void OnnxAttributes::keep(std::string message) {
  if (!error_) error_ = Error{ErrorCode::kModel, std::move(message)};
}

}  // namespace fovea
