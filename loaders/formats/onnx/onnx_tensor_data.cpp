// A tensor's elements from where the file has them.
#include <charconv>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

#include "loaders/formats/checked_arithmetic.h"
#include "loaders/formats/onnx/onnx_tensor_message.h"
#include "loaders/formats/text.h"

namespace fovea {
namespace {

template <class Stored, class From>
std::shared_ptr<const std::byte[]> stored_as(const std::vector<From>& values) {
  std::shared_ptr<std::byte[]> bytes(new std::byte[values.size() * sizeof(Stored)]);
  for (size_t i = 0; i < values.size(); ++i) {
    const auto stored = static_cast<Stored>(values[i]);
    std::memcpy(bytes.get() + i * sizeof(Stored), &stored, sizeof(Stored));
  }
  return bytes;
}

template <class Stored>
bool all_fit(const std::vector<int64_t>& values) {
  for (const int64_t value : values) {
    if (value < int64_t{std::numeric_limits<Stored>::min()} ||
        value > int64_t{std::numeric_limits<Stored>::max()})
      return false;
  }
  return true;
}

// Elements in the field that their type has in place of raw_data; small types lie in int32_data,
// float16 by its bits.
Result<std::shared_ptr<const std::byte[]>> typed_bytes(const OnnxTensor& tensor, DType dtype) {
  const auto integers = [&]<class Stored>(Stored) -> Result<std::shared_ptr<const std::byte[]>> {
    if (!all_fit<Stored>(tensor.integers))
      return fail(ErrorCode::kModel, "an element does not fit {}", to_string(dtype));
    return stored_as<Stored>(tensor.integers);
  };
  switch (dtype) {
    case DType::kF32:
      return stored_as<float>(tensor.floats);
    case DType::kF64:
      return stored_as<double>(tensor.doubles);
    case DType::kI64:
      return stored_as<int64_t>(tensor.longs);
    case DType::kI32:
      return integers(int32_t{});
    case DType::kF16:
    case DType::kBF16:
      return integers(uint16_t{});
    case DType::kU8:
    case DType::kBool:
      return integers(uint8_t{});
  }
  return fail(ErrorCode::kModel, "has no elements");
}

size_t typed_count(const OnnxTensor& tensor, DType dtype) {
  return dtype == DType::kF32   ? tensor.floats.size()
         : dtype == DType::kF64 ? tensor.doubles.size()
         : dtype == DType::kI64 ? tensor.longs.size()
                                : tensor.integers.size();
}

// A number of another file: decimal digits alone; nothing where there is none.
Result<size_t> external_number(std::string_view text, size_t absent, std::string_view what) {
  if (text.empty()) return absent;
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    return fail(ErrorCode::kModel, "its {} in the other file is {}", what, shown(text));
  return value;
}

Result<std::shared_ptr<const std::byte[]>> external_bytes(const OnnxExternalData& external,
                                                          size_t needed, FilesBeside& beside) {
  FOVEA_ASSIGN_OR_RETURN(const size_t offset, external_number(external.offset, 0, "offset"));
  FOVEA_ASSIGN_OR_RETURN(const size_t length, external_number(external.length, needed, "length"));
  FOVEA_ASSIGN_OR_RETURN(const FileBytes file, beside.read(external.location));
  if (length != needed)
    return fail(ErrorCode::kModel, "has {} bytes in {}, its shape asks for {}", length,
                shown(external.location), needed);
  if (offset > file.size || needed > file.size - offset)
    return fail(ErrorCode::kModel, "is at bytes {} + {} of {}, which has {}", offset, needed,
                shown(external.location), file.size);
  return file.at(offset);
}

// The bytes that `weight`, whose type and shape are known, has in its field or another file.
Result<std::shared_ptr<const std::byte[]>> stored_bytes(const OnnxTensor& tensor,
                                                        const WeightTensor& weight, int64_t needed,
                                                        const OnnxData& data) {
  const int fields = int{tensor.raw.has_value()} + int{!tensor.floats.empty()} +
                     int{!tensor.doubles.empty()} + int{!tensor.integers.empty()} +
                     int{!tensor.longs.empty()} + int{tensor.is_external};
  if (tensor.has_other_data || fields > 1)
    return fail(ErrorCode::kModel, "has its elements in two fields, or in one of other types");
  if (tensor.is_external)
    return external_bytes(tensor.external, static_cast<size_t>(needed), data.beside);
  const std::string shape = shape_string(weight.shape);
  if (tensor.raw) {
    if (std::cmp_not_equal(tensor.raw->size(), needed))
      return fail(ErrorCode::kModel, "has {} bytes, the shape {} of {} asks for {}",
                  tensor.raw->size(), shape, to_string(weight.dtype), needed);
    return data.file.at(
        tensor.raw->empty() ? 0 : static_cast<size_t>(tensor.raw->data() - data.file.data.get()));
  }
  const size_t there = typed_count(tensor, weight.dtype);
  if (std::cmp_not_equal(there, weight.element_count()))
    return fail(ErrorCode::kModel, "has {} elements, the shape {} asks for {}", there, shape,
                weight.element_count());
  return typed_bytes(tensor, weight.dtype);
}

Result<WeightTensor> weight_of(const OnnxTensor& tensor, const OnnxData& data) {
  const std::optional<DType> dtype = onnx_dtype(tensor.type);
  if (!dtype)
    return fail(ErrorCode::kModel, "holds {}, which is not supported", onnx_type_name(tensor.type));
  for (const int64_t length : tensor.dims) {
    if (length < 0) return fail(ErrorCode::kModel, "has the shape {}", shape_string(tensor.dims));
  }
  const std::optional<int64_t> count = checked_element_count(tensor.dims);
  const std::optional<int64_t> bytes =
      count ? checked_multiply(*count, element_bytes(*dtype)) : std::nullopt;
  if (!bytes)
    return fail(ErrorCode::kModel, "has the shape {}, too large for any memory",
                shape_string(tensor.dims));
  WeightTensor weight{std::string(tensor.name), *dtype, tensor.dims, nullptr};
  FOVEA_ASSIGN_OR_RETURN(weight.bytes, stored_bytes(tensor, weight, *bytes, data));
  return weight;
}

}  // namespace

Result<WeightTensor> to_weight(const OnnxTensor& tensor, const OnnxData& data) {
  auto weight = weight_of(tensor, data);
  if (!weight) return fail_in("tensor " + shown(tensor.name), std::move(weight.error()));
  return weight;
}

}  // namespace fovea
