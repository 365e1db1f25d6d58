// Convolution summed directly, any odd kernel. Included like vec.h.
//
// `direct` is for maps of few channels (a first layer, SRCNN's): each input row is copied once,
// with its zero padding, into a line of scratch; in a line the kernel_w pixels that a kernel row
// meets are kernel_w * C consecutive floats, so a 9x9 kernel on one channel runs as well as a 1x1
// kernel on nine. Sums of kDirectPixels pixels x one panel stay in registers.
//
// `narrow` is for a last layer, C -> 3: its lanes are input channels, three or four sums a pixel,
// added up across lanes at the end; a panel of 16 outputs would waste 13 of its lanes.

#if defined(FOVEA_ISA_AVX512)
constexpr int64_t kDirectPixels = 14;  // + weights and a broadcast: 16 of 32, two blocks interleave
#elif defined(FOVEA_ISA_AVX2)
constexpr int64_t kDirectPixels = 6;
#else
constexpr int64_t kDirectPixels = 3;
#endif
static_assert(kDirectPixels <= kMostDirectPixels, "lines in scratch are sized for it");

/// sums[p] of pixels x ... x + kDirectPixels - 1 for one panel of output channels, over all lines.
static inline void direct_block(const DirectArgs& args, const float* const* lines, int64_t x,
                                const float* weights,
                                Vec sums[kDirectPixels][kPanel / Vec::kLanes]) {
  constexpr int64_t kVectors = kPanel / Vec::kLanes;
  const int64_t channels = args.in_channels;
  const int64_t taps = args.kernel_w * channels;
#pragma GCC unroll 16
  for (int64_t p = 0; p < kDirectPixels; ++p) {
#pragma GCC unroll 4
    for (int64_t k = 0; k < kVectors; ++k) sums[p][k] = zero();
  }
  for (int64_t u = 0; u < args.kernel_h; ++u) {
    const float* line = lines[u] + x * channels;
    for (int64_t i = 0; i < taps; ++i, weights += kPanel) {
      Vec w[kVectors];
#pragma GCC unroll 4
      for (int64_t k = 0; k < kVectors; ++k) w[k] = load(weights + k * Vec::kLanes);
#pragma GCC unroll 16
      for (int64_t p = 0; p < kDirectPixels; ++p) {
        const Vec value = set1(line[p * channels + i]);
#pragma GCC unroll 4
        for (int64_t k = 0; k < kVectors; ++k) sums[p][k] = fma(value, w[k], sums[p][k]);
      }
    }
  }
}

/// Input row y with its padding, (W + kernel_w - 1 + kDirectPixels, C), zeros where there is no
/// map.
static inline void copy_line(const DirectArgs& args, int64_t y, float* line) {
  const MapArgs& map = args.input;
  const int64_t channels = args.in_channels;
  const int64_t length = (map.width + args.kernel_w - 1 + kDirectPixels) * channels;
  for (int64_t i = 0; i < length; ++i) line[i] = 0.0f;
  if (y < 0 || y >= map.height) return;
  const float* row = map_row(map, y);
  float* to = line + args.kernel_w / 2 * channels;
  for (int64_t x = 0; x < map.width; ++x) {
    for (int64_t c = 0; c < channels; ++c) to[x * channels + c] = row[x * map.pixel_stride + c];
  }
}

static void direct(const DirectArgs& args, int64_t first_row, int64_t last_row, float* scratch) {
  constexpr int64_t kVectors = kPanel / Vec::kLanes;
  const int64_t padding = args.kernel_h / 2;
  const int64_t line_floats =
      (args.input.width + args.kernel_w - 1 + kDirectPixels) * args.in_channels;
  const int64_t panel_floats = args.kernel_h * args.kernel_w * args.in_channels * kPanel;
  // Lines are a ring: line of input row y is slot (y + padding) % kernel_h.
  const auto line_of = [&](int64_t y) {
    return scratch + (y + padding) % args.kernel_h * line_floats;
  };
  for (int64_t y = first_row - padding; y < first_row + padding; ++y)
    copy_line(args, y, line_of(y));

  const float* lines[kMaxDirectKernel];
  const float* residual_rows[EpilogueArgs::kMaxResiduals];
  for (int64_t y = first_row; y < last_row; ++y) {
    copy_line(args, y + padding, line_of(y + padding));
    for (int64_t u = 0; u < args.kernel_h; ++u) lines[u] = line_of(y + u - padding);
    float* row = output_row(args.output, y);
    for (int64_t panel = 0; panel * kPanel < args.out_channels; ++panel) {
      for (int64_t x = 0; x < args.output.width; x += kDirectPixels) {
        Vec sums[kDirectPixels][kVectors];
        direct_block(args, lines, x, args.weights + panel * panel_floats, sums);
        for (int64_t k = 0; k < kVectors; ++k) {
          const int64_t c = panel * kPanel + k * Vec::kLanes;
          const int64_t count = min_of(Vec::kLanes, args.out_channels - c);
          if (count <= 0) break;
          const Epilogue epilogue(args.epilogue, c, count);
          epilogue.find_rows(y, residual_rows);
          for (int64_t p = 0; p < min_of(kDirectPixels, args.output.width - x); ++p)
            store_some(row + (x + p) * args.output.pixel_stride + c,
                       epilogue.apply(sums[p][k], residual_rows, x + p), count);
        }
      }
    }
  }
}

// A panel of lanes is added up by halves, lane i and lane i + 8 first, whatever the vector's width.
#if defined(FOVEA_ISA_AVX512) || defined(FOVEA_ISA_AVX2)
static inline float sum_lanes(const Vec* parts) {
#if defined(FOVEA_ISA_AVX512)
  float lanes[kPanel];  // GCC 12 warns of its own header where halves are extracted
  store(lanes, parts[0]);
  const __m256 eight = _mm256_add_ps(_mm256_loadu_ps(lanes), _mm256_loadu_ps(lanes + 8));
#else
  const __m256 eight = _mm256_add_ps(parts[0].v, parts[1].v);
#endif
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
#else
static inline float sum_lanes(const Vec* parts) {
  const Vec four = (parts[0] + parts[2]) + (parts[1] + parts[3]);
  return (four.v[0] + four.v[2]) + (four.v[1] + four.v[3]);
}
#endif

/// Pixels a register block for kOutputs outputs: with the 16 lanes of every sum in registers beside
/// a vector of the input and one of the weights.
template <int64_t kOutputs>
constexpr int64_t kNarrowPixels =
#if defined(FOVEA_ISA_AVX512)
    24 / kOutputs < 8 ? 24 / kOutputs : 8;
#elif defined(FOVEA_ISA_AVX2)
    kOutputs < 4 ? 6 / kOutputs : 1;
#else
    1;
#endif

/// parts[p][o][k] += the products of pixel p's `run` floats from `pixel` + p * stride on and output
/// o's weights; lane k kLanes + i takes those of channel i, modulo 16.
template <int64_t kOutputs, int64_t kPixels, bool kWhole>
static inline void narrow_run(const float* pixel, int64_t stride, int64_t run, const float* weights,
                              int64_t filter, Vec parts[][kOutputs][kPanel / Vec::kLanes]) {
  constexpr int64_t kVectors = kPanel / Vec::kLanes;
  for (int64_t c = 0; c < run; c += kPanel) {
#pragma GCC unroll 4
    for (int64_t k = 0; k < kVectors; ++k) {
      const int64_t first = c + k * Vec::kLanes;
      if (!kWhole && first >= run) break;
      Vec w[kOutputs];
#pragma GCC unroll 4
      for (int64_t o = 0; o < kOutputs; ++o) w[o] = load(weights + o * filter + first);
#pragma GCC unroll 8
      for (int64_t p = 0; p < kPixels; ++p) {
        const float* const at = pixel + p * stride + first;
        const Vec value = kWhole ? load(at) : load_some(at, run - first);
#pragma GCC unroll 4
        for (int64_t o = 0; o < kOutputs; ++o) parts[p][o][k] = fma(value, w[o], parts[p][o][k]);
      }
    }
  }
}

/// Sums of pixels x ... x + kPixels - 1 for kOutputs outputs; lanes are input channels, 16 at a
/// time on every level. Taps outside the map are left out: the rows' here, the columns' where
/// `kInside` is false (one pixel).
template <int64_t kOutputs, int64_t kPixels, bool kInside>
static inline void narrow_block(const DirectArgs& args, int64_t y, int64_t x,
                                float sums[][Vec::kLanes]) {
  constexpr int64_t kVectors = kPanel / Vec::kLanes;
  const MapArgs& map = args.input;
  const int64_t channels = args.in_channels;
  const int64_t padded = (channels + kPanel - 1) / kPanel * kPanel;
  const int64_t filter = args.kernel_h * args.kernel_w * padded;
  const int64_t first_row = max_of(0, args.kernel_h / 2 - y);
  const int64_t last_row = min_of(args.kernel_h, map.height + args.kernel_h / 2 - y);
  const int64_t left = x - args.kernel_w / 2;
  const int64_t first_column = kInside ? 0 : max_of(0, -left);
  const int64_t last_column = kInside ? args.kernel_w : min_of(args.kernel_w, map.width - left);
  // The taps of a row are then one run of floats, as their weights are.
  const bool dense = padded == channels && map.pixel_stride == channels;
  Vec parts[kPixels][kOutputs][kVectors];
#pragma GCC unroll 8
  for (int64_t p = 0; p < kPixels; ++p) {
#pragma GCC unroll 4
    for (int64_t o = 0; o < kOutputs; ++o) {
#pragma GCC unroll 4
      for (int64_t k = 0; k < kVectors; ++k) parts[p][o][k] = zero();
    }
  }
  for (int64_t u = first_row; u < last_row; ++u) {
    const float* row = map_row(map, y + u - args.kernel_h / 2);
    const float* weights = args.weights + u * args.kernel_w * padded;
    if (dense) {
      narrow_run<kOutputs, kPixels, true>(row + (left + first_column) * channels, channels,
                                          (last_column - first_column) * channels,
                                          weights + first_column * channels, filter, parts);
      continue;
    }
    for (int64_t v = first_column; v < last_column; ++v)
      narrow_run<kOutputs, kPixels, false>(row + (left + v) * map.pixel_stride, map.pixel_stride,
                                           channels, weights + v * padded, filter, parts);
  }
  for (int64_t p = 0; p < kPixels; ++p) {
    for (int64_t o = 0; o < kOutputs; ++o) sums[p][o] = sum_lanes(parts[p][o]);
  }
}

template <int64_t kOutputs>
static void narrow_rows(const DirectArgs& args, int64_t first_row, int64_t last_row) {
  constexpr int64_t kPixels = kNarrowPixels<kOutputs>;
  const float* residual_rows[EpilogueArgs::kMaxResiduals];
  const Epilogue epilogue(args.epilogue, 0, kOutputs);
  float sums[kPixels][Vec::kLanes] = {};
  for (int64_t y = first_row; y < last_row; ++y) {
    epilogue.find_rows(y, residual_rows);
    float* row = output_row(args.output, y);
    const int64_t width = args.output.width;
    for (int64_t x = 0; x < width;) {
      const int64_t left = x - args.kernel_w / 2;
      int64_t count = 1;
      if (left >= 0 && left + args.kernel_w - 1 + kPixels <= width) {
        narrow_block<kOutputs, kPixels, true>(args, y, x, sums);
        count = kPixels;
      } else {
        narrow_block<kOutputs, 1, false>(args, y, x, sums);
      }
      for (int64_t p = 0; p < count; ++p, ++x)
        store_first(row + x * args.output.pixel_stride,
                    epilogue.apply(load(sums[p]), residual_rows, x), kOutputs);
    }
  }
}

static void narrow(const DirectArgs& args, int64_t first_row, int64_t last_row) {
  switch (args.out_channels) {
    case 1:
      return narrow_rows<1>(args, first_row, last_row);
    case 2:
      return narrow_rows<2>(args, first_row, last_row);
    case 3:
      return narrow_rows<3>(args, first_row, last_row);
    default:
      return narrow_rows<4>(args, first_row, last_row);
  }
}
