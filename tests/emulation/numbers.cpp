#include "tests/emulation/numbers.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace fovea::emulation {
namespace {

// The whole of f16 by arithmetic that a compiler turns into vector code: the exponent moves to
// f32's place, and a product with 2^112 sets its bias right, for subnormals too.
inline float half_value(uint16_t half) {
  const uint32_t magnitude = half & 0x7fffu;
  const float scaled = std::bit_cast<float>(magnitude << 13) * 0x1p112f;
  const uint32_t special = magnitude >= 0x7c00u ? 0x7f800000u : 0u;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(scaled) | special |
                              static_cast<uint32_t>(half & 0x8000u) << 16);
}

inline float bfloat16_value(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

template <float (*kValue)(uint16_t)>
[[gnu::always_inline]] inline void decode_all(const void* bits, size_t count, float* values) {
  const auto* bytes = static_cast<const uint8_t*>(bits);
  for (size_t i = 0; i < count; i++) {
    uint16_t one;
    std::memcpy(&one, bytes + 2 * i, 2);
    values[i] = kValue(one);
  }
}

[[gnu::always_inline]] inline void decode_any(const void* bits, MatrixType type, size_t count,
                                              float* values) {
  if (type == MatrixType::kHalf) {
    decode_all<half_value>(bits, count, values);
  } else {
    decode_all<bfloat16_value>(bits, count, values);
  }
}

// Eight floats that the compiler keeps in whatever vector registers there are.
using Eight [[gnu::vector_size(32), gnu::aligned(4), gnu::may_alias]] = float;

// Eight rows by 8 columns of sums stay in registers while depth runs.
[[gnu::always_inline]] inline void product_any(float* __restrict__ d, const float* __restrict__ a,
                                               const float* __restrict__ b, int rows, int columns,
                                               int depth) {
  constexpr int kTile = 8;
  for (int r = 0; r < rows; r += kTile) {
    for (int c = 0; c < columns; c += kTile) {
      float* tile = d + r * columns + c;
      Eight sum[kTile];
      for (int i = 0; i < kTile; i++) sum[i] = *reinterpret_cast<Eight*>(tile + i * columns);
      for (int k = 0; k < depth; k++) {
        const Eight right = *reinterpret_cast<const Eight*>(b + k * columns + c);
        for (int i = 0; i < kTile; i++) sum[i] += a[(r + i) * depth + k] * right;
      }
      for (int i = 0; i < kTile; i++) *reinterpret_cast<Eight*>(tile + i * columns) = sum[i];
    }
  }
}

void decode_portable(const void* bits, MatrixType type, size_t count, float* values) {
  decode_any(bits, type, count, values);
}
void product_portable(float* d, const float* a, const float* b, int rows, int columns, int depth) {
  product_any(d, a, b, rows, columns, depth);
}

#if defined(__x86_64__)
// The same operations eight at a time. Nothing is contracted to FMA, so results are the same bits.
[[gnu::target("avx2")]] void decode_avx2(const void* bits, MatrixType type, size_t count,
                                         float* values) {
  decode_any(bits, type, count, values);
}
[[gnu::target("avx2")]] void product_avx2(float* d, const float* a, const float* b, int rows,
                                          int columns, int depth) {
  product_any(d, a, b, rows, columns, depth);
}
const bool kAvx2 = __builtin_cpu_supports("avx2") != 0;
#endif

}  // namespace

void decode(const void* bits, MatrixType type, size_t count, float* values) {
#if defined(__x86_64__)
  if (kAvx2) return decode_avx2(bits, type, count, values);
#endif
  decode_portable(bits, type, count, values);
}

void accumulate_product(float* d, const float* a, const float* b, int rows, int columns,
                        int depth) {
#if defined(__x86_64__)
  if (kAvx2) return product_avx2(d, a, b, rows, columns, depth);
#endif
  product_portable(d, a, b, rows, columns, depth);
}

float half_to_float(uint16_t bits) { return half_value(bits); }
float bfloat16_to_float(uint16_t bits) { return bfloat16_value(bits); }

uint16_t float_to_half(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000u);
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return 0x7fff;          // what cvt makes of any NaN
  if (magnitude >= 0x477ff000u) return sign | 0x7c00;  // from 65520 on: infinity
  if (magnitude < 0x38800000u) {  // below 2^-14: units of 2^-24, by an addition that rounds them
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;  // an ulp of 0.5 is 2^-24
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000u));
  }
  const uint32_t rounded = magnitude + 0xfffu + (magnitude >> 13 & 1u);  // ties to even
  return static_cast<uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
}

uint16_t float_to_bfloat16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fff;
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

int32_t round_to_int(float value) {
  if (std::isnan(value)) return 0;
  if (value >= 0x1p31f) return INT32_MAX;
  if (value < -0x1p31f) return INT32_MIN;
  return static_cast<int32_t>(std::nearbyint(value));
}

}  // namespace fovea::emulation
