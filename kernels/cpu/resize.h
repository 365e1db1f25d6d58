// Separable resampling: rows made longer or shorter, then summed. Included like vec.h.

/// Four floats: a pixel of up to four channels.
#if defined(FOVEA_ISA_AVX512) || defined(FOVEA_ISA_AVX2)
struct Quad {
  __m128 v;
};
static inline Quad quad_zero() { return {_mm_setzero_ps()}; }
static inline Quad quad_load(const float* p) { return {_mm_loadu_ps(p)}; }
static inline void quad_store(float* p, Quad a) { _mm_storeu_ps(p, a.v); }
static inline Quad quad_fma(float a, Quad b, Quad c) {
  return {_mm_fmadd_ps(_mm_set1_ps(a), b.v, c.v)};
}
#else
typedef Vec Quad;  // of 4 lanes here
static inline Quad quad_zero() { return zero(); }
static inline Quad quad_load(const float* p) { return load(p); }
static inline void quad_store(float* p, Quad a) { store(p, a); }
static inline Quad quad_fma(float a, Quad b, Quad c) { return fma(set1(a), b, c); }
#endif

/// Rows of at most four channels, kRows at a time: one weight is read for all of them, and their
/// sums do not wait for each other.
template <int64_t kRows>
static void resize_narrow_columns(const ResizeColumnsArgs& args, int64_t row) {
  const float* const in = args.in + row * args.in_stride;
  float* const out = args.out + row * args.out_stride;
  for (int64_t x = 0; x < args.out_width; ++x) {
    const float* const weights = args.axis.weights + x * args.axis.most;
    const float* pixel = in + args.axis.first[x] * args.channels;
    Quad sums[kRows];
    for (int64_t r = 0; r < kRows; ++r) sums[r] = quad_zero();
    for (int64_t v = 0; v < args.axis.count[x]; ++v, pixel += args.channels) {
      for (int64_t r = 0; r < kRows; ++r)
        sums[r] = quad_fma(weights[v], quad_load(pixel + r * args.in_stride), sums[r]);
    }
    // The lanes behind a pixel's channels are the next pixel's, written after it.
    for (int64_t r = 0; r < kRows; ++r)
      quad_store(out + r * args.out_stride + x * args.channels, sums[r]);
  }
}

static void resize_wide_columns(const ResizeColumnsArgs& args, int64_t row) {
  const float* const in = args.in + row * args.in_stride;
  float* const out = args.out + row * args.out_stride;
  for (int64_t x = 0; x < args.out_width; ++x) {
    const float* const weights = args.axis.weights + x * args.axis.most;
    const float* const pixel = in + args.axis.first[x] * args.channels;
    for (int64_t c = 0; c < args.channels; c += Vec::kLanes) {
      const int64_t n = min_of(Vec::kLanes, args.channels - c);
      Vec sum = zero();
      for (int64_t v = 0; v < args.axis.count[x]; ++v)
        sum = fma(set1(weights[v]), load_some(pixel + v * args.channels + c, n), sum);
      store_some(out + x * args.channels + c, sum, n);
    }
  }
}

static void resize_columns(const ResizeColumnsArgs& args) {
  constexpr int64_t kTogether = 4;
  if (args.channels > 4) {
    for (int64_t row = 0; row < args.rows; ++row) resize_wide_columns(args, row);
    return;
  }
  int64_t row = 0;
  for (; row + kTogether <= args.rows; row += kTogether)
    resize_narrow_columns<kTogether>(args, row);
  for (; row < args.rows; ++row) resize_narrow_columns<1>(args, row);
}

/// The weighted sum of kVectors vectors at `column`, the last of n floats.
template <int64_t kVectors>
static inline void sum_column(const SumRowsArgs& args, int64_t column, int64_t n) {
  const float* const ring_end = args.in + args.ring_rows * args.in_stride;
  const float* row = args.in + args.first % args.ring_rows * args.in_stride;
  Vec sums[kVectors];
  for (int64_t i = 0; i < kVectors; ++i) sums[i] = zero();
  for (int64_t u = 0; u < args.count; ++u) {
    const Vec weight = set1(args.weights[u]);
    for (int64_t i = 0; i < kVectors; ++i) {
      const float* const at = row + column + i * Vec::kLanes;
      sums[i] = fma(weight, kVectors > 1 ? load(at) : load_some(at, n), sums[i]);
    }
    row += args.in_stride;
    if (row == ring_end) row = args.in;
  }
  for (int64_t i = 0; i < kVectors; ++i) {
    float* const at = args.out + column + i * Vec::kLanes;
    if (kVectors > 1)
      store(at, sums[i]);
    else
      store_some(at, sums[i], n);
  }
}

static void sum_rows(const SumRowsArgs& args, int64_t first, int64_t last) {
  constexpr int64_t kTogether = 4;  // sums that do not wait for each other
  int64_t i = first;
  for (; i + kTogether * Vec::kLanes <= last; i += kTogether * Vec::kLanes)
    sum_column<kTogether>(args, i, kTogether * Vec::kLanes);
  for (; i < last; i += Vec::kLanes) sum_column<1>(args, i, min_of(Vec::kLanes, last - i));
}
