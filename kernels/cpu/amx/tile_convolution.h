// Convolution summed directly on tile registers. Included like vec.h, behind tile.h, planes.h and
// epilogue.h.
//
// A tile of A is 16 neighbouring pixels by 32 channels, loaded straight from the planes: its rows
// are a pixel apart in memory, and a tap of the kernel is another first pixel. A tile of B is the
// weights of one tap, 32 input channels by 16 outputs, as pairs. Two tiles of each give four tiles
// of sums: for plain bf16 one load a product, for bf16x3 two thirds of one, as the products share
// their tiles. Sums stay in registers over all taps and channels, in this order whatever the block.

/// Four tiles of sums 2 t + p for tile of pixels t and panel p, two tiles of A, two of B.
constexpr int kA = 4;
constexpr int kB = 6;

// Every tile has its full size: planes, weights and scratch are padded to it.
constexpr TileConfig kFullTiles = {
    1, 0, {}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};

template <int kTiles>
static inline void load_pixels(const Bf16* pixels, int64_t pixel_bytes) {
  tile_load<kA>(pixels, pixel_bytes);
  if constexpr (kTiles == 2)
    tile_load<kA + 1>(pixels + kTilePixels * pixel_bytes / static_cast<int64_t>(sizeof(Bf16)),
                      pixel_bytes);
}

template <int kPanels>
static inline void load_weights(const Bf16* weights, int64_t panel_stride) {
  tile_load<kB>(weights, TileConfig::kMaxRowBytes);
  if constexpr (kPanels == 2) tile_load<kB + 1>(weights + panel_stride, TileConfig::kMaxRowBytes);
}

template <int kTiles, int kPanels>
static inline void multiply_tiles() {
  tile_multiply<0, kA, kB>();
  if constexpr (kPanels == 2) tile_multiply<1, kA, kB + 1>();
  if constexpr (kTiles == 2) tile_multiply<2, kA + 1, kB>();
  if constexpr (kTiles == 2 && kPanels == 2) tile_multiply<3, kA + 1, kB + 1>();
}

/// The sums of a block, (16 kTiles, 16 kPanels) of the (32, 32) in `sums`: pixels x ... of row y
/// for the panels whose weights begin at `weights`.
template <int kPlanes, int kTiles, int kPanels>
static void multiply_block(const TileConvolutionArgs& args, int64_t y, int64_t x,
                           const Bf16* weights, float* sums) {
  constexpr int64_t kTile = kTileChannels * kPanel;
  const PlaneArgs& input = args.input;
  const int64_t pixel_bytes = input.channels * static_cast<int64_t>(sizeof(Bf16));
  const int64_t lo = input.pixels * input.channels;
  const int64_t row_weights = args.kernel_w * (args.in_channels / kTileChannels) * kPlanes * kTile;
  const int64_t panel_stride = args.kernel_h * row_weights;
  tile_zero<0>();
  if constexpr (kPanels == 2) tile_zero<1>();
  if constexpr (kTiles == 2) tile_zero<2>();
  if constexpr (kTiles == 2 && kPanels == 2) tile_zero<3>();
  for (int64_t u = 0; u < args.kernel_h; ++u) {
    const int64_t row = y + u - args.kernel_h / 2;
    if (row < 0 || row >= input.height) continue;
    const Bf16* b = weights + u * row_weights;
    const Bf16* pixel =
        plane_line(input, row, 0) + (x + input.left - args.kernel_w / 2) * input.channels;
    for (int64_t v = 0; v < args.kernel_w; ++v, pixel += input.channels) {
      for (int64_t c = 0; c < args.in_channels; c += kTileChannels, b += kPlanes * kTile) {
        load_pixels<kTiles>(pixel + c, pixel_bytes);
        if constexpr (kPlanes == 2) {
          load_weights<kPanels>(b + kTile, panel_stride);
          multiply_tiles<kTiles, kPanels>();
        }
        load_weights<kPanels>(b, panel_stride);
        multiply_tiles<kTiles, kPanels>();
        if constexpr (kPlanes == 2) {
          load_pixels<kTiles>(pixel + lo + c, pixel_bytes);
          multiply_tiles<kTiles, kPanels>();
        }
      }
    }
  }
  constexpr int64_t kStride = kBlockOutputs * static_cast<int64_t>(sizeof(float));
  tile_store<0>(sums, kStride);
  if constexpr (kPanels == 2) tile_store<1>(sums + kPanel, kStride);
  if constexpr (kTiles == 2) tile_store<2>(sums + kTilePixels * kBlockOutputs, kStride);
  if constexpr (kTiles == 2 && kPanels == 2)
    tile_store<3>(sums + kTilePixels * kBlockOutputs + kPanel, kStride);
}

/// The epilogue of `pixels` pixels, output channels [c, c + count), and where they belong.
template <int kPlanes>
static inline void finish_block(const TileConvolutionArgs& args, int64_t y, int64_t x,
                                int64_t pixels, int64_t c, int64_t count, float* sums) {
  const float* residual_rows[EpilogueArgs::kMaxResiduals];
  for (int64_t k = 0; k < count; k += Vec::kLanes) {
    const int64_t lanes = min_of(Vec::kLanes, count - k);
    const Epilogue epilogue(args.epilogue, c + k, lanes);
    epilogue.find_rows(y, residual_rows);
    if (args.to_planes) {
      for (int64_t p = 0; p < pixels; ++p) {
        float* const sum = sums + p * kBlockOutputs + k;
        store(sum, epilogue.apply(load(sum), residual_rows, x + p));
      }
    } else {
      const int64_t stride = args.output.pixel_stride;
      float* const row = output_row(args.output, y) + x * stride + c + k;
      for (int64_t p = 0; p < pixels; ++p)
        store_some(row + p * stride,
                   epilogue.apply(load(sums + p * kBlockOutputs + k), residual_rows, x + p), lanes);
    }
  }
  if (!args.to_planes) return;
  const PlaneArgs& planes = args.output_planes;
  const int64_t channel = args.output_channel + c;
  Bf16* const line = plane_line(planes, y, 0) + (planes.left + x) * planes.channels + channel;
  for (int64_t p = 0; p < pixels; ++p)
    split_pixel<kPlanes>(sums + p * kBlockOutputs, count, kBlockOutputs, line + p * planes.channels,
                         planes.pixels * planes.channels);
  if (x == 0) clear_pixels(planes, y, 0, planes.left, channel, kBlockOutputs);
  if (x + pixels == planes.width)
    clear_pixels(planes, y, planes.left + planes.width, planes.pixels, channel, kBlockOutputs);
}

template <int kPlanes>
static void convolve_blocks(const TileConvolutionArgs& args, int64_t first_block,
                            int64_t last_block, float* scratch) {
  constexpr int64_t kTile = kTileChannels * kPanel;
  const int64_t blocks_x = (args.input.width + kBlockPixels - 1) / kBlockPixels;
  const int64_t panel_stride =
      args.kernel_h * args.kernel_w * (args.in_channels / kTileChannels) * kPlanes * kTile;
  tile_configure(kFullTiles);
  // Weights change least often: those of two panels are what a block reads from the second-level
  // cache, and its pixels, which the next block of the row shares, from the first.
  for (int64_t c = 0; c < args.out_channels; c += kBlockOutputs) {
    const int64_t count = min_of(kBlockOutputs, args.out_channels - c);
    const Bf16* const weights = args.weights + c / kPanel * panel_stride;
    const bool two_panels = count > kPanel;
    for (int64_t block = first_block; block < last_block; ++block) {
      const int64_t y = block / blocks_x;
      const int64_t x = block % blocks_x * kBlockPixels;
      const int64_t pixels = min_of(kBlockPixels, args.input.width - x);
      if (pixels > kTilePixels && two_panels)
        multiply_block<kPlanes, 2, 2>(args, y, x, weights, scratch);
      else if (pixels > kTilePixels)
        multiply_block<kPlanes, 2, 1>(args, y, x, weights, scratch);
      else if (two_panels)
        multiply_block<kPlanes, 1, 2>(args, y, x, weights, scratch);
      else
        multiply_block<kPlanes, 1, 1>(args, y, x, weights, scratch);
      finish_block<kPlanes>(args, y, x, pixels, c, count, scratch);
    }
  }
  tile_release();
}

static void convolve(const TileConvolutionArgs& args, int64_t first_block, int64_t last_block,
                     float* scratch) {
  if (args.input.planes == 2)
    convolve_blocks<2>(args, first_block, last_block, scratch);
  else
    convolve_blocks<1>(args, first_block, last_block, scratch);
}
