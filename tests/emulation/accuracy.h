// The contract of accuracy of kernels that multiply matrices.
#pragma once

#include <span>
#include <vector>

#include "engine/tensor.h"
#include "kernels/cuda/device_map.h"

namespace fovea::test {

/// The error of `values` beside `exact`, in the same order, in the sense of least squares:
/// sqrt(sum (v - e)^2 / sum e^2). NaN when one of them is.
double relative_error(std::span<const double> exact, std::span<const float> values);

/// EXPECTs that `result` is no further from `formula`, its values in f64 in the same order, than
/// twice as far as rounding the formula's values to `type` alone is, in the sense of least squares.
/// NaN fails.
void expect_accurate(cuda::ElementType type, const std::vector<double>& formula,
                     const Tensor& result);

}  // namespace fovea::test
