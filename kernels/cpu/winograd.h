// 3x3 and 5x5 convolution by Winograd's minimal filtering (Lavin and Gray 2016, arXiv 1509.09308):
// F(6x6, 3x3) on 8x8 input tiles with the points 0, +-1, +-2, +-1/2, infinity: 64 multiplications
// for 36 outputs where direct summation takes 324; F(6x6, 5x5) on 10x10 with kPoints: 100 where it
// takes 900. Included like vec.h.
//
//   V[f,t,c] = (B^T d B)[f], d the input tile t of channel c        input transform
//   M[f,t,k] = sum_c V[f,t,c] U[f,c,k], U = G g G^T                 64 or 100 matrix products
//   y        = A^T M A, then the epilogue                           output transform
//
// Tiles are a block at a time: V and M of a block stay in the second-level cache. The grid of
// tiles begins at the picture's origin and a tile's sums run over all channels in order, so a tile
// has the same bits in whichever block, band or thread it is computed. Error on real networks:
// 107-122 dB against f64 (the f32 direct sum: 120-134); SRCNN 9-5-5 with random weights: 122 dB.
//
// Registers (AVX2): 6 tiles x 16 outputs are 12 sums, plus 2 vectors of weights and one broadcast:
// 15 of 16. AVX-512: 12 tiles x 32 outputs are 24 sums, plus 2 and broadcasts folded into the
// multiply-add: 26 of 32.
//
// kKernel is 3 or 5, or 2 for the phases of winograd_upsample.h.

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
    const int64_t next_v = f + 1 < winograd_frequencies(args.kernel) ? block.v_frequency_stride : 0;
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
    multiply_frequencies(args, block, 0, winograd_frequencies(args.kernel), args.weights,
                         outputs * args.in_channels);
    return;
  }
  const RowWeights weights(*args.stored);
  constexpr int64_t kRow = winograd_input(3);
  for (int64_t row = 0; row < kRow; ++row) {
    weights.transform(row);
    multiply_frequencies(args, block, row * kRow, (row + 1) * kRow, weights.u,
                         weights.frequency_stride);
  }
}

template <int64_t kKernel>
static void convolve_tiles(const WinogradArgs& args, int64_t first_tile, int64_t last_tile,
                           float* scratch) {
  constexpr int64_t kFrequencies = winograd_frequencies(kKernel);
  const int64_t outputs = (args.out_channels + kPanel - 1) / kPanel * kPanel;
  float* const padded = scratch;
  float* const own_v = padded + kFrequencies * args.new_channels;
  for (int64_t begin = first_tile; begin < last_tile; begin += args.tile_block) {
    const int64_t tiles = min_of(args.tile_block, last_tile - begin);
    const bool kept = args.v != nullptr;
    const int64_t v_tile_stride = kept ? args.v_tile_stride : args.in_channels;
    const int64_t v_frequency_stride =
        kept ? args.v_frequency_stride : tiles * args.in_channels + kPanel;
    float* const v = kept ? args.v + (begin - first_tile) * v_tile_stride : own_v;
    float* const m = kept ? own_v : own_v + kFrequencies * v_frequency_stride;
    const int64_t m_frequency_stride = tiles * outputs + kPanel;

    transform_tiles<kKernel>(args, begin, tiles, v, v_tile_stride, v_frequency_stride, padded);
    multiply(args, {tiles, v, v_tile_stride, v_frequency_stride, m, m_frequency_stride});
    float* const finished =
        args.shuffle.factor != 0 ? m + kFrequencies * m_frequency_stride : nullptr;
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
