// How tests compare maps: in positive form, so that a NaN on either side fails.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>

#include "engine/tensor.h"

namespace fovea::test {

/// Every value of `actual` is within tolerance(y, x, c) of `expected`; tells the first that is not,
/// the largest error and how many fail. Shapes must be equal. NaN and infinities fail whatever the
/// tolerance.
::testing::AssertionResult all_within(
    ConstTensorView expected, ConstTensorView actual,
    const std::function<double(int64_t, int64_t, int64_t)>& tolerance);

/// The same with one tolerance for all.
::testing::AssertionResult all_within(ConstTensorView expected, ConstTensorView actual,
                                      double tolerance);

/// Equal shapes and equal bits (0 and -0 differ, NaN equals nothing).
::testing::AssertionResult same_bits(ConstTensorView expected, ConstTensorView actual);

/// The largest |value|; NaN when there is one.
double max_magnitude(ConstTensorView map);

}  // namespace fovea::test
