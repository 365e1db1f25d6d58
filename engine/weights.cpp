#include "engine/weights.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>

namespace fovea {
namespace {

template <class T>
T load(const WeightTensor& tensor, size_t index) {
  T value;
  std::memcpy(&value, tensor.bytes.get() + index * sizeof(T), sizeof(T));
  return value;
}

// Calls visit(index, value) for each element of a floating-point tensor; false for other dtypes.
template <class Visit>
bool for_each_float(const WeightTensor& tensor, Visit visit) {
  const auto count = static_cast<size_t>(tensor.element_count());
  const auto loop = [&](auto read) {
    for (size_t i = 0; i < count; ++i) visit(i, read(i));
    return true;
  };
  switch (tensor.dtype) {
    case DType::kF64:
      return loop([&](size_t i) { return static_cast<float>(load<double>(tensor, i)); });
    case DType::kF32:
      return loop([&](size_t i) { return load<float>(tensor, i); });
    case DType::kF16:
      return loop([&](size_t i) { return half_to_float(load<uint16_t>(tensor, i)); });
    case DType::kBF16:
      return loop([&](size_t i) { return bfloat16_to_float(load<uint16_t>(tensor, i)); });
    case DType::kI64:
    case DType::kI32:
    case DType::kU8:
    case DType::kBool:
      return false;
  }
  return false;
}

// True when a value of these bits is no number: all bits of its exponent are 1. Without a branch,
// so that it takes no longer than the memory.
template <class Bits>
bool holds_exponent(const WeightTensor& tensor, Bits exponent) {
  Bits found = 0;
  const auto count = static_cast<size_t>(tensor.element_count());
  for (size_t i = 0; i < count; ++i)
    found |= static_cast<Bits>((load<Bits>(tensor, i) & exponent) == exponent);
  return found != 0;
}

// Quickly whether all elements are finite; false for f64, which may be finite and no f32.
bool is_surely_finite(const WeightTensor& tensor) {
  switch (tensor.dtype) {
    case DType::kF32:
      return !holds_exponent<uint32_t>(tensor, 0x7f800000);
    case DType::kF16:
      return !holds_exponent<uint16_t>(tensor, 0x7c00);
    case DType::kBF16:
      return !holds_exponent<uint16_t>(tensor, 0x7f80);
    default:
      return false;
  }
}

}  // namespace

bool is_floating_point(DType dtype) {
  return dtype == DType::kF64 || dtype == DType::kF32 || dtype == DType::kF16 ||
         dtype == DType::kBF16;
}

int64_t element_bytes(DType dtype) {
  switch (dtype) {
    case DType::kF64:
    case DType::kI64:
      return 8;
    case DType::kF32:
    case DType::kI32:
      return 4;
    case DType::kF16:
    case DType::kBF16:
      return 2;
    case DType::kU8:
    case DType::kBool:
      return 1;
  }
  return 0;
}

std::string_view to_string(DType dtype) {
  switch (dtype) {
    case DType::kF64:
      return "float64";
    case DType::kF32:
      return "float32";
    case DType::kF16:
      return "float16";
    case DType::kBF16:
      return "bfloat16";
    case DType::kI64:
      return "int64";
    case DType::kI32:
      return "int32";
    case DType::kU8:
      return "uint8";
    case DType::kBool:
      return "bool";
  }
  return "";
}

float half_to_float(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
  const uint32_t exponent = (bits >> 10) & 0x1fu;
  const uint32_t fraction = bits & 0x3ffu;
  if (exponent == 0) {
    // Subnormal: fraction * 2^-24, exact in f32.
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  // binary32 exponents are biased by 127 instead of 15; all ones stay all ones.
  const uint32_t wide = exponent == 31 ? 255 : exponent + (127 - 15);
  return std::bit_cast<float>(sign | (wide << 23) | (fraction << 13));
}

uint16_t float_to_half(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = bits >> 16 & 0x8000u;
  const uint32_t magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return static_cast<uint16_t>(sign | 0x7E00u);   // NaN
  if (magnitude >= 0x477FF000u) return static_cast<uint16_t>(sign | 0x7C00u);  // >= 65520
  const int32_t exponent = static_cast<int32_t>(magnitude >> 23) - 127;
  // Bits that fall off: 13 of the 23 of a normal half, one more for each binade below 2^-14.
  const int32_t shift = exponent < -14 ? -1 - exponent : 13;
  if (shift > 24) return static_cast<uint16_t>(sign);  // below 2^-25
  const uint32_t mantissa = (magnitude & 0x7FFFFFu) | 0x800000u;
  const uint32_t kept = mantissa >> shift;
  const uint32_t lost = mantissa & ((1u << shift) - 1);
  const uint32_t tie = 1u << (shift - 1);
  const uint32_t rounded = kept + (lost > tie || (lost == tie && (kept & 1u)) ? 1u : 0u);
  // A carry out of the mantissa is the next exponent: the fields adjoin.
  const uint32_t base = exponent < -14 ? 0u : static_cast<uint32_t>(exponent + 14) << 10;
  return static_cast<uint16_t>(sign | (base + rounded));
}

float bfloat16_to_float(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

int64_t WeightTensor::element_count() const {
  int64_t count = 1;
  for (const int64_t length : shape) count *= length;
  return count;
}

size_t WeightTensor::byte_count() const {
  return static_cast<size_t>(element_count() * element_bytes(dtype));
}

WeightTensor make_weight(std::string name, std::vector<int64_t> shape,
                         std::span<const float> values) {
  WeightTensor tensor{std::move(name), DType::kF32, std::move(shape), nullptr};
  std::shared_ptr<std::byte[]> bytes(new std::byte[values.size_bytes()]);
  if (!values.empty()) std::memcpy(bytes.get(), values.data(), values.size_bytes());
  tensor.bytes = std::move(bytes);
  return tensor;
}

Result<std::vector<float>> to_f32(const WeightTensor& tensor) {
  std::vector<float> values(static_cast<size_t>(tensor.element_count()));
  if (!for_each_float(tensor, [&](size_t i, float value) { values[i] = value; }))
    return fail(ErrorCode::kModel, "tensor {} holds {}, expected floating point", tensor.name,
                to_string(tensor.dtype));
  return values;
}

Status check_finite(const WeightTensor& tensor) {
  if (is_surely_finite(tensor)) return {};
  bool finite = true;
  size_t first = 0;
  for_each_float(tensor, [&](size_t i, float value) {
    if (finite && !std::isfinite(value)) {
      finite = false;
      first = i;
    }
  });
  if (!finite)
    return fail(ErrorCode::kModel,
                "tensor {} holds a NaN or an infinity at element {}; the file is damaged",
                tensor.name, first);
  return {};
}

std::string shape_string(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += fmt::format("{}{}", i > 0 ? ", " : "", shape[i]);
  return text + "]";
}

Status Weights::add(WeightTensor tensor) {
  if (!index_.emplace(tensor.name, tensors_.size()).second)
    return fail(ErrorCode::kModel, "tensor {} is there twice", tensor.name);
  tensors_.push_back(std::move(tensor));
  return {};
}

const WeightTensor* Weights::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

}  // namespace fovea
