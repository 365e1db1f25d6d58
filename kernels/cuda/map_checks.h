// What launchers ask of maps that kernels read and write 16 bytes at a time. Host code.
#pragma once

#include <cstdint>

#include "kernels/cuda/argument_checks.h"

namespace fovea::cuda {

/// A sound map that begins where a vector may, with channels countable in 32 bits.
inline bool has_vectors(const DeviceMap& map) {
  return map_is_sound(map) && reinterpret_cast<uintptr_t>(map.data) % 16 == 0 &&
         map.channels < int64_t{1} << 30;
}

inline bool same_shape(const DeviceMap& a, const DeviceMap& b) {
  return a.height == b.height && a.width == b.width && a.channels == b.channels && a.type == b.type;
}

/// Rows [first, last), none or more, are rows of `map`, and it holds them all at once.
inline bool holds_rows(const DeviceMap& map, int64_t first, int64_t last) {
  return 0 <= first && first <= last && last <= map.height && last - first <= map.ring_rows;
}

}  // namespace fovea::cuda
