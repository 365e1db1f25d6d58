// The emulated TensorMap: what cuTensorMapEncodeTiled would put into the hardware's format.
#pragma once

#include <cstdint>

#include "kernels/cuda/runtime.h"

namespace fovea::emulation {

/// Three axes, innermost first.
struct TensorMapFields {
  uint64_t mark;
  const uint8_t* base;
  int64_t sizes[3];    // in elements
  int64_t strides[2];  // in bytes, of axes 1 and 2
  int32_t box[3];      // in elements
  int32_t element_bytes;
};
static_assert(sizeof(TensorMapFields) <= sizeof(cuda::TensorMap), "it travels in a TensorMap");

inline constexpr uint64_t kTensorMapMark = 0x7e4503a9'70a3d1c5u;

/// Fills `map` after the checks of cuTensorMapEncodeTiled, no interleave, no swizzle, unit steps;
/// kInvalidArgument when one fails.
cuda::CudaError encode_tensor_map(const TensorMapFields& fields, cuda::TensorMap& map);

}  // namespace fovea::emulation
