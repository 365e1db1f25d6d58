// f16 and bf16 on the host, for packed weights and tests. Rounds to nearest even, as the device
// does.
#pragma once

#include <bit>
#include <cstdint>

#include "engine/weights.h"
#include "kernels/cuda/device_map.h"

namespace fovea::cuda {

inline uint32_t float_bits(float value) { return std::bit_cast<uint32_t>(value); }

inline uint16_t float_to_bfloat16(float value) {
  const uint32_t bits = float_bits(value);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<uint16_t>(bits >> 16 | 0x40u);  // NaN
  return static_cast<uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

/// `type` is kF16 or kBf16.
inline uint16_t round_to_16_bits(ElementType type, float value) {
  return type == ElementType::kF16 ? float_to_half(value) : float_to_bfloat16(value);
}
inline float from_16_bits(ElementType type, uint16_t bits) {
  return type == ElementType::kF16 ? half_to_float(bits) : bfloat16_to_float(bits);
}

}  // namespace fovea::cuda
