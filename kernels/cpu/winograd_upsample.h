// Nearest x2 and a 3x3 convolution in one, by Winograd F(7x7, 2x2). Included like vec.h, after
// winograd.h.
//
// Output row 2a + s is a sum of two small rows, a + s - 1 and a + s: four 2x2 convolutions of the
// small map, one for each parity of row and column (the phases). Row 2a - s, one phase shifted by a
// row, reads a - 1 and a whatever s is; so all phases read the same input tiles and share one
// transform. Two weights and 7 outputs a side are the 8 points of winograd.h, hence its B^T:
// 64 multiplications for 49 outputs where direct summation on the enlarged map takes 441, and a
// quarter of its input transforms.
//
// The shift makes a row more than the map has: tile t covers a = 7t ... 7t + 6 of 0 ... height, and
// of every phase the rows that the output has. F(5x5, 2x2), 36 multiplications for 25 outputs, wins
// only where 7 does not divide well: 64 rows take 10 tiles of 7 or 13 of 5, 5 % more
// multiplications, 128 rows 19 or 26, 5 % fewer; both upsamplings of 64x64 together 3 % fewer.
//
// V of a block is kept while the phases take their turns, so that M is a phase's.

static_assert(kTileOf<2> == kUpsampleTile);

/// Where the outputs of a phase go that tile (ty, tx) covers.
static inline TilePlace find_phase_place(const WinogradArgs& args, int64_t phase, int64_t ty,
                                         int64_t tx) {
  const MapArgs& output = args.output;
  // The tile's first row and column in the output: -1 where the map begins with the phase's second.
  const int64_t y0 = 2 * ty * kUpsampleTile - phase / 2;
  TilePlace place;
  place.x0 = 2 * tx * kUpsampleTile - phase % 2;
  place.step = 2;
  place.first_row = y0 < 0;
  place.first_column = place.x0 < 0;
  place.last_row = min_of(kUpsampleTile, (output.height - y0 + 1) / 2);
  place.last_column = min_of(kUpsampleTile, (output.width - place.x0 + 1) / 2);
  place.stride = 2 * output.pixel_stride;
  place.offset = place.x0 * output.pixel_stride;
  for (int64_t i = place.first_row; i < place.last_row; ++i)
    place.rows[i] = output_row(output, y0 + 2 * i);
  return place;
}

static void winograd_upsample(const WinogradArgs& args, int64_t first_tile, int64_t last_tile,
                              float* scratch) {
  constexpr int64_t kPhases = 4;
  const int64_t channels = args.in_channels;
  const int64_t outputs = (args.out_channels + kPanel - 1) / kPanel * kPanel;
  float* const padded = scratch;
  float* const v = padded + winograd_frequencies(2) * channels;
  for (int64_t begin = first_tile; begin < last_tile; begin += args.tile_block) {
    const int64_t tiles = min_of(args.tile_block, last_tile - begin);
    const int64_t v_frequency_stride = tiles * channels + kPanel;
    float* const m = v + winograd_frequencies(2) * v_frequency_stride;
    const int64_t m_frequency_stride = tiles * outputs + kPanel;
    transform_tiles<2>(args, begin, tiles, v, channels, v_frequency_stride, padded);
    WinogradArgs of_phase = args;
    for (int64_t phase = 0; phase < kPhases; ++phase) {
      multiply(of_phase, {tiles, v, channels, v_frequency_stride, m, m_frequency_stride});
      for (int64_t t = 0; t < tiles; ++t)
        finish_tile<2>(
            args,
            find_phase_place(args, phase, (begin + t) / args.tiles_x, (begin + t) % args.tiles_x),
            m + t * outputs, m_frequency_stride);
      of_phase.weights += winograd_frequencies(2) * outputs * channels;
    }
  }
}
