// The input side of Winograd's convolutions: tiles of the map, and B^T d B of them. Included like
// vec.h, before all that deals with the points.

template <int64_t kKernel>
constexpr int64_t kInputOf = winograd_input(kKernel);
template <int64_t kKernel>
constexpr int64_t kTileOf = winograd_tile(kKernel);

/// The points of F(6x6, 5x5) beside 0 and infinity, each with both signs. Of the sets tried, with a
/// few binary digits, the one that loses least: half the error with +-1, +-2, +-1/2, +-3/4.
constexpr float kPoints[4] = {0.375f, 0.75f, 1.25f, 2.0f};

/// The coefficients of the product of (x^2 - p^2) over the points p of kPoints but `without`, signs
/// aside: of the n-th highest power of x^2.
constexpr float coefficient(int64_t n, int64_t without) {
  float of[5] = {1, 0, 0, 0, 0};
  for (int64_t k = 0; k < 4; ++k) {
    if (k == without) continue;
    for (int64_t i = 4; i > 0; --i) of[i] += of[i - 1] * kPoints[k] * kPoints[k];
  }
  return of[n];
}

/// One row or column of B^T d for 5x5: 10 inputs, 10 outputs. A point's is the product of x - q
/// over the other points q, even and odd powers apart, as p and -p share them.
static inline void input_transform10(const Vec* d, Vec* o) {
  constexpr int64_t kAll = 4;  // none left out
#pragma GCC unroll 2
  for (int64_t k = 0; k < 2; ++k)
    o[9 * k] = fma(set1(coefficient(4, kAll)), d[k],
                   fma(set1(-coefficient(3, kAll)), d[k + 2],
                       fma(set1(coefficient(2, kAll)), d[k + 4],
                           fma(set1(-coefficient(1, kAll)), d[k + 6], d[k + 8]))));
#pragma GCC unroll 4
  for (int64_t k = 0; k < 4; ++k) {
    const float p = kPoints[k];
    const float c1 = -coefficient(1, k);
    const float c2 = coefficient(2, k);
    const float c3 = -coefficient(3, k);
    const Vec even = fma(set1(c3), d[2], fma(set1(c2), d[4], fma(set1(c1), d[6], d[8])));
    const Vec odd =
        fma(set1(p * c3), d[1], fma(set1(p * c2), d[3], fma(set1(p * c1), d[5], set1(p) * d[7])));
    o[1 + 2 * k] = even + odd;
    o[2 + 2 * k] = even - odd;
  }
}

/// The same for 3x3 and 2x2: 8 inputs, 8 outputs.
template <int64_t kKernel>
static inline void input_transform(const Vec* d, Vec* o) {
  if constexpr (kKernel == 5) return input_transform10(d, o);
  o[0] = fma(set1(5.25f), d[4] - d[2], d[0] - d[6]);
  o[7] = fma(set1(5.25f), d[3] - d[5], d[7] - d[1]);
  const Vec a = fma(set1(-4.25f), d[4], d[2] + d[6]);
  const Vec b = fma(set1(-4.25f), d[3], d[1] + d[5]);
  o[1] = a + b;
  o[2] = a - b;
  const Vec c = fma(set1(-1.25f), d[4], fma(set1(0.25f), d[2], d[6]));
  const Vec e = fma(set1(2.0f), d[5], fma(set1(-2.5f), d[3], set1(0.5f) * d[1]));
  o[3] = c + e;
  o[4] = c - e;
  const Vec f = fma(set1(4.0f), fma(set1(-1.25f), d[4], d[2]), d[6]);
  const Vec g = fma(set1(0.5f), d[5], fma(set1(-2.5f), d[3], set1(2.0f) * d[1]));
  o[5] = f + g;
  o[6] = f - g;
}

/// Where a tile's inputs lie: a pointer to each row's first pixel, or a padded copy where the
/// tile crosses a border.
struct TileInput {
  const float* rows[kMostWinogradInput];
  int64_t pixel_stride;
};

/// Channels [channel, channel + count) of `tile` (kInput, kInput, channels): the map's pixels from
/// (y0, x0) on, zeros around it.
template <int64_t kInput>
static inline void copy_tile(const MapArgs& map, int64_t y0, int64_t x0, int64_t count, float* tile,
                             int64_t channels, int64_t channel) {
  const int64_t begin = min_of(max_of(-x0, 0), kInput);
  const int64_t end = max_of(min_of(map.width - x0, kInput), begin);
  for (int64_t i = 0; i < kInput; ++i) {
    float* out = tile + i * kInput * channels + channel;
    const int64_t y = y0 + i;
    const bool inside = y >= 0 && y < map.height;
    const float* in = inside ? map_row(map, y) : nullptr;
    for (int64_t j = 0; j < kInput; ++j, out += channels) {
      const bool there = inside && j >= begin && j < end;
      const float* pixel = there ? in + (x0 + j) * map.pixel_stride : nullptr;
      if (count == 1)
        *out = there ? *pixel : 0.0f;
      else if (there)
        __builtin_memcpy(out, pixel, static_cast<size_t>(count) * sizeof(float));
      else
        __builtin_memset(out, 0, static_cast<size_t>(count) * sizeof(float));
    }
  }
}

/// Tile (ty, tx) of the input; `padded` (input, input, new_channels) takes a copy with zeros around
/// the map where needed, and always where the kernel is split.
template <int64_t kKernel>
static inline TileInput find_tile(const WinogradArgs& args, int64_t ty, int64_t tx, float* padded) {
  constexpr int64_t kInput = kInputOf<kKernel>;
  const MapArgs& map = args.input;
  const int64_t y0 = ty * kTileOf<kKernel> - kKernel / 2;
  const int64_t x0 = tx * kTileOf<kKernel> - kKernel / 2;
  TileInput tile;
  if (args.split == 1 && y0 >= 0 && x0 >= 0 && y0 + kInput <= map.height &&
      x0 + kInput <= map.width) {
    tile.pixel_stride = map.pixel_stride;
    for (int64_t i = 0; i < kInput; ++i)
      tile.rows[i] = map_row(map, y0 + i) + x0 * map.pixel_stride;
    return tile;
  }
  const int64_t channels = args.new_channels;
  const int64_t count = channels / (args.split * args.split);
  for (int64_t u = 0, channel = 0; u < args.split; ++u) {
    for (int64_t v = 0; v < args.split; ++v, channel += count)
      copy_tile<kInput>(map, y0 + (u - args.split / 2) * kKernel,
                        x0 + (v - args.split / 2) * kKernel, count, padded, channels, channel);
  }
  tile.pixel_stride = channels;
  for (int64_t i = 0; i < kInput; ++i) tile.rows[i] = padded + i * kInput * channels;
  return tile;
}

/// V of one tile: channels c ... c + kLanes of all frequencies, `frequency_stride` floats apart.
template <int64_t kKernel>
static inline void transform_tile(const TileInput& tile, int64_t c, int64_t count, float* v,
                                  int64_t frequency_stride) {
  constexpr int64_t kInput = kInputOf<kKernel>;
  Vec t[kInput][kInput];
  for (int64_t i = 0; i < kInput; ++i) {
    Vec d[kInput];
    const float* pixel = tile.rows[i] + c;
#pragma GCC unroll 10
    for (int64_t j = 0; j < kInput; ++j) d[j] = load_some(pixel + j * tile.pixel_stride, count);
    input_transform<kKernel>(d, t[i]);
  }
  for (int64_t j = 0; j < kInput; ++j) {
    Vec d[kInput];
    Vec o[kInput];
#pragma GCC unroll 10
    for (int64_t i = 0; i < kInput; ++i) d[i] = t[i][j];
    input_transform<kKernel>(d, o);
#pragma GCC unroll 10
    for (int64_t i = 0; i < kInput; ++i)
      store_some(v + (i * kInput + j) * frequency_stride, o[i], count);
  }
}

/// V of tiles [begin, begin + tiles): the new channels, behind the `first_new` that are there.
template <int64_t kKernel>
static inline void transform_tiles(const WinogradArgs& args, int64_t begin, int64_t tiles, float* v,
                                   int64_t v_tile_stride, int64_t v_frequency_stride,
                                   float* padded) {
  for (int64_t t = 0; t < tiles; ++t) {
    const TileInput tile =
        find_tile<kKernel>(args, (begin + t) / args.tiles_x, (begin + t) % args.tiles_x, padded);
    float* const tile_v = v + t * v_tile_stride + args.first_new;
    for (int64_t c = 0; c < args.new_channels; c += Vec::kLanes)
      transform_tile<kKernel>(tile, c, min_of(Vec::kLanes, args.new_channels - c), tile_v + c,
                              v_frequency_stride);
  }
}
