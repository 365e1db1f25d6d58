// The output side of Winograd's convolutions: A^T M A, the epilogue, and where it all goes.
// Included like vec.h, behind winograd_input.h.

constexpr float power(float x, int64_t n) { return n == 0 ? 1.0f : x * power(x, n - 1); }

/// One row or column of A^T m for 5x5: 10 inputs, 6 outputs. Output i weighs a point p by p^i; the
/// last takes the point at infinity too.
static inline void output_transform10(const Vec* m, Vec* o) {
  Vec s[4];
  Vec d[4];
#pragma GCC unroll 4
  for (int64_t k = 0; k < 4; ++k) {
    s[k] = m[1 + 2 * k] + m[2 + 2 * k];
    d[k] = m[1 + 2 * k] - m[2 + 2 * k];
  }
  o[0] = (m[0] + s[0]) + (s[1] + (s[2] + s[3]));
#pragma GCC unroll 5
  for (int64_t i = 1; i < 6; ++i) {
    const Vec* const parts = i % 2 == 0 ? s : d;
    Vec sum = i < 5 ? set1(power(kPoints[0], i)) * parts[0]
                    : fma(set1(power(kPoints[0], i)), parts[0], m[9]);
#pragma GCC unroll 4
    for (int64_t k = 1; k < 4; ++k) sum = fma(set1(power(kPoints[k], i)), parts[k], sum);
    o[i] = sum;
  }
}

/// The same for 3x3 and 2x2: 8 inputs, 9 - kKernel outputs (+-1/2 weighed by 32 p^i, to which G is
/// scaled).
template <int64_t kKernel>
static inline void output_transform(const Vec* m, Vec* o) {
  if constexpr (kKernel == 5) return output_transform10(m, o);
  const Vec s1 = m[1] + m[2];
  const Vec d1 = m[1] - m[2];
  const Vec s2 = m[3] + m[4];
  const Vec d2 = m[3] - m[4];
  const Vec s3 = m[5] + m[6];
  const Vec d3 = m[5] - m[6];
  o[0] = fma(set1(32.0f), s3, (m[0] + s1) + s2);
  o[1] = fma(set1(16.0f), d3, fma(set1(2.0f), d2, d1));
  o[2] = fma(set1(8.0f), s3, fma(set1(4.0f), s2, s1));
  o[3] = fma(set1(4.0f), d3, fma(set1(8.0f), d2, d1));
  o[4] = fma(set1(2.0f), s3, fma(set1(16.0f), s2, s1));
  if constexpr (kKernel == 3) o[5] = fma(set1(32.0f), d2, (m[7] + d1) + d3);
  if constexpr (kKernel == 2) {
    o[5] = fma(set1(32.0f), d2, d1 + d3);
    o[6] = fma(set1(0.5f), s3, fma(set1(64.0f), s2, m[7] + s1));
  }
}

/// A^T M of one tile, a vector of channels: its columns' output transform.
template <int64_t kKernel>
static inline void output_columns(const float* m, int64_t frequency_stride,
                                  Vec t[][kInputOf<kKernel>]) {
  constexpr int64_t kInput = kInputOf<kKernel>;
  for (int64_t j = 0; j < kInput; ++j) {
    Vec d[kInput];
    Vec o[kTileOf<kKernel>];
#pragma GCC unroll 10
    for (int64_t i = 0; i < kInput; ++i) d[i] = load(m + (i * kInput + j) * frequency_stride);
    output_transform<kKernel>(d, o);
#pragma GCC unroll 8
    for (int64_t i = 0; i < kTileOf<kKernel>; ++i) t[i][j] = o[i];
  }
}

/// Where a tile's outputs go and where its residuals lie: pixel (i, j) at rows[i][offset + j *
/// stride], its residuals at pixel x0 + j * step of residual_rows[i]. Those that the map does not
/// have are not touched.
struct TilePlace {
  int64_t first_row;
  int64_t last_row;
  int64_t first_column;
  int64_t last_column;
  int64_t offset;
  int64_t stride;
  int64_t x0;
  int64_t step;
  float* rows[kMostWinogradInput];
  const float* residual_rows[kMostWinogradInput][EpilogueArgs::kMaxResiduals];
};

/// Tile (ty, tx): in the output map or, where outputs are shuffled, in `finished`, (tile, tile,
/// finished_stride).
template <int64_t kKernel>
static inline TilePlace find_place(const WinogradArgs& args, int64_t ty, int64_t tx,
                                   float* finished, int64_t finished_stride) {
  constexpr int64_t kTile = kTileOf<kKernel>;
  const MapArgs& output = args.output;
  const int64_t factor = max_of(args.shuffle.factor, 1);
  const int64_t y0 = ty * kTile;
  TilePlace place;
  place.x0 = tx * kTile;
  place.step = 1;
  place.first_row = place.first_column = 0;
  place.last_row = min_of(kTile, output.height / factor - y0);
  place.last_column = min_of(kTile, output.width / factor - place.x0);
  place.stride = finished != nullptr ? finished_stride : output.pixel_stride;
  place.offset = finished != nullptr ? 0 : place.x0 * place.stride;
  for (int64_t i = 0; i < place.last_row; ++i) {
    place.rows[i] =
        finished != nullptr ? finished + i * kTile * finished_stride : output_row(output, y0 + i);
    find_residual_rows(args.epilogue, y0 + i, place.residual_rows[i]);
  }
  return place;
}

/// Output transform, epilogue and store of one tile, channels [c, c + count).
template <int64_t kKernel>
static inline void finish_channels(const EpilogueArgs& args, const TilePlace& place, int64_t c,
                                   int64_t count, const float* m, int64_t frequency_stride) {
  constexpr int64_t kTile = kTileOf<kKernel>;
  Vec t[kTile][kInputOf<kKernel>];
  output_columns<kKernel>(m + c, frequency_stride, t);
  with_epilogue(args, c, count, [&](const auto& epilogue) {
    for (int64_t i = place.first_row; i < place.last_row; ++i) {
      Vec o[kTile];
      output_transform<kKernel>(t[i], o);
      float* pixel = place.rows[i] + place.offset + c;
#pragma GCC unroll 8
      for (int64_t j = 0; j < kTile; ++j, pixel += place.stride) {
        if (j >= place.last_column) break;
        if (kKernel == 2 && j < place.first_column) continue;
        epilogue.store_pixel(
            pixel, epilogue.apply(o[j], place.residual_rows[i], place.x0 + j * place.step));
      }
    }
  });
}

/// All channels of a tile.
template <int64_t kKernel>
static inline void finish_tile(const WinogradArgs& args, const TilePlace& place, const float* m,
                               int64_t frequency_stride) {
  for (int64_t c = 0; c < args.out_channels; c += Vec::kLanes)
    finish_channels<kKernel>(args.epilogue, place, c, min_of(Vec::kLanes, args.out_channels - c), m,
                             frequency_stride);
}
