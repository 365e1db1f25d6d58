// Whether numbers are numbers.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace fovea {

inline bool all_finite(const float* values, int64_t count) {
  // Finite values have exponents below 255. Unlike sums of floats, integers may be taken several at
  // a time.
  int32_t largest = 0;
  for (int64_t i = 0; i < count; ++i)
    largest = std::max(largest, std::bit_cast<int32_t>(values[i]) & 0x7fffffff);
  return largest < 0x7f800000;
}

}  // namespace fovea
