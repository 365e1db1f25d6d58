// The taps of one axis of a resize as device code reads them, made on the host.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/operators.h"
#include "kernels/cuda/resize_map.h"

namespace fovea::cuda {

/// The taps of engine/resize_taps.h, weights rounded to f32, as one block of bytes that is copied
/// to device memory.
class ResizeTapsTable {
 public:
  ResizeTapsTable(const Resize& resize, int64_t in_length, int64_t out_length);

  const std::vector<uint8_t>& bytes() const { return bytes_; }

  /// The tables in a copy of bytes() that lies at `device`, aligned to 4 bytes.
  AxisTaps at(const void* device) const;

 private:
  std::vector<uint8_t> bytes_;  // first (out) i32; count (out) i32; weights (out, most) f32
  int64_t out_length_;
  int64_t most_ = 0;
  bool copies_;
};

}  // namespace fovea::cuda
