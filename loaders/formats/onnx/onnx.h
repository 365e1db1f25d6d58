// The ONNX format: a graph of operators and its weights in a file of protocol buffers.
#pragma once

#include "engine/model.h"
#include "engine/status.h"
#include "loaders/formats/file_bytes.h"
#include "loaders/formats/files_beside.h"

namespace fovea {

/// The network of one picture in and one picture out that `file` holds. Weights that are used as
/// they are share the file's bytes and keep their type. Shape arithmetic is done for all sizes of
/// pictures at once where the file leaves height and width open, else for its one size, and what
/// that gives is taken for all. Tensors that it says are in other files are read from `beside`.
/// kModel, naming node, operator, value and limit, for whatever is
/// broken or not supported.
Result<Model> read_onnx(const FileBytes& file, FilesBeside beside = {});

}  // namespace fovea
