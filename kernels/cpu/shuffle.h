// From the outputs of a tile to the pixels of a larger map: a pixel shuffle and the base that is
// added to it, without the maps in between. Included like vec.h.
//
// The outputs of an input pixel lie in the order (row, column, channel) of the pixels they become,
// so each row of these is a run of consecutive floats.

/// to = from, plus `base` where it is not null. The last vector of several overlaps the one before:
/// masks would cost more than writing some floats twice.
static inline void store_run(const float* from, const float* base, float* to, int64_t count) {
  const int64_t n = min_of(Vec::kLanes, count);
  for (int64_t k = 0; k < count; k += Vec::kLanes) {
    const int64_t at = min_of(k, count - n);
    Vec values = load_some(from + at, n);
    if (base != nullptr) values = values + load_some(base + at, n);
    store_some(to + at, values, n);
  }
}

/// Row y, columns [x, x + columns) of the base, each pixel repeated `factor` times.
static inline void enlarge_row(const MapArgs& base, int64_t y, int64_t x, int64_t columns,
                               int64_t factor, float* enlarged) {
  const float* pixel = map_row(base, y) + x * base.pixel_stride;
  for (int64_t j = 0; j < columns; ++j, pixel += base.pixel_stride) {
    for (int64_t v = 0; v < factor; ++v, enlarged += base.channels) {
      for (int64_t c = 0; c < base.channels; ++c) enlarged[c] = pixel[c];
    }
  }
}

/// The pixels of tile (ty, tx), kTile input pixels a side, from its outputs: (kTile, kTile, stride)
/// floats, and behind them room for kTile * stride more.
template <int64_t kTile>
static inline void shuffle_tile(const ShuffleArgs& args, const MapArgs& output, int64_t ty,
                                int64_t tx, float* finished, int64_t stride) {
  const int64_t factor = args.factor;
  const int64_t channels = output.channels;
  const int64_t run = factor * channels;
  const int64_t y0 = ty * kTile;
  const int64_t x0 = tx * kTile;
  const int64_t rows = min_of(kTile, output.height / factor - y0);
  const int64_t columns = min_of(kTile, output.width / factor - x0);
  const bool dense = output.pixel_stride == channels;
  float* const base = args.base.data != nullptr ? finished + kTile * kTile * stride : nullptr;
  for (int64_t i = 0; i < rows; ++i) {
    if (base != nullptr) enlarge_row(args.base, y0 + i, x0, columns, factor, base);
    for (int64_t u = 0; u < factor; ++u) {
      float* to = output_row(output, (y0 + i) * factor + u) + x0 * factor * output.pixel_stride;
      for (int64_t j = 0; j < columns; ++j) {
        const float* from = finished + (i * kTile + j) * stride + u * run;
        const float* add = base != nullptr ? base + j * run : nullptr;
        if (dense) {
          store_run(from, add, to, run);
          to += run;
          continue;
        }
        for (int64_t v = 0; v < factor; ++v, to += output.pixel_stride)
          store_run(from + v * channels, add != nullptr ? add + v * channels : nullptr, to,
                    channels);
      }
    }
  }
}
