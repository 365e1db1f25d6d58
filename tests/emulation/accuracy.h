// The contract of accuracy of kernels that multiply matrices.
#pragma once

#include <vector>

#include "engine/tensor.h"
#include "kernels/cuda/device_map.h"

namespace fovea::test {

/// EXPECTs that `result` is no further from `formula`, its values in f64 in the same order, than
/// twice as far as rounding the formula's values to `type` alone is, in the sense of least squares.
/// NaN fails.
void expect_accurate(cuda::ElementType type, const std::vector<double>& formula,
                     const Tensor& result);

}  // namespace fovea::test
