// A pixel of a plane in registers: 8 channels in f32, read and written with 16-byte accesses.
#pragma once

#include "kernels/cuda/device/device.cuh"
#include "kernels/cuda/device/half.cuh"
#include "kernels/cuda/device_map.h"

namespace fovea::cuda {

inline constexpr int kPixelChannels = static_cast<int>(kPlaneChannels);

/// What one access moves.
struct alignas(16) PixelWords {
  uint32_t words[4];
};
struct alignas(16) PixelFloats {
  float values[4];
};

/// Bytes of a pixel of T: Half, Bfloat16 or float.
template <class T>
inline constexpr int64_t kPixelBytes = kPlaneChannels* static_cast<int64_t>(sizeof(T));

template <class T>
FOVEA_DEVICE void load_pixel(const void* pixel, float (&values)[kPixelChannels]) {
  const PixelWords packed = *static_cast<const PixelWords*>(pixel);
  FOVEA_UNROLL
  for (int i = 0; i < 4; ++i) {
    const auto pair = unpack2<T>(packed.words[i]);
    values[2 * i] = pair.x;
    values[2 * i + 1] = pair.y;
  }
}
template <>
FOVEA_DEVICE void load_pixel<float>(const void* pixel, float (&values)[kPixelChannels]) {
  FOVEA_UNROLL
  for (int half = 0; half < 2; ++half) {
    const PixelFloats four = static_cast<const PixelFloats*>(pixel)[half];
    FOVEA_UNROLL
    for (int i = 0; i < 4; ++i) values[4 * half + i] = four.values[i];
  }
}

/// One channel of a pixel.
template <class T>
FOVEA_DEVICE float load_channel(const void* pixel, int channel) {
  return unpack2<T>(static_cast<const uint16_t*>(pixel)[channel]).x;
}
template <>
FOVEA_DEVICE float load_channel<float>(const void* pixel, int channel) {
  return static_cast<const float*>(pixel)[channel];
}

/// Rounds to nearest.
template <class T>
FOVEA_DEVICE void store_pixel(void* pixel, const float (&values)[kPixelChannels]) {
  PixelWords packed;
  FOVEA_UNROLL
  for (int i = 0; i < 4; ++i) packed.words[i] = pack2<T>(values[2 * i], values[2 * i + 1]);
  *static_cast<PixelWords*>(pixel) = packed;
}
template <>
FOVEA_DEVICE void store_pixel<float>(void* pixel, const float (&values)[kPixelChannels]) {
  FOVEA_UNROLL
  for (int half = 0; half < 2; ++half) {
    PixelFloats four;
    FOVEA_UNROLL
    for (int i = 0; i < 4; ++i) four.values[i] = values[4 * half + i];
    static_cast<PixelFloats*>(pixel)[half] = four;
  }
}

/// Where row `row` of plane 0 of `map` begins. Rows fit 32 bits, and a 64-bit remainder takes a
/// GPU a hundred instructions.
FOVEA_DEVICE uint8_t* row_start(const DeviceMap& map, int row) {
  const uint32_t slot = static_cast<uint32_t>(row) % static_cast<uint32_t>(map.ring_rows);
  return static_cast<uint8_t*>(map.data) +
         static_cast<int64_t>(slot) * map.row_stride * map.pixel_bytes();
}

/// Bytes from one plane of `map` to the next.
FOVEA_DEVICE int64_t plane_bytes(const DeviceMap& map) {
  return map.plane_stride * map.pixel_bytes();
}

}  // namespace fovea::cuda
