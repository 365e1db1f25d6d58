// Channels of one map to other channels of another: what Concat and Slice are where channels do not
// come in whole planes (a slice of whole planes is a view, DeviceMap::slice).
#pragma once

#include "kernels/cuda/device_map.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// output[.., output_channel + k] = input[.., input_channel + k], 0 <= k < count, in rows
/// [first_row, last_row). The output's other channels keep what they hold; where its last plane is
/// written, the channels that fill it up become zero. Maps of one size and type that do not
/// overlap.
struct CopyChannelsArgs {
  DeviceMap input;
  DeviceMap output;
  int64_t input_channel = 0;
  int64_t output_channel = 0;
  int64_t count = 0;
  int64_t first_row = 0;
  int64_t last_row = 0;
};

CudaError launch_copy_channels(const CopyChannelsArgs& args, Stream stream);

}  // namespace fovea::cuda
