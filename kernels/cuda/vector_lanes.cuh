// Elements of a MapVector as bits, for kernels that move them without looking. Indices must be
// constants once loops are unrolled: registers cannot be indexed.
#pragma once

#include "kernels/cuda/map_vectors.cuh"

namespace fovea::cuda {

/// Element `lane` of `vector`, of T's size.
template <class T>
FOVEA_DEVICE uint32_t lane_bits(const MapVector& vector, int lane) {
  if constexpr (sizeof(T) == 4) return vector.words[lane];
  return vector.words[lane / 2] >> (16 * (lane % 2)) & 0xffff;
}

/// Puts an element into a vector where that lane is zero.
template <class T>
FOVEA_DEVICE void put_lane(MapVector& vector, int lane, uint32_t bits) {
  if constexpr (sizeof(T) == 4) {
    vector.words[lane] = bits;
  } else {
    vector.words[lane / 2] |= bits << (16 * (lane % 2));
  }
}

/// `vector` with zeros from element `count` on.
template <class T>
FOVEA_DEVICE MapVector first_lanes(const MapVector& vector, int64_t count) {
  MapVector result{};
  FOVEA_UNROLL
  for (int lane = 0; lane < kVectorChannels<T>; ++lane)
    put_lane<T>(result, lane, lane < count ? lane_bits<T>(vector, lane) : 0);
  return result;
}

}  // namespace fovea::cuda
