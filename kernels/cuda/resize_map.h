// Separable resampling of device maps (Resize of kernels/ops.h): every filter, by tables of taps.
#pragma once

#include "kernels/cuda/device_map.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// Taps of one axis in device memory: output o reads samples first[o] ... first[o] + count[o] - 1
/// with weights[o * most + 0 ...]. Samples lie within the input, first and first + count never
/// fall, 1 <= count <= most. Made by ResizeTapsTable (resize_taps_table.h).
struct AxisTaps {
  const int32_t* first = nullptr;  // (out)
  const int32_t* count = nullptr;  // (out)
  const float* weights = nullptr;  // (out, most)
  int64_t most = 0;
  bool copies = false;  // every output is one sample as it is: nearest
};

/// Rows [first_row, last_row) of output = input resized; maps of equal channels and one type that
/// do not overlap. `lines` are the taps of the rows, `columns` those of the columns.
struct ResizeArgs {
  DeviceMap input;
  DeviceMap output;
  AxisTaps lines;
  AxisTaps columns;
  int64_t first_row = 0;
  int64_t last_row = 0;
};

CudaError launch_resize(const ResizeArgs& args, Stream stream);

}  // namespace fovea::cuda
