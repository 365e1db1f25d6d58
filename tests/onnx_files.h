// ONNX files made in memory, valid or not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "loaders/formats/onnx/onnx.h"
#include "tests/model_files.h"

namespace fovea::test {

/// A field of a message: a number, or bytes (a message, text, packed numbers).
std::string proto_varint(uint64_t value);
std::string proto_field(uint32_t number, int64_t value);
std::string proto_field(uint32_t number, std::string_view bytes);
std::string proto_float(uint32_t number, float value);

/// TensorProto.DataType.
inline constexpr int64_t kOnnxFloat = 1, kOnnxUint8 = 2, kOnnxInt64 = 7, kOnnxFloat16 = 10,
                         kOnnxDouble = 11, kOnnxBfloat16 = 16;

/// TensorProto with raw data.
std::string onnx_tensor(std::string_view name, int64_t type, const std::vector<int64_t>& dims,
                        std::string_view raw);
std::string onnx_floats(std::string_view name, const std::vector<int64_t>& dims,
                        const std::vector<float>& values);
std::string onnx_integers(std::string_view name, const std::vector<int64_t>& values);

/// AttributeProto.
std::string onnx_attribute(std::string_view name, int64_t value);
std::string onnx_attribute(std::string_view name, float value);
std::string onnx_attribute(std::string_view name, const char* text);
std::string onnx_attribute(std::string_view name, const std::vector<int64_t>& values);
std::string onnx_tensor_attribute(std::string_view name, std::string_view tensor);

/// NodeProto; its name is that of its first output.
std::string onnx_node(std::string_view type, const std::vector<std::string>& inputs,
                      const std::vector<std::string>& outputs,
                      const std::vector<std::string>& attributes = {});

/// ValueInfoProto of a tensor; -1 for a length that is left open.
std::string onnx_value(std::string_view name, const std::vector<int64_t>& dims,
                       int64_t type = kOnnxFloat);

/// A model of `nodes` from `x` to `y`.
struct OnnxFile {
  std::vector<std::string> nodes;
  std::vector<std::string> tensors = {};
  std::string input = onnx_value("x", {1, 3, -1, -1});
  std::string output = onnx_value("y", {});
  int64_t opset = 17;
  int64_t ir_version = 8;

  std::string graph() const;
  std::string bytes() const;
  Result<Model> read() const { return read_onnx(file_bytes(bytes())); }
};

}  // namespace fovea::test
