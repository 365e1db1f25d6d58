// The two 16-bit types of feature maps and weights, and their conversions. Arithmetic is in f32.
#pragma once

#include <cstdint>

#include "kernels/cuda/device/device.cuh"

namespace fovea::cuda {

/// IEEE binary16 and bfloat16, for storage.
struct Half {
  uint16_t bits;
};
struct Bfloat16 {
  uint16_t bits;
};

struct Float2 {
  float x, y;
};

#ifdef FOVEA_CUDA_EMULATION

FOVEA_DEVICE float to_float(Half value) { return emulation::half_to_float(value.bits); }
FOVEA_DEVICE float to_float(Bfloat16 value) { return emulation::bfloat16_to_float(value.bits); }

template <class T>
FOVEA_DEVICE T from_float(float value);
template <>
FOVEA_DEVICE Half from_float<Half>(float value) {
  return {emulation::float_to_half(value)};
}
template <>
FOVEA_DEVICE Bfloat16 from_float<Bfloat16>(float value) {
  return {emulation::float_to_bfloat16(value)};
}

template <class T>
FOVEA_DEVICE uint32_t pack2(float low, float high) {
  return static_cast<uint32_t>(from_float<T>(low).bits) |
         static_cast<uint32_t>(from_float<T>(high).bits) << 16;
}

#else

FOVEA_DEVICE float to_float(Half value) {
  float result;
  asm("cvt.f32.f16 %0, %1;" : "=f"(result) : "h"(value.bits));
  return result;
}
FOVEA_DEVICE float to_float(Bfloat16 value) {
  return __uint_as_float(static_cast<uint32_t>(value.bits) << 16);
}

/// The nearest value, ties to even; beyond the largest, infinity.
template <class T>
FOVEA_DEVICE T from_float(float value);
template <>
FOVEA_DEVICE Half from_float<Half>(float value) {
  Half result;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
  return result;
}
template <>
FOVEA_DEVICE Bfloat16 from_float<Bfloat16>(float value) {
  Bfloat16 result;
#if __CUDA_ARCH__ >= 800
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
#else
  const uint32_t bits = __float_as_uint(value);
  // Half of the last kept place, less one where that place is even: ties go to even.
  const uint32_t rounded = bits + 0x7fffu + (bits >> 16 & 1u);
  result.bits = static_cast<uint16_t>(value != value ? 0x7fffu : rounded >> 16);
#endif
  return result;
}

/// Two roundings into one register, `low` in its low half.
template <class T>
FOVEA_DEVICE uint32_t pack2(float low, float high);
template <>
FOVEA_DEVICE uint32_t pack2<Half>(float low, float high) {
  uint32_t result;
#if __CUDA_ARCH__ >= 800
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
#else
  asm("mov.b32 %0, {%1, %2};"
      : "=r"(result)
      : "h"(from_float<Half>(low).bits), "h"(from_float<Half>(high).bits));
#endif
  return result;
}
template <>
FOVEA_DEVICE uint32_t pack2<Bfloat16>(float low, float high) {
  uint32_t result;
#if __CUDA_ARCH__ >= 800
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
#else
  asm("mov.b32 %0, {%1, %2};"
      : "=r"(result)
      : "h"(from_float<Bfloat16>(low).bits), "h"(from_float<Bfloat16>(high).bits));
#endif
  return result;
}

#endif

/// The inverse of pack2: x from the low half.
template <class T>
FOVEA_DEVICE Float2 unpack2(uint32_t pair) {
  return {to_float(T{static_cast<uint16_t>(pair & 0xffffu)}),
          to_float(T{static_cast<uint16_t>(pair >> 16)})};
}

}  // namespace fovea::cuda
