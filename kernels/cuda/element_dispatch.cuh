// From a map's element type to the C++ type that kernels are instantiated for. Host code.
#pragma once

#include "kernels/cuda/device/half.cuh"
#include "kernels/cuda/device_map.h"
#include "kernels/cuda/launch.h"

namespace fovea::cuda {

/// visit(Half{}), visit(Bfloat16{}) or visit(float{}).
template <class Visit>
CudaError with_element_type(ElementType type, Visit visit) {
  switch (type) {
    case ElementType::kF16:
      return visit(Half{});
    case ElementType::kBf16:
      return visit(Bfloat16{});
    case ElementType::kF32:
      return visit(float{});
  }
  return kInvalidArgument;
}

}  // namespace fovea::cuda
