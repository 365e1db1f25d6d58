// The safetensors format: 8 bytes of header length, a JSON header, and the tensors' bytes.
// https://huggingface.co/docs/safetensors (the format), and stricter where its readers disagree.
#pragma once

#include "engine/status.h"
#include "engine/weights.h"
#include "loaders/formats/file_bytes.h"

namespace fovea {

/// Limits and rules beyond the format's own, so that a file means the same to every reader and
/// costs no more than its size: see loaders/formats/README.md.
inline constexpr size_t kMaxSafetensorsHeader = size_t{16} << 20;
inline constexpr size_t kMaxSafetensorsTensors = 100'000;
inline constexpr size_t kMaxSafetensorsRank = 8;
inline constexpr size_t kMaxSafetensorsName = 512;

/// The tensors of a safetensors file in the order of its header, their bytes shared with `file`,
/// and its metadata. Every floating-point value is finite. kModel, naming the offset or the tensor,
/// the value and the limit, for whatever breaks a rule.
Result<Weights> read_safetensors(const FileBytes& file);

/// What safetensors call a dtype: "F32".
std::string_view safetensors_name(DType dtype);

}  // namespace fovea
