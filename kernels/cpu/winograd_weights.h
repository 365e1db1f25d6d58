// U = G g G^T: filters as they are stored into what winograd.h multiplies by. Included like vec.h,
// behind winograd_output.h.

/// One row or column of G g for 5x5: 5 weights, 10 frequencies. G belongs to B^T and A^T beside it:
/// the filter's polynomial at each point, over the product of the point's distances to the other
/// points. Even and odd powers apart, as p and -p share them.
static inline void weight_transform10(const Vec* g, Vec* o) {
  float squares = 1;
  for (const float p : kPoints) squares *= p * p;
  o[0] = set1(1 / squares) * g[0];
#pragma GCC unroll 4
  for (int64_t k = 0; k < 4; ++k) {
    const float p = kPoints[k];
    float distances = 2 * p * p;
    for (const float q : kPoints) distances *= p == q ? 1 : p * p - q * q;
    const Vec even = fma(set1(power(p, 4)), g[4], fma(set1(power(p, 2)), g[2], g[0]));
    const Vec odd = fma(set1(power(p, 3)), g[3], set1(p) * g[1]);
    o[1 + 2 * k] = set1(1 / distances) * (even + odd);
    o[2 + 2 * k] = set1(1 / distances) * (even - odd);
  }
  o[9] = g[4];
}

/// The same for 3x3: 3 weights, 8 frequencies.
template <int64_t kKernel>
static inline void weight_transform(const Vec* g, Vec* o) {
  if constexpr (kKernel == 5) return weight_transform10(g, o);
  const Vec even1 = g[0] + g[2];
  const Vec even2 = fma(set1(4.0f), g[2], g[0]);
  const Vec even3 = fma(set1(0.25f), g[2], g[0]);
  const Vec odd2 = set1(2.0f) * g[1];
  const Vec odd3 = set1(0.5f) * g[1];
  o[0] = g[0];
  o[1] = set1(-2.0f / 9.0f) * (even1 + g[1]);
  o[2] = set1(-2.0f / 9.0f) * (even1 - g[1]);
  o[3] = set1(1.0f / 90.0f) * (even2 + odd2);
  o[4] = set1(1.0f / 90.0f) * (even2 - odd2);
  o[5] = set1(1.0f / 45.0f) * (even3 + odd3);
  o[6] = set1(1.0f / 45.0f) * (even3 - odd3);
  o[7] = g[2];
}

// Tensors lie at any address in a file, so nothing may be read through a pointer to its type.
static inline float read_weight(const WinogradWeightArgs& args, int64_t index) {
  const auto* bytes = static_cast<const unsigned char*>(args.weights);
  float value;
  if (args.type == WeightType::kF32) {
    __builtin_memcpy(&value, bytes + index * 4, sizeof(value));
    return value;
  }
  uint16_t bits;
  __builtin_memcpy(&bits, bytes + index * 2, sizeof(bits));
  if (args.type == WeightType::kF16) return half_bits_to_float(bits);
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  __builtin_memcpy(&value, &wide, sizeof(value));
  return value;
}

/// Input channels whose filters are read at a time.
constexpr int64_t kFilterBlock = 16;

/// `count` weights from `index` on, as floats.
static inline void read_weights(const WinogradWeightArgs& args, int64_t index, int64_t count,
                                float* out) {
  int64_t i = 0;
#if defined(FOVEA_ISA_AVX512) || defined(FOVEA_ISA_AVX2)
  const auto* bytes = static_cast<const unsigned char*>(args.weights);
  if (args.type == WeightType::kF16) {
    for (; i + 8 <= count; i += 8) {
      __m128i halves;
      __builtin_memcpy(&halves, bytes + (index + i) * 2, sizeof(halves));
      _mm256_storeu_ps(out + i, _mm256_cvtph_ps(halves));
    }
  } else if (args.type == WeightType::kF32) {
    __builtin_memcpy(out, bytes + index * 4, static_cast<size_t>(count) * sizeof(float));
    return;
  }
#endif
  for (; i < count; ++i) out[i] = read_weight(args, index + i);
}

/// out[i][k] = in[k][i] for 8 x 8 floats.
static inline void transpose8(const float* in, int64_t in_stride, float* out, int64_t out_stride) {
#if defined(FOVEA_ISA_AVX512) || defined(FOVEA_ISA_AVX2)
  __m256 pairs[8];
  __m256 fours[8];
#pragma GCC unroll 4
  for (int64_t k = 0; k < 8; k += 2) {
    const __m256 a = _mm256_loadu_ps(in + k * in_stride);
    const __m256 b = _mm256_loadu_ps(in + (k + 1) * in_stride);
    pairs[k] = _mm256_unpacklo_ps(a, b);
    pairs[k + 1] = _mm256_unpackhi_ps(a, b);
  }
#pragma GCC unroll 2
  for (int64_t k = 0; k < 8; k += 4) {
    fours[k] = _mm256_shuffle_ps(pairs[k], pairs[k + 2], 0x44);
    fours[k + 1] = _mm256_shuffle_ps(pairs[k], pairs[k + 2], 0xee);
    fours[k + 2] = _mm256_shuffle_ps(pairs[k + 1], pairs[k + 3], 0x44);
    fours[k + 3] = _mm256_shuffle_ps(pairs[k + 1], pairs[k + 3], 0xee);
  }
#pragma GCC unroll 4
  for (int64_t i = 0; i < 4; ++i) {
    _mm256_storeu_ps(out + i * out_stride, _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x20));
    _mm256_storeu_ps(out + (i + 4) * out_stride,
                     _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x31));
  }
#else
  for (int64_t i = 0; i < 8; ++i) {
    for (int64_t k = 0; k < 8; ++k) out[i * out_stride + k] = in[k * in_stride + i];
  }
#endif
}

/// The filters of one panel of outputs, channels [c0, c0 + count), as (channel, tap, output); zeros
/// for the outputs that pad the panel. Up to 7 taps behind them are overwritten.
template <int64_t kKernel>
static inline void load_filters(const WinogradWeightArgs& args, int64_t panel, int64_t c0,
                                int64_t count, float* g) {
  constexpr int64_t kTaps = kKernel * kKernel;
  constexpr int64_t kRow = kFilterBlock * kTaps;
  static_assert(kRow % 8 == 0 && kPanel % 8 == 0, "transposed 8 x 8 at a time");
  float rows[kPanel][kRow] = {};
  const int64_t outputs = min_of(kPanel, args.out_channels - panel * kPanel);
  for (int64_t k = 0; k < outputs; ++k)
    read_weights(args, ((panel * kPanel + k) * args.in_channels + c0) * kTaps, count * kTaps,
                 rows[k]);
  for (int64_t i = 0; i < count * kTaps; i += 8) {
    for (int64_t k = 0; k < kPanel; k += 8)
      transpose8(&rows[k][i], kRow, g + i * kPanel + k, kPanel);
  }
}

/// Frequency row kRow of U of `count` channels of a panel, from filters as load_filters() leaves
/// them: streams `frequency_stride` floats apart, each of whole cache lines in sequence.
template <int64_t kKernel, int64_t kRow>
static void transform_row_of(const float* g, int64_t count, float* u, int64_t frequency_stride) {
  constexpr int64_t kTaps = kKernel * kKernel;
  for (int64_t c = 0; c < count; ++c) {
    for (int64_t part = 0; part < kPanel; part += Vec::kLanes) {
      const float* const taps = g + c * kTaps * kPanel + part;
      Vec row[kKernel];
      Vec o[kInputOf<kKernel>];
#pragma GCC unroll 5
      for (int64_t j = 0; j < kKernel; ++j) {
        Vec column[kKernel];
#pragma GCC unroll 5
        for (int64_t i = 0; i < kKernel; ++i) column[i] = load(taps + (i * kKernel + j) * kPanel);
        weight_transform<kKernel>(column, o);  // but for o[kRow] nothing of it is computed
        row[j] = o[kRow];
      }
      weight_transform<kKernel>(row, o);
      float* const line = u + c * kPanel + part;
#pragma GCC unroll 10
      for (int64_t b = 0; b < kInputOf<kKernel>; ++b) store(line + b * frequency_stride, o[b]);
    }
  }
}

template <int64_t kKernel, int64_t kRow = 0>
static inline void transform_row(int64_t row, const float* g, int64_t count, float* u,
                                 int64_t frequency_stride) {
  if constexpr (kRow + 1 < kInputOf<kKernel>) {
    if (row > kRow) return transform_row<kKernel, kRow + 1>(row, g, count, u, frequency_stride);
  }
  transform_row_of<kKernel, kRow>(g, count, u, frequency_stride);
}

template <int64_t kKernel>
static void transform_weights(const WinogradWeightArgs& args, int64_t first, int64_t last) {
  const int64_t panels = (args.out_channels + kPanel - 1) / kPanel;
  const int64_t frequency_stride = panels * args.in_channels * kPanel;
  for (int64_t begin = first; begin < last;) {
    const int64_t panel = begin / args.in_channels;
    const int64_t c0 = begin % args.in_channels;
    const int64_t count = min_of(min_of(kFilterBlock, last - begin), args.in_channels - c0);
    float g[kFilterBlock * kKernel * kKernel * kPanel];
    load_filters<kKernel>(args, panel, c0, count, g);
    float* const u = args.u + begin * kPanel;
    for (int64_t a = 0; a < kInputOf<kKernel>; ++a)
      transform_row<kKernel>(a, g, count, u + a * kInputOf<kKernel> * frequency_stride,
                             frequency_stride);
    begin += count;
  }
}

static void winograd_weights(const WinogradWeightArgs& args, int64_t first, int64_t last) {
  if (args.kernel == 5)
    transform_weights<5>(args, first, last);
  else
    transform_weights<3>(args, first, last);
}

/// WinogradArgs::stored: filters that are transformed a frequency row at a time. The rows of the 8
/// frequencies are skewed by a line: their length is a power of two too often.
struct RowWeights {
  const WinogradWeightArgs& args;
  int64_t outputs;  // padded
  float* filters;   // (padded out / 16, in, 9, 16)
  float* u;         // of one row, (8, padded out / 16, in, 16)
  int64_t frequency_stride;

  static constexpr int64_t kTaps = 9;

  RowWeights(const WinogradWeightArgs& stored)
      : args(stored),
        outputs((stored.out_channels + kPanel - 1) / kPanel * kPanel),
        filters(stored.u),
        u(stored.u + kTaps * outputs * stored.in_channels),
        frequency_stride(outputs * stored.in_channels + kPanel) {
    for (int64_t panel = 0; panel < outputs / kPanel; ++panel) {
      for (int64_t c = 0; c < args.in_channels; c += kFilterBlock)
        load_filters<3>(args, panel, c, min_of(kFilterBlock, args.in_channels - c),
                        filters + (panel * args.in_channels + c) * kTaps * kPanel);
    }
  }

  void transform(int64_t row) const {
    transform_row<3>(row, filters, outputs / kPanel * args.in_channels, u, frequency_stride);
  }
};
