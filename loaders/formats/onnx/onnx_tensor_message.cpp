#include "loaders/formats/onnx/onnx_tensor_message.h"

#include <fmt/format.h>

#include <limits>

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

}  // namespace

Status OnceEach::check(const ProtoField& field) {
  if (field.number >= 32) return {};
  const uint32_t bit = (uint32_t{1} << field.number) & watched_;
  if ((seen_ & bit) != 0)
    return fail(ErrorCode::kModel, "field {} at byte {} is there twice", field.number,
                field.offset);
  seen_ |= bit;
  return {};
}

std::optional<DType> onnx_dtype(int64_t type) {
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
  OnceEach once({2, 8, 9, 14});
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

}  // namespace fovea
