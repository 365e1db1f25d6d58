// TensorProto, which is part of graphs and of attributes, and what it becomes.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "engine/weights.h"
#include "loaders/formats/files_beside.h"
#include "loaders/formats/onnx/onnx_messages.h"
#include "loaders/formats/protobuf.h"

namespace fovea {

/// An OnnxType as the type of a tensor; no value for those that are not read.
std::optional<DType> onnx_dtype(int64_t type);

inline constexpr size_t kMaxOnnxNameBytes = 1024;
inline constexpr size_t kMaxOnnxRank = 8;

/// Refuses the second occurrence of a field that a message has once: parsers differ in which
/// counts.
class OnceEach {
 public:
  /// Of these fields, whose numbers are below 32; all others may be there many times.
  explicit OnceEach(std::initializer_list<uint32_t> numbers) {
    for (const uint32_t number : numbers) watched_ |= uint32_t{1} << number;
  }

  Status check(const ProtoField& field);

 private:
  uint32_t watched_ = 0;
  uint32_t seen_ = 0;
};

Result<OnnxTensor> decode_onnx_tensor(ProtoReader reader);

/// Where a tensor's elements may lie.
struct OnnxData {
  const FileBytes& file;
  FilesBeside& beside;
};

/// The tensor's elements, which share the file's bytes where they lie there as they are. kModel for
/// types that no weight and no shape has, lengths below 0, and more or fewer elements than the
/// shape asks for.
Result<WeightTensor> to_weight(const OnnxTensor& tensor, const OnnxData& data);

}  // namespace fovea
