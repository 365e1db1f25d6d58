// A line of samples continued by reflection.
#pragma once

#include <cstdint>

namespace fovea {

/// The sample of a line of `length` that stands at `index`, before or behind it: mirrored at the
/// border, which is not repeated, as numpy.pad(mode="reflect") does, as often as it takes. A line
/// of one sample is continued by that sample.
constexpr int64_t mirrored(int64_t index, int64_t length) {
  if (length == 1) return 0;
  const int64_t period = 2 * (length - 1);
  const int64_t folded = (index % period + period) % period;
  return folded < length ? folded : period - folded;
}

}  // namespace fovea
