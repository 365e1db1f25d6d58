// f16 and bf16 on the host, for packed weights and tests. Rounds to nearest even, as the device
// does.
#pragma once

#include <cstdint>
#include <cstring>

#include "engine/weights.h"
#include "kernels/cuda/device_map.h"

namespace fovea::cuda {

inline uint32_t float_bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

inline uint16_t float_to_bfloat16(float value) {
  const uint32_t bits = float_bits(value);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<uint16_t>(bits >> 16 | 0x40u);  // NaN
  return static_cast<uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

inline uint16_t float_to_half(float value) {
  const uint32_t bits = float_bits(value);
  const uint32_t sign = bits >> 16 & 0x8000u;
  const uint32_t magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return static_cast<uint16_t>(sign | 0x7E00u);   // NaN
  if (magnitude >= 0x477FF000u) return static_cast<uint16_t>(sign | 0x7C00u);  // >= 65520
  const int32_t exponent = static_cast<int32_t>(magnitude >> 23) - 127;
  // Bits that fall off: 13 of the 23 of a normal half, one more for each binade below 2^-14.
  const int32_t shift = exponent < -14 ? -1 - exponent : 13;
  if (shift > 24) return static_cast<uint16_t>(sign);  // below 2^-25
  const uint32_t mantissa = (magnitude & 0x7FFFFFu) | 0x800000u;
  const uint32_t kept = mantissa >> shift;
  const uint32_t lost = mantissa & ((1u << shift) - 1);
  const uint32_t tie = 1u << (shift - 1);
  const uint32_t rounded = kept + (lost > tie || (lost == tie && (kept & 1u)) ? 1u : 0u);
  // A carry out of the mantissa is the next exponent: the fields adjoin.
  const uint32_t base = exponent < -14 ? 0u : static_cast<uint32_t>(exponent + 14) << 10;
  return static_cast<uint16_t>(sign | (base + rounded));
}

/// `type` is kF16 or kBf16.
inline uint16_t round_to_16_bits(ElementType type, float value) {
  return type == ElementType::kF16 ? float_to_half(value) : float_to_bfloat16(value);
}
inline float from_16_bits(ElementType type, uint16_t bits) {
  if (type == ElementType::kF16) return half_to_float(bits);
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof(value));
  return value;
}

}  // namespace fovea::cuda
