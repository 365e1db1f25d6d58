#include "loaders/formats/onnx/onnx_value.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace fovea {
namespace {

template <class T, class From>
std::shared_ptr<const std::byte[]> bytes_of(const std::vector<From>& values) {
  std::shared_ptr<std::byte[]> bytes(new std::byte[values.size() * sizeof(T)]);
  for (size_t i = 0; i < values.size(); ++i) {
    const T value = static_cast<T>(values[i]);
    std::memcpy(bytes.get() + i * sizeof(T), &value, sizeof(T));
  }
  return bytes;
}

template <class T>
T element(const WeightTensor& tensor, size_t index) {
  T value;
  std::memcpy(&value, tensor.bytes.get() + index * sizeof(T), sizeof(T));
  return value;
}

int64_t integer_at(const WeightTensor& tensor, size_t index) {
  switch (tensor.dtype) {
    case DType::kI64:
      return element<int64_t>(tensor, index);
    case DType::kI32:
      return element<int32_t>(tensor, index);
    default:
      return element<uint8_t>(tensor, index);
  }
}

double real_at(const WeightTensor& tensor, size_t index) {
  switch (tensor.dtype) {
    case DType::kF64:
      return element<double>(tensor, index);
    case DType::kF32:
      return element<float>(tensor, index);
    case DType::kF16:
      return half_to_float(element<uint16_t>(tensor, index));
    case DType::kBF16:
      return bfloat16_to_float(element<uint16_t>(tensor, index));
    default:
      return static_cast<double>(integer_at(tensor, index));
  }
}

// bfloat16 of a finite f32, to nearest even.
uint16_t to_bfloat16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

}  // namespace

OnnxConstant make_onnx_constant(DType dtype, std::vector<int64_t> shape,
                                std::vector<Extent> values) {
  OnnxConstant constant;
  constant.tensor.dtype = dtype;
  constant.tensor.shape = std::move(shape);
  const bool plain = std::all_of(values.begin(), values.end(), [&](const Extent& value) {
    return value.number().has_value() || (is_floating_point(dtype) && value.real().has_value());
  });
  if (!plain) {
    constant.extents = std::move(values);
    return constant;
  }
  if (is_floating_point(dtype)) {
    std::vector<double> reals;
    for (const Extent& value : values) reals.push_back(*value.real());
    return make_onnx_reals(dtype, std::move(constant.tensor.shape), reals);
  }
  std::vector<int64_t> integers;
  for (const Extent& value : values) integers.push_back(*value.number());
  constant.tensor.bytes = dtype == DType::kI64   ? bytes_of<int64_t>(integers)
                          : dtype == DType::kI32 ? bytes_of<int32_t>(integers)
                                                 : bytes_of<uint8_t>(integers);
  return constant;
}

OnnxConstant make_onnx_reals(DType dtype, std::vector<int64_t> shape,
                             const std::vector<double>& values) {
  OnnxConstant constant;
  constant.tensor.dtype = dtype;
  constant.tensor.shape = std::move(shape);
  std::vector<uint16_t> halves;
  if (dtype == DType::kF16 || dtype == DType::kBF16) {
    for (const double value : values)
      halves.push_back(dtype == DType::kF16 ? float_to_half(static_cast<float>(value))
                                            : to_bfloat16(static_cast<float>(value)));
  }
  constant.tensor.bytes = dtype == DType::kF64   ? bytes_of<double>(values)
                          : dtype == DType::kF32 ? bytes_of<float>(values)
                                                 : bytes_of<uint16_t>(halves);
  return constant;
}

Result<std::vector<Extent>> to_extents(const OnnxConstant& constant) {
  if (constant.is_symbolic()) return constant.extents;
  std::vector<Extent> values;
  for (size_t i = 0; std::cmp_less(i, constant.count()); ++i)
    values.push_back(is_floating_point(constant.tensor.dtype)
                         ? Extent::from_real(real_at(constant.tensor, i))
                         : Extent(integer_at(constant.tensor, i)));
  return values;
}

Result<std::vector<int64_t>> to_integers(const OnnxConstant& constant) {
  if (constant.is_symbolic())
    return fail(ErrorCode::kModel, "depends on the picture's size, expected plain numbers");
  if (is_floating_point(constant.tensor.dtype))
    return fail(ErrorCode::kModel, "holds {}, expected whole numbers",
                to_string(constant.tensor.dtype));
  std::vector<int64_t> values;
  for (size_t i = 0; std::cmp_less(i, constant.count()); ++i)
    values.push_back(integer_at(constant.tensor, i));
  return values;
}

Result<std::vector<double>> to_reals(const OnnxConstant& constant) {
  if (constant.is_symbolic())
    return fail(ErrorCode::kModel, "depends on the picture's size, expected plain numbers");
  std::vector<double> values;
  for (size_t i = 0; std::cmp_less(i, constant.count()); ++i)
    values.push_back(real_at(constant.tensor, i));
  return values;
}

}  // namespace fovea
