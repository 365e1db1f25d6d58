// Maps and weights from f32 to bf16 planes. Included like vec.h.
//
// Plain loops that the compiler turns into vectors. Not VCVTNEPS2BF16, which takes denormals for
// zero: an emulated machine gives the same planes.

static inline uint16_t round_to_bf16(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof(bits));
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  // Rounding could carry a NaN into an infinity or a zero, and nobody would learn of it.
  const uint32_t nan = (bits >> 16) | 0x40u;
  return static_cast<uint16_t>((bits & 0x7fffffffu) > 0x7f800000u ? nan : rounded);
}

static inline float widen(uint16_t bf16) {
  const uint32_t bits = static_cast<uint32_t>(bf16) << 16;
  float x;
  __builtin_memcpy(&x, &bits, sizeof(x));
  return x;
}

/// A plane of the line of row y, from its first pixel of zeros on.
static inline Bf16* plane_line(const PlaneArgs& args, int64_t y, int64_t plane) {
  return args.data + ((y % args.lines) * args.planes + plane) * args.pixels * args.channels;
}

/// `count` channels of one pixel, zeros up to `padded`; `lo` lies a plane behind `hi`.
template <int kPlanes>
static inline void split_pixel(const float* values, int64_t count, int64_t padded, Bf16* hi,
                               int64_t plane_stride) {
  for (int64_t i = 0; i < count; ++i) hi[i] = round_to_bf16(values[i]);
  for (int64_t i = count; i < padded; ++i) hi[i] = 0;
  if constexpr (kPlanes == 2) {
    Bf16* const lo = hi + plane_stride;
    // The difference is exact: hi is within half a unit of its last place of x.
    for (int64_t i = 0; i < count; ++i)
      lo[i] = round_to_bf16(values[i] - widen(round_to_bf16(values[i])));
    for (int64_t i = count; i < padded; ++i) lo[i] = 0;
  }
}

/// Zeros for channels [channel, channel + count) of the pixels [first, last) of a line.
static inline void clear_pixels(const PlaneArgs& planes, int64_t y, int64_t first, int64_t last,
                                int64_t channel, int64_t count) {
  for (int64_t plane = 0; plane < planes.planes; ++plane) {
    Bf16* const line = plane_line(planes, y, plane) + channel;
    for (int64_t x = first; x < last; ++x)
      __builtin_memset(line + x * planes.channels, 0, static_cast<size_t>(count) * sizeof(Bf16));
  }
}

template <int kPlanes>
static void split_rows(const SplitArgs& args, int64_t first_row, int64_t last_row) {
  const PlaneArgs& planes = args.planes;
  const int64_t count = args.input.channels;
  const int64_t padded = (count + kTileChannels - 1) / kTileChannels * kTileChannels;
  const int64_t end = planes.left + planes.width;
  for (int64_t y = first_row; y < last_row; ++y) {
    clear_pixels(planes, y, 0, planes.left, args.first_channel, padded);
    clear_pixels(planes, y, end, planes.pixels, args.first_channel, padded);
    const float* row = map_row(args.input, y);
    Bf16* line = plane_line(planes, y, 0) + planes.left * planes.channels + args.first_channel;
    for (int64_t x = 0; x < planes.width; ++x)
      split_pixel<kPlanes>(row + x * args.input.pixel_stride, count, padded,
                           line + x * planes.channels, planes.pixels * planes.channels);
  }
}

static void split(const SplitArgs& args, int64_t first_row, int64_t last_row) {
  if (args.planes.planes == 2)
    split_rows<2>(args, first_row, last_row);
  else
    split_rows<1>(args, first_row, last_row);
}

template <int kPlanes>
static void pack_planes(const TilePackArgs& args) {
  constexpr int64_t kTile = kTileChannels * kPanel;
  const int64_t panels = (args.out_channels + kPanel - 1) / kPanel;
  const int64_t chunks = (args.channels + kTileChannels - 1) / kTileChannels;
  for (int64_t panel = 0; panel < panels; ++panel) {
    for (int64_t tap = 0; tap < args.taps; ++tap) {
      for (int64_t chunk = 0; chunk < chunks; ++chunk) {
        Bf16* const hi =
            args.packed +
            ((panel * args.taps + tap) * args.chunks + args.first_chunk + chunk) * kPlanes * kTile;
        for (int64_t i = 0; i < kTile; ++i) {
          const int64_t c = chunk * kTileChannels + i / (2 * kPanel) * 2 + i % 2;
          const int64_t k = panel * kPanel + i / 2 % kPanel;
          const bool inside = c < args.channels && k < args.out_channels;
          const float weight =
              inside
                  ? args.weights[(k * args.in_channels + args.first_channel + c) * args.taps + tap]
                  : 0.0f;
          split_pixel<kPlanes>(&weight, 1, 1, hi + i, kTile);
        }
      }
    }
  }
}

static void pack(const TilePackArgs& args) {
  if (args.planes == 2)
    pack_planes<2>(args);
  else
    pack_planes<1>(args);
}
