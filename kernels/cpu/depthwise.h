// A convolution of each channel on its own: lanes are channels, four pixels at a time where the
// kernel lies within the row. Included like vec.h.

/// Sums of kPixels pixels from (y, x) on, for channels [c, c + n). Columns outside the map are left
/// out for a single pixel and must not be met by several.
template <int64_t kPixels>
static inline void depthwise_block(const DirectArgs& args, int64_t y, int64_t x, int64_t c,
                                   int64_t n, Vec* sums) {
  const MapArgs& map = args.input;
  const int64_t top = y - args.kernel_h / 2;
  const int64_t left = x - args.kernel_w / 2;
  const int64_t first = kPixels > 1 ? 0 : max_of(0, -left);
  const int64_t last = kPixels > 1 ? args.kernel_w : min_of(args.kernel_w, map.width - left);
  const int64_t padded = (args.in_channels + kPanel - 1) / kPanel * kPanel;
  for (int64_t p = 0; p < kPixels; ++p) sums[p] = zero();
  for (int64_t u = max_of(0, -top); u < min_of(args.kernel_h, map.height - top); ++u) {
    const float* const row = map_row(map, top + u) + left * map.pixel_stride + c;
    const float* const weights = args.weights + u * args.kernel_w * padded + c;
    for (int64_t v = first; v < last; ++v) {
      const Vec weight = load(weights + v * padded);
      for (int64_t p = 0; p < kPixels; ++p)
        sums[p] = fma(weight, load_some(row + (v + p) * map.pixel_stride, n), sums[p]);
    }
  }
}

/// See KernelTable.
static void depthwise(const DirectArgs& args, int64_t first_row, int64_t last_row) {
  constexpr int64_t kPixels = 4;
  const float* residual_rows[EpilogueArgs::kMaxResiduals];
  const int64_t width = args.output.width;
  const int64_t before = args.kernel_w / 2;
  for (int64_t y = first_row; y < last_row; ++y) {
    find_residual_rows(args.epilogue, y, residual_rows);
    float* const row = output_row(args.output, y);
    for (int64_t c = 0; c < args.out_channels; c += Vec::kLanes) {
      const int64_t n = min_of(args.out_channels - c, Vec::kLanes);
      const Epilogue epilogue(args.epilogue, c, n);
      for (int64_t x = 0; x < width;) {
        Vec sums[kPixels];
        int64_t count = 1;
        if (x >= before && x + kPixels + args.kernel_w - 1 - before <= width) {
          depthwise_block<kPixels>(args, y, x, c, n, sums);
          count = kPixels;
        } else {
          depthwise_block<1>(args, y, x, c, n, sums);
        }
        for (int64_t p = 0; p < count; ++p, ++x)
          store_some(row + x * args.output.pixel_stride + c,
                     epilogue.apply(sums[p], residual_rows, x), n);
      }
    }
  }
}
