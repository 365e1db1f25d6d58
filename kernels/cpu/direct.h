// Convolution summed directly, any odd kernel. Included like vec.h.
//
// `direct` is for maps of few channels (a first layer, SRCNN's): each input row is copied once,
// with its zero padding, into a line of scratch; in a line the kernel_w pixels that a kernel row
// meets are kernel_w * C consecutive floats, so a 9x9 kernel on one channel runs as well as a 1x1
// kernel on nine. Sums of kPixels pixels x one panel stay in registers.
//
// `narrow` is for a last layer, C -> 3: its lanes are input channels, three or four sums a pixel,
// added up across lanes at the end; a panel of 16 outputs would waste 13 of its lanes.

#if defined(FOVEA_ISA_AVX512)
constexpr int64_t kPixels = 14;  // + weights and a broadcast: 16 of 32, two blocks interleave
#elif defined(FOVEA_ISA_AVX2)
constexpr int64_t kPixels = 6;
#else
constexpr int64_t kPixels = 3;
#endif
static_assert(kPixels <= kMostDirectPixels, "lines in scratch are sized for it");

/// sums[p] of pixels x ... x + kPixels - 1 for one panel of output channels, over all lines.
static inline void direct_block(const DirectArgs& args, const float* const* lines, int64_t x,
                                const float* weights, Vec sums[kPixels][kPanel / Vec::kLanes]) {
  constexpr int64_t kVectors = kPanel / Vec::kLanes;
  const int64_t channels = args.in_channels;
  const int64_t taps = args.kernel_w * channels;
#pragma GCC unroll 16
  for (int64_t p = 0; p < kPixels; ++p) {
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
      for (int64_t p = 0; p < kPixels; ++p) {
        const Vec value = set1(line[p * channels + i]);
#pragma GCC unroll 4
        for (int64_t k = 0; k < kVectors; ++k) sums[p][k] = fma(value, w[k], sums[p][k]);
      }
    }
  }
}

/// Input row y with its padding, (W + kernel_w - 1 + kPixels, C), zeros where there is no map.
static inline void copy_line(const DirectArgs& args, int64_t y, float* line) {
  const MapArgs& map = args.input;
  const int64_t channels = args.in_channels;
  const int64_t length = (map.width + args.kernel_w - 1 + kPixels) * channels;
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
  const int64_t line_floats = (args.input.width + args.kernel_w - 1 + kPixels) * args.in_channels;
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
      for (int64_t x = 0; x < args.output.width; x += kPixels) {
        Vec sums[kPixels][kVectors];
        direct_block(args, lines, x, args.weights + panel * panel_floats, sums);
        for (int64_t k = 0; k < kVectors; ++k) {
          const int64_t c = panel * kPanel + k * Vec::kLanes;
          const int64_t count = min_of(Vec::kLanes, args.out_channels - c);
          if (count <= 0) break;
          const Epilogue epilogue(args.epilogue, c, count);
          epilogue.find_rows(y, residual_rows);
          for (int64_t p = 0; p < min_of(kPixels, args.output.width - x); ++p)
            store_some(row + (x + p) * args.output.pixel_stride + c,
                       epilogue.apply(sums[p][k], residual_rows, x + p), count);
        }
      }
    }
  }
}

/// The sums of lanes as every level adds them: sixteen lanes by halves, whatever the vector's
/// width.
static inline float sum_lanes(const Vec* parts) {
  float lanes[kPanel];
  for (int64_t k = 0; k < kPanel / Vec::kLanes; ++k) store(lanes + k * Vec::kLanes, parts[k]);
  for (int64_t half = kPanel / 2; half > 0; half /= 2) {
    for (int64_t i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

/// Sums of one pixel for kOutputs outputs; lanes are input channels, 16 at a time on every level.
template <int64_t kOutputs>
static inline void narrow_pixel(const DirectArgs& args, int64_t y, int64_t x, float* sums) {
  constexpr int64_t kVectors = kPanel / Vec::kLanes;
  const MapArgs& map = args.input;
  const int64_t channels = args.in_channels;
  const int64_t padded = (channels + kPanel - 1) / kPanel * kPanel;
  const int64_t filter = args.kernel_h * args.kernel_w * padded;
  Vec parts[kOutputs][kVectors];
#pragma GCC unroll 4
  for (int64_t o = 0; o < kOutputs; ++o) {
#pragma GCC unroll 4
    for (int64_t k = 0; k < kVectors; ++k) parts[o][k] = zero();
  }
  for (int64_t u = 0; u < args.kernel_h; ++u) {
    const int64_t row = y + u - args.kernel_h / 2;
    if (row < 0 || row >= map.height) continue;
    for (int64_t v = 0; v < args.kernel_w; ++v) {
      const int64_t column = x + v - args.kernel_w / 2;
      if (column < 0 || column >= map.width) continue;
      const float* pixel = map_row(map, row) + column * map.pixel_stride;
      const float* weights = args.weights + (u * args.kernel_w + v) * padded;
      for (int64_t c = 0; c < channels; c += kPanel) {
#pragma GCC unroll 4
        for (int64_t k = 0; k < kVectors; ++k) {
          const int64_t first = c + k * Vec::kLanes;
          if (first >= channels) break;
          const Vec value = load_some(pixel + first, channels - first);
#pragma GCC unroll 4
          for (int64_t o = 0; o < kOutputs; ++o)
            parts[o][k] = fma(value, load(weights + o * filter + first), parts[o][k]);
        }
      }
    }
  }
  for (int64_t o = 0; o < kOutputs; ++o) sums[o] = sum_lanes(parts[o]);
}

static void narrow(const DirectArgs& args, int64_t first_row, int64_t last_row) {
  const float* residual_rows[EpilogueArgs::kMaxResiduals];
  const Epilogue epilogue(args.epilogue, 0, args.out_channels);
  for (int64_t y = first_row; y < last_row; ++y) {
    epilogue.find_rows(y, residual_rows);
    float* row = output_row(args.output, y);
    for (int64_t x = 0; x < args.output.width; ++x) {
      float sums[Vec::kLanes] = {};
      switch (args.out_channels) {
        case 1:
          narrow_pixel<1>(args, y, x, sums);
          break;
        case 2:
          narrow_pixel<2>(args, y, x, sums);
          break;
        case 3:
          narrow_pixel<3>(args, y, x, sums);
          break;
        default:
          narrow_pixel<4>(args, y, x, sums);
          break;
      }
      store_first(row + x * args.output.pixel_stride, epilogue.apply(load(sums), residual_rows, x),
                  args.out_channels);
    }
  }
}
