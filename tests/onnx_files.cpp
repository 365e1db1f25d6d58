#include "tests/onnx_files.h"

#include <bit>

namespace fovea::test {

std::string proto_varint(uint64_t value) {
  std::string bytes;
  while (value >= 0x80) {
    bytes += static_cast<char>((value & 0x7f) | 0x80);
    value >>= 7;
  }
  return bytes += static_cast<char>(value);
}

std::string proto_field(uint32_t number, int64_t value) {
  return proto_varint(uint64_t{number} << 3) + proto_varint(static_cast<uint64_t>(value));
}

std::string proto_field(uint32_t number, std::string_view bytes) {
  return (proto_varint(uint64_t{number} << 3 | 2) + proto_varint(bytes.size())).append(bytes);
}

std::string proto_float(uint32_t number, float value) {
  return proto_varint(uint64_t{number} << 3 | 5) + little_endian(std::bit_cast<uint32_t>(value));
}

std::string onnx_tensor(std::string_view name, int64_t type, const std::vector<int64_t>& dims,
                        std::string_view raw) {
  std::string bytes;
  for (const int64_t length : dims) bytes += proto_field(1, length);
  return bytes + proto_field(2, type) + proto_field(8, name) + proto_field(9, raw);
}

std::string onnx_floats(std::string_view name, const std::vector<int64_t>& dims,
                        const std::vector<float>& values) {
  return onnx_tensor(name, kOnnxFloat, dims, floats(values));
}

std::string onnx_integers(std::string_view name, const std::vector<int64_t>& values) {
  std::string raw;
  for (const int64_t value : values) raw += little_endian(value);
  return onnx_tensor(name, kOnnxInt64, {static_cast<int64_t>(values.size())}, raw);
}

std::string onnx_attribute(std::string_view name, int64_t value) {
  return proto_field(1, name) + proto_field(3, value) + proto_field(20, 2);
}

std::string onnx_attribute(std::string_view name, float value) {
  return proto_field(1, name) + proto_float(2, value) + proto_field(20, 1);
}

std::string onnx_attribute(std::string_view name, const char* text) {
  return proto_field(1, name) + proto_field(4, std::string_view(text)) + proto_field(20, 3);
}

std::string onnx_attribute(std::string_view name, const std::vector<int64_t>& values) {
  std::string bytes = proto_field(1, name);
  for (const int64_t value : values) bytes += proto_field(8, value);
  return bytes + proto_field(20, 7);
}

std::string onnx_tensor_attribute(std::string_view name, std::string_view tensor) {
  return proto_field(1, name) + proto_field(5, tensor) + proto_field(20, 4);
}

std::string onnx_node(std::string_view type, const std::vector<std::string>& inputs,
                      const std::vector<std::string>& outputs,
                      const std::vector<std::string>& attributes) {
  std::string bytes;
  for (const std::string& name : inputs) bytes += proto_field(1, std::string_view(name));
  for (const std::string& name : outputs) bytes += proto_field(2, std::string_view(name));
  if (!outputs.empty()) bytes += proto_field(3, std::string_view(outputs[0]));
  bytes += proto_field(4, type);
  for (const std::string& attribute : attributes)
    bytes += proto_field(5, std::string_view(attribute));
  return bytes;
}

std::string onnx_value(std::string_view name, const std::vector<int64_t>& dims, int64_t type) {
  std::string shape;
  for (const int64_t length : dims) {
    const std::string dimension =
        length < 0 ? proto_field(2, std::string_view("n")) : proto_field(1, length);
    shape += proto_field(1, std::string_view(dimension));
  }
  std::string tensor = proto_field(1, type);
  if (!dims.empty()) tensor += proto_field(2, std::string_view(shape));
  return proto_field(1, name) +
         proto_field(2, std::string_view(proto_field(1, std::string_view(tensor))));
}

std::string OnnxFile::graph() const {
  std::string bytes;
  for (const std::string& node : nodes) bytes += proto_field(1, std::string_view(node));
  for (const std::string& tensor : tensors) bytes += proto_field(5, std::string_view(tensor));
  if (!input.empty()) bytes += proto_field(11, std::string_view(input));
  if (!output.empty()) bytes += proto_field(12, std::string_view(output));
  return bytes;
}

std::string OnnxFile::bytes() const {
  return proto_field(1, ir_version) + proto_field(2, std::string_view("test")) +
         proto_field(7, std::string_view(graph())) +
         proto_field(8, std::string_view(proto_field(2, opset)));
}

}  // namespace fovea::test
