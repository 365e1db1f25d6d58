// A vector of f32 for kernels that are written once: 16 lanes on AVX-512, 8 on AVX2, 4 anywhere
// else. Lanes are always channels and every operation is explicit, so AVX2 and AVX-512 give the
// same bits; the portable level rounds the product of a multiply-add once more.
//
// Included by the files of one instruction set inside their own namespace; see kernel_table.h for
// why nothing here may be shared.

// What every level has beside the usual: lowest(a, b) and highest(a, b) are b where one of them is
// NaN; power_of_two(s) is 2^n where s is the sum of n, -126 ... 127, and kShift.
static constexpr int32_t kBitsOfOne = 0x3f800000;
// 1.5 * 2^23: a sum with it has no room for fractions, and n in its lowest bits.
static constexpr float kShift = 12582912.0f;

#if defined(FOVEA_ISA_AVX512)

struct Vec {
  static constexpr int64_t kLanes = 16;
  __m512 v;
};
static inline Vec zero() { return {_mm512_setzero_ps()}; }
static inline Vec set1(float x) { return {_mm512_set1_ps(x)}; }
static inline Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
static inline void store(float* p, Vec a) { _mm512_storeu_ps(p, a.v); }
static inline __mmask16 first_lanes(int64_t n) { return static_cast<__mmask16>((1u << n) - 1u); }
static inline Vec load_first(const float* p, int64_t n) {
  return {_mm512_maskz_loadu_ps(first_lanes(n), p)};
}
static inline void store_first(float* p, Vec a, int64_t n) {
  _mm512_mask_storeu_ps(p, first_lanes(n), a.v);
}
static inline Vec operator+(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
static inline Vec operator-(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
static inline Vec operator*(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
static inline Vec operator/(Vec a, Vec b) { return {_mm512_div_ps(a.v, b.v)}; }
static inline Vec lowest(Vec a, Vec b) { return {_mm512_min_ps(a.v, b.v)}; }
static inline Vec highest(Vec a, Vec b) { return {_mm512_max_ps(a.v, b.v)}; }
static inline Vec power_of_two(Vec shifted) {
  const __m512i bits = _mm512_slli_epi32(_mm512_castps_si512(shifted.v), 23);
  return {_mm512_castsi512_ps(_mm512_add_epi32(bits, _mm512_set1_epi32(kBitsOfOne)))};
}
// a * b + c
static inline Vec fma(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
// a < 0 ? a * slope : a
static inline Vec scale_negative(Vec a, Vec slope) {
  const __mmask16 negative = _mm512_cmp_ps_mask(a.v, _mm512_setzero_ps(), _CMP_LT_OQ);
  return {_mm512_mask_mul_ps(a.v, negative, a.v, slope.v)};
}

#elif defined(FOVEA_ISA_AVX2)

struct Vec {
  static constexpr int64_t kLanes = 8;
  __m256 v;
};
static inline Vec zero() { return {_mm256_setzero_ps()}; }
static inline Vec set1(float x) { return {_mm256_set1_ps(x)}; }
static inline Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
static inline void store(float* p, Vec a) { _mm256_storeu_ps(p, a.v); }
static inline __m256i first_lanes(int64_t n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline Vec load_first(const float* p, int64_t n) {
  return {_mm256_maskload_ps(p, first_lanes(n))};
}
static inline void store_first(float* p, Vec a, int64_t n) {
  _mm256_maskstore_ps(p, first_lanes(n), a.v);
}
static inline Vec operator+(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
static inline Vec operator-(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
static inline Vec operator*(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
static inline Vec operator/(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
static inline Vec lowest(Vec a, Vec b) { return {_mm256_min_ps(a.v, b.v)}; }
static inline Vec highest(Vec a, Vec b) { return {_mm256_max_ps(a.v, b.v)}; }
static inline Vec power_of_two(Vec shifted) {
  const __m256i bits = _mm256_slli_epi32(_mm256_castps_si256(shifted.v), 23);
  return {_mm256_castsi256_ps(_mm256_add_epi32(bits, _mm256_set1_epi32(kBitsOfOne)))};
}
static inline Vec fma(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
// One of the two parts is a zero, so their sum is rounded as the product alone. It is -0, and a the
// second operand, which wins where both are zeros or one is NaN: a zero keeps its sign, NaN stays.
static inline Vec scale_negative(Vec a, Vec slope) {
  const __m256 zero = _mm256_set1_ps(-0.0f);
  return {_mm256_fmadd_ps(_mm256_min_ps(zero, a.v), slope.v, _mm256_max_ps(zero, a.v))};
}

#else

typedef float Lanes4 __attribute__((vector_size(16)));
struct Vec {
  static constexpr int64_t kLanes = 4;
  Lanes4 v;
};
static inline Vec zero() { return {Lanes4{0, 0, 0, 0}}; }
static inline Vec set1(float x) { return {Lanes4{x, x, x, x}}; }
static inline Vec load(const float* p) {
  Vec a;
  __builtin_memcpy(&a.v, p, sizeof(a.v));
  return a;
}
static inline void store(float* p, Vec a) { __builtin_memcpy(p, &a.v, sizeof(a.v)); }
static inline Vec load_first(const float* p, int64_t n) {
  Vec a = zero();
  for (int64_t i = 0; i < n; ++i) a.v[i] = p[i];
  return a;
}
static inline void store_first(float* p, Vec a, int64_t n) {
  for (int64_t i = 0; i < n; ++i) p[i] = a.v[i];
}
static inline Vec operator+(Vec a, Vec b) { return {a.v + b.v}; }
static inline Vec operator-(Vec a, Vec b) { return {a.v - b.v}; }
static inline Vec operator*(Vec a, Vec b) { return {a.v * b.v}; }
static inline Vec operator/(Vec a, Vec b) { return {a.v / b.v}; }
static inline Vec lowest(Vec a, Vec b) { return {a.v < b.v ? a.v : b.v}; }
static inline Vec highest(Vec a, Vec b) { return {a.v > b.v ? a.v : b.v}; }
static inline Vec power_of_two(Vec shifted) {
  typedef uint32_t Bits4 __attribute__((vector_size(16)));
  Bits4 bits;
  __builtin_memcpy(&bits, &shifted.v, sizeof(bits));
  bits = (bits << 23) + static_cast<uint32_t>(kBitsOfOne);
  Vec power;
  __builtin_memcpy(&power.v, &bits, sizeof(bits));
  return power;
}
static inline Vec fma(Vec a, Vec b, Vec c) { return {a.v * b.v + c.v}; }
static inline Vec scale_negative(Vec a, Vec slope) {
  return {a.v < Lanes4{0, 0, 0, 0} ? a.v * slope.v : a.v};
}

#endif

static inline Vec load_some(const float* p, int64_t n) {
  return n >= Vec::kLanes ? load(p) : load_first(p, n);
}
static inline void store_some(float* p, Vec a, int64_t n) {
  if (n >= Vec::kLanes)
    store(p, a);
  else
    store_first(p, a, n);
}
static inline int64_t min_of(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t max_of(int64_t a, int64_t b) { return a > b ? a : b; }

/// The first float of row y of a map.
static inline const float* map_row(const MapArgs& map, int64_t y) {
  return map.data + (y % map.ring_rows) * map.row_stride;
}
static inline float* output_row(const MapArgs& map, int64_t y) {
  return const_cast<float*>(map_row(map, y));
}

/// IEEE binary16 to f32, exactly.
static inline float half_bits_to_float(uint16_t bits) {
#if defined(FOVEA_ISA_AVX512) || defined(FOVEA_ISA_AVX2)
  return _cvtsh_ss(bits);
#else
  const uint32_t exponent = (bits >> 10) & 0x1fu;
  const uint32_t fraction = bits & 0x3ffu;
  float value;
  if (exponent == 0) {
    value = static_cast<float>(fraction) * 0x1p-24f;
  } else {
    // The exponent's bias goes from 15 to 127; infinities and NaN are refused when weights are
    // read.
    const uint32_t wide = ((exponent + 112u) << 23) | (fraction << 13);
    __builtin_memcpy(&value, &wide, sizeof(value));
  }
  return (bits & 0x8000u) != 0 ? -value : value;
#endif
}
