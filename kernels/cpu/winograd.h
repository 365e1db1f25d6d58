// 3x3 and 5x5 convolution by Winograd's minimal filtering (Lavin and Gray 2016, arXiv 1509.09308):
// F(6x6, 3x3) and F(4x4, 5x5), both on 8x8 input tiles with the points 0, +-1, +-2, +-1/2,
// infinity, so that they share B^T: 64 multiplications for 36 outputs where direct summation takes
// 324, or for 16 where it takes 400. Included like vec.h.
//
//   V[f,t,c] = (B^T d B)[f] for the 8x8 input tile d of tile t, channel c        input transform
//   M[f,t,k] = sum_c V[f,t,c] U[f,c,k], U = G g G^T                              64 matrix products
//   y        = A^T M A, then the epilogue                                        output transform
//
// Tiles are a block at a time: V and M of a block stay in the second-level cache. The grid of
// tiles begins at the picture's origin and a tile's sums run over all channels in order, so a tile
// has the same bits in whichever block, band or thread it is computed. Error on real networks:
// 107-122 dB against f64 (the f32 direct sum: 120-134).
//
// Registers (AVX2): 6 tiles x 16 outputs are 12 sums, plus 2 vectors of weights and one broadcast:
// 15 of 16. AVX-512: 12 tiles x 32 outputs are 24 sums, plus 2 and broadcasts folded into the
// multiply-add: 26 of 32.
//
// kKernel is 3 or 5, or 2 for the phases of winograd_upsample.h; a tile has 9 - kKernel outputs a
// side.

/// One row or column of B^T d: 8 inputs, 8 outputs.
static inline void input_transform(const Vec* d, Vec* o) {
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

/// Where a tile's 8x8 inputs lie: a pointer to each row's first pixel, or a padded copy where the
/// tile crosses a border.
struct TileInput {
  const float* rows[kWinogradInput];
  int64_t pixel_stride;
};

/// Channels [channel, channel + count) of `tile` (8, 8, channels): the map's pixels from (y0, x0)
/// on, zeros around it.
static inline void copy_tile(const MapArgs& map, int64_t y0, int64_t x0, int64_t count, float* tile,
                             int64_t channels, int64_t channel) {
  const int64_t begin = min_of(max_of(-x0, 0), kWinogradInput);
  const int64_t end = max_of(min_of(map.width - x0, kWinogradInput), begin);
  for (int64_t i = 0; i < kWinogradInput; ++i) {
    float* out = tile + i * kWinogradInput * channels + channel;
    const int64_t y = y0 + i;
    const bool inside = y >= 0 && y < map.height;
    const float* in = inside ? map_row(map, y) : nullptr;
    for (int64_t j = 0; j < kWinogradInput; ++j, out += channels) {
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

/// Tile (ty, tx) of the input; `padded` (8, 8, new_channels) takes a copy with zeros around the map
/// where needed, and always where the kernel is split.
template <int64_t kKernel>
static inline TileInput find_tile(const WinogradArgs& args, int64_t ty, int64_t tx, float* padded) {
  const MapArgs& map = args.input;
  const int64_t y0 = ty * kTileOf<kKernel> - kKernel / 2;
  const int64_t x0 = tx * kTileOf<kKernel> - kKernel / 2;
  TileInput tile;
  if (args.split == 1 && y0 >= 0 && x0 >= 0 && y0 + kWinogradInput <= map.height &&
      x0 + kWinogradInput <= map.width) {
    tile.pixel_stride = map.pixel_stride;
    for (int64_t i = 0; i < kWinogradInput; ++i)
      tile.rows[i] = map_row(map, y0 + i) + x0 * map.pixel_stride;
    return tile;
  }
  const int64_t channels = args.new_channels;
  const int64_t count = channels / (args.split * args.split);
  for (int64_t u = 0, channel = 0; u < args.split; ++u) {
    for (int64_t v = 0; v < args.split; ++v, channel += count)
      copy_tile(map, y0 + (u - args.split / 2) * kKernel, x0 + (v - args.split / 2) * kKernel,
                count, padded, channels, channel);
  }
  tile.pixel_stride = channels;
  for (int64_t i = 0; i < kWinogradInput; ++i)
    tile.rows[i] = padded + i * kWinogradInput * channels;
  return tile;
}

/// V of one tile: channels c ... c + kLanes of all 64 frequencies, `frequency_stride` floats apart.
static inline void transform_tile(const TileInput& tile, int64_t c, int64_t count, float* v,
                                  int64_t frequency_stride) {
  Vec t[kWinogradInput][kWinogradInput];
  for (int64_t i = 0; i < kWinogradInput; ++i) {
    Vec d[kWinogradInput];
    const float* pixel = tile.rows[i] + c;
#pragma GCC unroll 8
    for (int64_t j = 0; j < kWinogradInput; ++j)
      d[j] = load_some(pixel + j * tile.pixel_stride, count);
    input_transform(d, t[i]);
  }
  for (int64_t j = 0; j < kWinogradInput; ++j) {
    Vec d[kWinogradInput];
    Vec o[kWinogradInput];
#pragma GCC unroll 8
    for (int64_t i = 0; i < kWinogradInput; ++i) d[i] = t[i][j];
    input_transform(d, o);
#pragma GCC unroll 8
    for (int64_t i = 0; i < kWinogradInput; ++i)
      store_some(v + (i * kWinogradInput + j) * frequency_stride, o[i], count);
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
      transform_tile(tile, c, min_of(Vec::kLanes, args.new_channels - c), tile_v + c,
                     v_frequency_stride);
  }
}

/// sums[t, k] += v[t, c] u[p, c, k] for one channel: `v` and `u` point to it.
template <int64_t kTiles, int64_t kPanels>
static inline void multiply_channel(const float* v, int64_t v_stride, const float* u,
                                    int64_t panel_stride,
                                    Vec sums[kTiles][kPanels * kPanel / Vec::kLanes]) {
  constexpr int64_t kVectors = kPanels * kPanel / Vec::kLanes;
  constexpr int64_t kPanelVectors = kPanel / Vec::kLanes;
  Vec w[kVectors];
#pragma GCC unroll 8
  for (int64_t k = 0; k < kVectors; ++k)
    w[k] = load(u + (k / kPanelVectors) * panel_stride + (k % kPanelVectors) * Vec::kLanes);
#pragma GCC unroll 16
  for (int64_t t = 0; t < kTiles; ++t) {
    const Vec x = set1(v[t * v_stride]);
#pragma GCC unroll 8
    for (int64_t k = 0; k < kVectors; ++k) sums[t][k] = fma(x, w[k], sums[t][k]);
  }
}

/// m[t, k] = sum_c v[t, c] u[p, c, k]: kTiles tiles, kPanels panels of kPanel outputs, sums in
/// registers. V of the next frequency, `next_v` floats behind this one's (0 where somebody else
/// asks for it), is asked for on the way: it lies where no hardware prefetcher looks, and asked for
/// all at once it would hold up this frequency's own reads. So are some lines of the weights two
/// panels on, which hardware follows, but late. A cache line of channels is one piece of straight
/// code: a 64-channel sum is too short to pay for loop control and conditions.
template <int64_t kTiles, int64_t kPanels>
static inline void multiply_block(const float* v, int64_t v_stride, const float* u,
                                  int64_t panel_stride, int64_t channels, float* m,
                                  int64_t m_stride, int64_t next_v) {
  constexpr int64_t kVectors = kPanels * kPanel / Vec::kLanes;
  constexpr int64_t kLine = 16;
  Vec sums[kTiles][kVectors];
#pragma GCC unroll 16
  for (int64_t t = 0; t < kTiles; ++t) {
#pragma GCC unroll 8
    for (int64_t k = 0; k < kVectors; ++k) sums[t][k] = zero();
  }
  int64_t c = 0;
  for (; c + kLine <= channels; c += kLine) {
#pragma GCC unroll 16
    for (int64_t i = 0; i < kLine; ++i) {
      const float* panel = u + (c + i) * kPanel;
      if (i < kTiles) {
        __builtin_prefetch(v + c + next_v + i * v_stride, 0, 3);
#pragma GCC unroll 2
        for (int64_t k = 0; k < kPanels; ++k)
          __builtin_prefetch(panel + k * panel_stride + 2 * kPanels * panel_stride, 0, 2);
      }
      multiply_channel<kTiles, kPanels>(v + c + i, v_stride, panel, panel_stride, sums);
    }
  }
  for (; c < channels; ++c)
    multiply_channel<kTiles, kPanels>(v + c, v_stride, u + c * kPanel, panel_stride, sums);
#pragma GCC unroll 16
  for (int64_t t = 0; t < kTiles; ++t) {
#pragma GCC unroll 8
    for (int64_t k = 0; k < kVectors; ++k) store(m + t * m_stride + k * Vec::kLanes, sums[t][k]);
  }
}

#if defined(FOVEA_ISA_AVX512)
constexpr int64_t kRegisterTiles = 12;
constexpr int64_t kRegisterPanels = 2;
#elif defined(FOVEA_ISA_AVX2)
constexpr int64_t kRegisterTiles = 6;
constexpr int64_t kRegisterPanels = 1;
#else
constexpr int64_t kRegisterTiles = 3;
constexpr int64_t kRegisterPanels = 1;
#endif

/// multiply_block for a number of tiles known at run time, 1 ... kTiles.
template <int64_t kTiles, int64_t kPanels>
static inline void multiply_tiles(int64_t tiles, const float* v, int64_t v_stride, const float* u,
                                  int64_t panel_stride, int64_t channels, float* m,
                                  int64_t m_stride, int64_t next_v) {
  if constexpr (kTiles > 1) {
    if (tiles < kTiles)
      return multiply_tiles<kTiles - 1, kPanels>(tiles, v, v_stride, u, panel_stride, channels, m,
                                                 m_stride, next_v);
  }
  multiply_block<kTiles, kPanels>(v, v_stride, u, panel_stride, channels, m, m_stride, next_v);
}

/// All tiles of a block against kPanels panels, in register blocks of nearly equal size: 13 tiles
/// are 7 + 6, not 12 + 1.
template <int64_t kPanels>
static inline void multiply_panels(int64_t tiles, const float* v, int64_t v_stride, const float* u,
                                   int64_t panel_stride, int64_t channels, float* m,
                                   int64_t m_stride, int64_t next_v) {
  const int64_t groups = (tiles + kRegisterTiles - 1) / kRegisterTiles;
  for (int64_t g = 0, t = 0; g < groups; ++g) {
    const int64_t count = (tiles - t + groups - g - 1) / (groups - g);
    multiply_tiles<kRegisterTiles, kPanels>(count, v + t * v_stride, v_stride, u, panel_stride,
                                            channels, m + t * m_stride, m_stride, next_v);
    t += count;
  }
}

/// V and M of a block of tiles.
struct Products {
  int64_t tiles;
  const float* v;
  int64_t v_tile_stride;
  int64_t v_frequency_stride;
  float* m;
  int64_t m_frequency_stride;
};

/// M of frequencies [first, last); `u` is the first one's.
static inline void multiply_frequencies(const WinogradArgs& args, const Products& block,
                                        int64_t first, int64_t last, const float* u,
                                        int64_t u_frequency_stride) {
  const int64_t channels = args.in_channels;
  const int64_t outputs = (args.out_channels + kPanel - 1) / kPanel * kPanel;
  const int64_t panel_stride = channels * kPanel;
  for (int64_t f = first; f < last; ++f, u += u_frequency_stride) {
    const float* v = block.v + f * block.v_frequency_stride;
    float* m = block.m + f * block.m_frequency_stride;
    const int64_t next_v = f + 1 < kWinogradFrequencies ? block.v_frequency_stride : 0;
    int64_t k = 0;
    for (; k + kRegisterPanels * kPanel <= outputs; k += kRegisterPanels * kPanel)
      multiply_panels<kRegisterPanels>(block.tiles, v, block.v_tile_stride, u + k * channels,
                                       panel_stride, channels, m + k, outputs, k == 0 ? next_v : 0);
    for (; k < outputs; k += kPanel)
      multiply_panels<1>(block.tiles, v, block.v_tile_stride, u + k * channels, panel_stride,
                         channels, m + k, outputs, k == 0 ? next_v : 0);
  }
}

/// M of all frequencies, weights that are only stored transformed on the way.
static inline void multiply(const WinogradArgs& args, const Products& block) {
  if (args.stored == nullptr) {
    const int64_t outputs = (args.out_channels + kPanel - 1) / kPanel * kPanel;
    multiply_frequencies(args, block, 0, kWinogradFrequencies, args.weights,
                         outputs * args.in_channels);
    return;
  }
  const RowWeights weights(*args.stored);
  for (int64_t row = 0; row < kWinogradInput; ++row) {
    weights.transform(row);
    multiply_frequencies(args, block, row * kWinogradInput, (row + 1) * kWinogradInput, weights.u,
                         weights.frequency_stride);
  }
}

template <int64_t kKernel>
static void convolve_tiles(const WinogradArgs& args, int64_t first_tile, int64_t last_tile,
                           float* scratch) {
  const int64_t outputs = (args.out_channels + kPanel - 1) / kPanel * kPanel;
  float* const padded = scratch;
  float* const own_v = padded + kWinogradFrequencies * args.new_channels;
  for (int64_t begin = first_tile; begin < last_tile; begin += args.tile_block) {
    const int64_t tiles = min_of(args.tile_block, last_tile - begin);
    const bool kept = args.v != nullptr;
    const int64_t v_tile_stride = kept ? args.v_tile_stride : args.in_channels;
    const int64_t v_frequency_stride =
        kept ? args.v_frequency_stride : tiles * args.in_channels + kPanel;
    float* const v = kept ? args.v + (begin - first_tile) * v_tile_stride : own_v;
    float* const m = kept ? own_v : own_v + kWinogradFrequencies * v_frequency_stride;
    const int64_t m_frequency_stride = tiles * outputs + kPanel;

    transform_tiles<kKernel>(args, begin, tiles, v, v_tile_stride, v_frequency_stride, padded);
    multiply(args, {tiles, v, v_tile_stride, v_frequency_stride, m, m_frequency_stride});
    float* const finished =
        args.shuffle.factor != 0 ? m + kWinogradFrequencies * m_frequency_stride : nullptr;
    for (int64_t t = 0; t < tiles; ++t) {
      const int64_t ty = (begin + t) / args.tiles_x;
      const int64_t tx = (begin + t) % args.tiles_x;
      finish_tile<kKernel>(args, find_place<kKernel>(args, ty, tx, finished, outputs),
                           m + t * outputs, m_frequency_stride);
      if (finished != nullptr)
        shuffle_tile<kTileOf<kKernel>>(args.shuffle, args.output, ty, tx, finished, outputs);
    }
  }
}

static void winograd(const WinogradArgs& args, int64_t first_tile, int64_t last_tile,
                     float* scratch) {
  if (args.kernel == 5)
    convolve_tiles<5>(args, first_tile, last_tile, scratch);
  else
    convolve_tiles<3>(args, first_tile, last_tile, scratch);
}
