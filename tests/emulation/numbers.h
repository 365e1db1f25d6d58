// 16-bit numbers as f32 and back, one and many at a time, and the matrix product over f32 that the
// emulated instructions share. Internal to the emulation.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/emulation/emulated_device.h"

namespace fovea::emulation {

/// count numbers of 2 bytes at `bits` as f32.
void decode(const void* bits, MatrixType type, size_t count, float* values);

/// d (rows x columns) += a (rows x depth) b (depth x columns), all row-major, b and d with
/// `rows` and `columns` multiples of 8. Sums are rounded to f32 after each product, in the order of
/// depth.
void accumulate_product(float* d, const float* a, const float* b, int rows, int columns, int depth);

}  // namespace fovea::emulation
