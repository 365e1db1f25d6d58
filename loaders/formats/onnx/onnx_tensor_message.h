// TensorProto, which is part of graphs and of attributes, and what it becomes.
#pragma once

#include <array>
#include <cstdint>

#include "engine/weights.h"
#include "loaders/formats/onnx/onnx_messages.h"
#include "loaders/formats/protobuf.h"

namespace fovea {

inline constexpr size_t kMaxOnnxNameBytes = 1024;
inline constexpr size_t kMaxOnnxRank = 8;

/// Refuses the second occurrence of a field that a message has once: parsers differ in which
/// counts.
class OnceEach {
 public:
  Status check(const ProtoField& field);

 private:
  uint32_t seen_ = 0;  // one bit for each number below 32, which all known ones are
};

Result<OnnxTensor> decode_onnx_tensor(ProtoReader reader);

/// The tensor's elements, which share the file's bytes where they lie there as they are. kModel for
/// types that no weight and no shape has, lengths below 0, and more or fewer elements than the
/// shape asks for.
Result<WeightTensor> to_weight(const OnnxTensor& tensor, const FileBytes& file);

}  // namespace fovea
