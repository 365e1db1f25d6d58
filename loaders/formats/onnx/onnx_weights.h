// The tensors that an ONNX file was exported with, by their names in PyTorch.
#pragma once

#include "engine/status.h"
#include "engine/weights.h"
#include "loaders/formats/file_bytes.h"
#include "loaders/formats/files_beside.h"

namespace fovea {

/// The floating-point initializers that are weights, in the file's order, with its metadata. Their
/// names are PyTorch's but for PReLU's slopes, which its exporters make anew: those are called
/// after the convolution before them, `body.1.weight` behind `body.0.weight`, as in nn.Sequential.
/// Whether the names are a checkpoint's is the caller's to check.
Result<Weights> read_onnx_weights(const FileBytes& file, FilesBeside beside = {});

}  // namespace fovea
