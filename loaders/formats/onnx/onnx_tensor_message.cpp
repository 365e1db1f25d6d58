#include "loaders/formats/onnx/onnx_tensor_message.h"

#include <fmt/format.h>

#include <cstring>
#include <limits>

#include "loaders/formats/checked_arithmetic.h"
#include "loaders/formats/text.h"

namespace fovea {
namespace {

constexpr size_t kUnlimited = std::numeric_limits<size_t>::max();

Status decode_external(ProtoReader reader, OnnxExternalData& external) {
  std::string_view key, value;
  ProtoField field;
  while (true) {
    FOVEA_ASSIGN_OR_RETURN(const bool more, reader.next(field));
    if (!more) break;
    if (field.number != 1 && field.number != 2) continue;
    FOVEA_ASSIGN_OR_RETURN((field.number == 1 ? key : value),
                           reader.text(field, kMaxOnnxNameBytes));
  }
  std::string_view* known = key == "location" ? &external.location
                            : key == "offset" ? &external.offset
                            : key == "length" ? &external.length
                                              : nullptr;
  if (known == nullptr) return {};  // a checksum, say
  if (!known->empty()) return fail(ErrorCode::kModel, "its {} is there twice", key);
  *known = value;
  return {};
}

std::optional<DType> dtype_of(int64_t type) {
  switch (static_cast<OnnxType>(type)) {
    case OnnxType::kFloat:
      return DType::kF32;
    case OnnxType::kFloat16:
      return DType::kF16;
    case OnnxType::kBfloat16:
      return DType::kBF16;
    case OnnxType::kDouble:
      return DType::kF64;
    case OnnxType::kInt64:
      return DType::kI64;
    case OnnxType::kInt32:
      return DType::kI32;
    case OnnxType::kUint8:
      return DType::kU8;
    case OnnxType::kBool:
      return DType::kBool;
    default:
      return std::nullopt;
  }
}

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

Result<WeightTensor> weight_of(const OnnxTensor& tensor, const FileBytes& file) {
  const std::optional<DType> dtype = dtype_of(tensor.type);
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
  if (tensor.is_external)
    return fail(ErrorCode::kModel,
                "is in another file ({}), which is not supported; save the model with all data in "
                "one file",
                shown(tensor.external.location));
  const int fields = int{tensor.raw.has_value()} + int{!tensor.floats.empty()} +
                     int{!tensor.doubles.empty()} + int{!tensor.integers.empty()} +
                     int{!tensor.longs.empty()};
  if (tensor.has_other_data || fields > 1)
    return fail(ErrorCode::kModel, "has its elements in two fields, or in one of other types");
  if (tensor.raw) {
    if (std::cmp_not_equal(tensor.raw->size(), *bytes))
      return fail(ErrorCode::kModel, "has {} bytes, the shape {} of {} asks for {}",
                  tensor.raw->size(), shape_string(tensor.dims), to_string(*dtype), *bytes);
    weight.bytes = file.at(
        tensor.raw->empty() ? 0 : static_cast<size_t>(tensor.raw->data() - file.data.get()));
    return weight;
  }
  const size_t there = typed_count(tensor, *dtype);
  if (std::cmp_not_equal(there, *count))
    return fail(ErrorCode::kModel, "has {} elements, the shape {} asks for {}", there,
                shape_string(tensor.dims), *count);
  FOVEA_ASSIGN_OR_RETURN(weight.bytes, typed_bytes(tensor, *dtype));
  return weight;
}

}  // namespace

Status OnceEach::check(const ProtoField& field) {
  if (field.number >= 32) return {};
  const uint32_t bit = uint32_t{1} << field.number;
  if ((seen_ & bit) != 0)
    return fail(ErrorCode::kModel, "field {} at byte {} is there twice", field.number,
                field.offset);
  seen_ |= bit;
  return {};
}

std::string onnx_type_name(int64_t type) {
  constexpr std::array<std::string_view, 17> kNames = {
      "no type", "float32", "uint8",     "int8",       "uint16",  "int16",
      "int32",   "int64",   "text",      "bool",       "float16", "float64",
      "uint32",  "uint64",  "complex64", "complex128", "bfloat16"};
  if (type >= 0 && std::cmp_less(type, kNames.size()))
    return std::string(kNames[static_cast<size_t>(type)]);
  return fmt::format("type {}", type);
}

Result<OnnxTensor> decode_onnx_tensor(ProtoReader reader) {
  OnnxTensor tensor;
  OnceEach once;
  ProtoField field;
  while (true) {
    FOVEA_ASSIGN_OR_RETURN(const bool more, reader.next(field));
    if (!more) return tensor;
    switch (field.number) {
      case 1:
        FOVEA_TRY(reader.append(field, tensor.dims, kMaxOnnxRank));
        break;
      case 2: {
        FOVEA_TRY(once.check(field));
        FOVEA_ASSIGN_OR_RETURN(tensor.type, reader.integer(field));
        break;
      }
      case 3:
        return fail(ErrorCode::kModel,
                    "tensor {} is one segment of several, which is not supported",
                    shown(tensor.name));
      case 4:
        FOVEA_TRY(reader.append(field, tensor.floats, kUnlimited));
        break;
      case 5:
        FOVEA_TRY(reader.append(field, tensor.integers, kUnlimited));
        break;
      case 7:
        FOVEA_TRY(reader.append(field, tensor.longs, kUnlimited));
        break;
      case 6:
      case 11:
        tensor.has_other_data = true;
        break;
      case 8: {
        FOVEA_TRY(once.check(field));
        FOVEA_ASSIGN_OR_RETURN(tensor.name, reader.text(field, kMaxOnnxNameBytes));
        break;
      }
      case 9: {
        FOVEA_TRY(once.check(field));
        FOVEA_ASSIGN_OR_RETURN(tensor.raw, reader.bytes(field));
        break;
      }
      case 10:
        FOVEA_TRY(reader.append(field, tensor.doubles, kUnlimited));
        break;
      case 13: {
        FOVEA_ASSIGN_OR_RETURN(const ProtoReader inner, reader.message(field, "external data"));
        FOVEA_TRY(decode_external(inner, tensor.external));
        break;
      }
      case 14: {
        FOVEA_TRY(once.check(field));
        FOVEA_ASSIGN_OR_RETURN(const int64_t location, reader.integer(field));
        tensor.is_external = location != 0;
        break;
      }
      default:
        break;
    }
  }
}

Result<WeightTensor> to_weight(const OnnxTensor& tensor, const FileBytes& file) {
  auto weight = weight_of(tensor, file);
  if (!weight) return fail_in("tensor " + shown(tensor.name), std::move(weight.error()));
  return weight;
}

}  // namespace fovea
