// An ONNX file as its messages, not yet understood: what onnx.proto declares, as far as a network
// of convolutions needs it. Names and raw data point into the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/status.h"
#include "loaders/formats/file_bytes.h"

namespace fovea {

/// TensorProto.DataType.
enum class OnnxType : int32_t {
  kUndefined = 0,
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
  kBfloat16 = 16
};

/// "float32", as ONNX names its types; "type 17" for those that are not known here.
std::string onnx_type_name(int64_t type);

/// Where a tensor's data are in another file.
struct OnnxExternalData {
  std::string_view location;
  std::string_view offset;
  std::string_view length;
};

struct OnnxTensor {
  std::string_view name;
  std::vector<int64_t> dims;
  int64_t type = 0;
  std::optional<std::span<const std::byte>> raw;
  std::vector<float> floats;      // float_data
  std::vector<double> doubles;    // double_data
  std::vector<int64_t> integers;  // int32_data: all smaller types too
  std::vector<int64_t> longs;     // int64_data
  bool has_other_data = false;    // strings or uint64
  bool is_external = false;
  OnnxExternalData external;
};

struct OnnxAttribute {
  enum class Kind { kFloat, kInteger, kText, kTensor, kFloats, kIntegers, kOther };

  std::string_view name;
  Kind kind = Kind::kOther;
  float real = 0;
  int64_t integer = 0;
  std::string_view text;
  OnnxTensor tensor;
  std::vector<float> reals;
  std::vector<int64_t> integers;
};

struct OnnxNode {
  std::string_view name;
  std::string_view type;
  std::string_view domain;
  std::vector<std::string_view> inputs;  // empty where an optional one is left out
  std::vector<std::string_view> outputs;
  std::vector<OnnxAttribute> attributes;
};

/// One length of a declared shape: a number, or a name for what differs from picture to picture.
struct OnnxDimension {
  std::optional<int64_t> length;
};

struct OnnxValueInfo {
  std::string_view name;
  bool is_tensor = false;
  int64_t type = 0;
  std::optional<std::vector<OnnxDimension>> shape;
};

struct OnnxModel {
  int64_t ir_version = 0;
  int64_t opset = 0;  // of ONNX's own operators; 0 where none is imported
  std::string_view producer;
  std::vector<std::pair<std::string_view, std::string_view>> metadata;
  std::vector<OnnxNode> nodes;
  std::vector<OnnxTensor> initializers;
  std::vector<OnnxValueInfo> inputs;
  std::vector<OnnxValueInfo> outputs;
};

/// The messages of a file. kModel, naming the message and the byte, where they are broken, a field
/// that may be there once is there twice, or a count is over its limit.
Result<OnnxModel> decode_onnx(std::span<const std::byte> file);

}  // namespace fovea
