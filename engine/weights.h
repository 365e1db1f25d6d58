// Weights as a file held them: names, shapes, dtypes, bytes. Nothing is converted here until asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/status.h"

namespace fovea {

/// Element types of stored tensors, named as PyTorch names them.
enum class DType { kF64, kF32, kF16, kBF16, kI64, kI32, kU8, kBool };

int64_t element_bytes(DType dtype);
std::string_view to_string(DType dtype);
bool is_floating_point(DType dtype);

/// IEEE binary16 and bfloat16 bit patterns to f32, exactly.
float half_to_float(uint16_t bits);
float bfloat16_to_float(uint16_t bits);

/// f32 to binary16, to nearest even; infinity from 65520 on.
uint16_t float_to_half(float value);

/// One stored tensor: row-major, little-endian, contiguous. Copies share the bytes.
struct WeightTensor {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;                // PyTorch's order: convolution (O, I/groups, KH, KW)
  std::shared_ptr<const std::byte[]> bytes;  // may alias a larger buffer that it keeps alive

  int64_t element_count() const;
  size_t byte_count() const;
};

/// A tensor with values of its own; `values` has the product of `shape` elements.
WeightTensor make_weight(std::string name, std::vector<int64_t> shape,
                         std::span<const float> values);

/// The elements as f32. kModel for integer tensors.
Result<std::vector<float>> to_f32(const WeightTensor& tensor);

/// kModel naming the tensor and the first index that holds a NaN or an infinity, if any does.
Status check_finite(const WeightTensor& tensor);

/// "[64, 3, 3, 3]"
std::string shape_string(const std::vector<int64_t>& shape);

/// The tensors of a file, found by name, kept in the file's order, with the file's metadata.
class Weights {
 public:
  /// kModel when the name is already there.
  Status add(WeightTensor tensor);

  const WeightTensor* find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  const std::vector<WeightTensor>& tensors() const { return tensors_; }

  std::map<std::string, std::string> metadata;

  /// What the caller tells where neither tensors nor metadata do, by the metadata's keys: `scale`.
  std::map<std::string, std::string> told;

 private:
  std::vector<WeightTensor> tensors_;
  std::map<std::string, size_t, std::less<>> index_;
};

}  // namespace fovea
