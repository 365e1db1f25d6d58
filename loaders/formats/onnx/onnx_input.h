// What an ONNX file says of the picture that it takes.
#pragma once

#include <cstdint>

#include "engine/status.h"
#include "loaders/formats/onnx/onnx_extent.h"
#include "loaders/formats/onnx/onnx_messages.h"

namespace fovea {

struct OnnxInput {
  int64_t channels = 0;
  Extent height;  ///< a number where the file is for one size
  Extent width;
  bool channels_last = false;  ///< (1, H, W, C)
};

/// kModel unless it is one picture of real numbers with a known number of channels.
Result<OnnxInput> read_onnx_input(const OnnxValueInfo& info);

}  // namespace fovea
