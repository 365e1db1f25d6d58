// Device code's way to a map: 16 bytes at a time, widened to f32 and rounded back.
//
// A vector is what a thread loads or stores with one instruction: all 8 channels of a pixel of a
// plane in f16 and bf16, half of them in f32. The vectors of a plane's row lie one after the other,
// pixel by pixel, so a warp's load or store is 512 contiguous bytes.
#pragma once

#include <cstring>

#include "kernels/cuda/device/device.cuh"
#include "kernels/cuda/device/half.cuh"
#include "kernels/cuda/device_map.h"

namespace fovea::cuda {

struct alignas(16) MapVector {
  uint32_t words[4];
};

/// Channels in a vector of elements T: 8 or 4.
template <class T>
inline constexpr int kVectorChannels = 16 / static_cast<int>(sizeof(T));

/// Vectors that a pixel of a plane has: 1 or 2.
template <class T>
inline constexpr int kPixelVectors = static_cast<int>(kPlaneChannels) / kVectorChannels<T>;

/// The vectors of row `row` of plane `plane`: width * kPixelVectors<T> of them.
template <class T>
FOVEA_DEVICE MapVector* row_vectors(const DeviceMap& map, int plane, int row) {
  const auto slot = static_cast<uint32_t>(row) % static_cast<uint32_t>(map.ring_rows);
  const int64_t pixel = plane * map.plane_stride + slot * map.row_stride;
  return static_cast<MapVector*>(map.data) + pixel * kPixelVectors<T>;
}

/// The vectors of row `row` that hold channels [kVectorChannels * vector, ...): one a pixel,
/// kPixelVectors apart.
template <class T>
FOVEA_DEVICE MapVector* channel_vectors(const DeviceMap& map, int vector, int row) {
  return row_vectors<T>(map, vector / kPixelVectors<T>, row) + vector % kPixelVectors<T>;
}

template <class T>
FOVEA_DEVICE void widen(const MapVector& vector, float (&values)[kVectorChannels<T>]) {
  if constexpr (sizeof(T) == sizeof(float)) {
    std::memcpy(values, vector.words, sizeof values);
  } else {
    FOVEA_UNROLL
    for (int i = 0; i < 4; ++i) {
      const auto pair = unpack2<T>(vector.words[i]);
      values[2 * i] = pair.x;
      values[2 * i + 1] = pair.y;
    }
  }
}

/// Rounded to nearest, ties to even; what a half cannot hold becomes infinite.
template <class T>
FOVEA_DEVICE MapVector narrow(const float (&values)[kVectorChannels<T>]) {
  MapVector vector;
  if constexpr (sizeof(T) == sizeof(float)) {
    std::memcpy(vector.words, values, sizeof values);
  } else {
    FOVEA_UNROLL
    for (int i = 0; i < 4; ++i) vector.words[i] = pack2<T>(values[2 * i], values[2 * i + 1]);
  }
  return vector;
}

/// Parameters of channels [channel, channel + kCount), kCount a multiple of 4, from an array of f32
/// as long as whole planes and aligned to 16 bytes.
template <int kCount>
FOVEA_DEVICE void load_parameters(const float* parameters, int channel, float (&values)[kCount]) {
  static_assert(kCount % 4 == 0, "loaded 16 bytes at a time");
  FOVEA_UNROLL
  for (int i = 0; i < kCount / 4; ++i) {
    const MapVector four = reinterpret_cast<const MapVector*>(parameters + channel)[i];
    std::memcpy(values + 4 * i, four.words, sizeof four.words);
  }
}

}  // namespace fovea::cuda
