// Between rows as the host lays them out (channels fastest) and device maps.
#pragma once

#include "engine/sample_type.h"
#include "kernels/cuda/device_map.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// Rows of a picture or of a TensorView in device memory, copied there as they were: row y in slot
/// y % ring_rows, strides in samples.
struct HostRows {
  void* data = nullptr;  // slot 0, (ring_rows, W, C); aligned to a sample
  SampleType type = SampleType::kF32;
  int64_t channels = 0;
  int64_t pixel_stride = 0;  // >= channels
  int64_t row_stride = 0;    // >= width * pixel_stride
  int64_t ring_rows = 1;
};

/// Rows [first_row, last_row) of `map` from `rows` or the reverse; the map's width and channels are
/// the rows'.
struct ConvertArgs {
  HostRows rows;
  DeviceMap map;
  /// Where rows are written: a word in device memory that becomes 1 when a value is not finite, and
  /// else stays; null: not looked for.
  uint32_t* not_finite = nullptr;
  int64_t first_row = 0;
  int64_t last_row = 0;
  float factor = 1.0f;
};

/// map = factor * rows, rounded once; channels that fill up the last plane are zero.
CudaError launch_load_rows(const ConvertArgs& args, Stream stream);

/// rows = factor * map. Integers: clamped to 0...1, scaled, rounded to nearest with ties to even,
/// the bits of Picture::store_row; for a value that is not finite, any sample.
CudaError launch_store_rows(const ConvertArgs& args, Stream stream);

}  // namespace fovea::cuda
