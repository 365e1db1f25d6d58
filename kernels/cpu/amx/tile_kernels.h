// The table of kernels over tile registers, as kernel_table.h is that of kernels over vectors: what
// is said there of includes holds here.
//
// Operands are bf16, sums f32. bf16x3 has two planes of each operand, x = hi + lo with hi = bf16(x)
// and lo = bf16(x - hi), and sums hi lo + hi hi + lo hi: what is dropped is 2^-16 of a product at
// most. Plain bf16 has the first plane alone.
#pragma once

#include <cstdint>

#include "kernels/cpu/amx/tile_config.h"
#include "kernels/cpu/kernel_table.h"

namespace fovea::cpu {

/// Input channels that a tile holds, and pixels or output channels: planes and packed weights are
/// padded to multiples of these.
inline constexpr int64_t kTileChannels = TileConfig::kMaxRowBytes / 2;
inline constexpr int64_t kTilePixels = TileConfig::kMaxRows;
static_assert(kPanel == TileConfig::kMaxRowBytes / 4, "a panel is the width of a tile of sums");

/// Two by two tiles of sums are a block: 32 pixels of a row by 32 output channels.
inline constexpr int64_t kBlockPixels = 2 * kTilePixels;
inline constexpr int64_t kBlockOutputs = 2 * kPanel;
inline constexpr int64_t kTileScratch = kBlockPixels * kBlockOutputs;  // floats

/// The pixels of a line of planes: of the map, up to whole tiles, and what the widest kernel sees
/// beyond.
constexpr int64_t line_pixels(int64_t width, int64_t kernel_w) {
  return (width + kTilePixels - 1) / kTilePixels * kTilePixels + kernel_w - 1;
}

/// A map's rows as bf16, in a ring: row y is line y % lines. In a line the planes follow each
/// other, each (pixels, channels) with `left` pixels of zeros before the map's first and zeros
/// after its last.
struct PlaneArgs {
  Bf16* data;      // (lines, planes, pixels, channels)
  int64_t height;  // of the map
  int64_t width;
  int64_t left;
  int64_t pixels;    // line_pixels()
  int64_t channels;  // a multiple of kTileChannels
  int64_t lines;
  int64_t planes;  // 1: bf16; 2: bf16x3
};

/// Rows of an f32 map into channels [first_channel, + input.channels) of planes, with zeros up to
/// the next multiple of kTileChannels and around the map.
struct SplitArgs {
  MapArgs input;
  PlaneArgs planes;
  int64_t first_channel;
};

/// A convolution with any odd kernel, from planes to an f32 map or to planes.
struct TileConvolutionArgs {
  PlaneArgs input;
  int64_t in_channels;  // the first of the planes' that are read; a multiple of kTileChannels
  int64_t out_channels;
  int64_t kernel_h;
  int64_t kernel_w;
  const Bf16* weights;  // TilePackArgs::packed
  EpilogueArgs epilogue;
  bool to_planes;
  MapArgs output;           // where not to_planes; data is written
  PlaneArgs output_planes;  // where to_planes; may be the input's, other channels of them
  int64_t output_channel;   // the first of them
};

/// Weights of some of a convolution's input channels as tiles of B. The channels of a map begin a
/// tile of their own: in a dense block each map in turn is a group of channels, padded with zeros.
struct TilePackArgs {
  const float* weights;  // (out, in, taps)
  int64_t out_channels;
  int64_t in_channels;
  int64_t taps;
  int64_t first_channel;  // of the group
  int64_t channels;
  int64_t first_chunk;  // of kTileChannels padded channels
  int64_t chunks;       // of all groups
  int64_t planes;
  Bf16* packed;  // (padded out / 16, taps, chunks, planes, 16 pairs of channels, 16 outputs, 2)
};

/// The kernels over one kind of tile registers.
struct TileKernels {
  void (*pack)(const TilePackArgs& args);

  /// Rows [first_row, last_row).
  void (*split)(const SplitArgs& args, int64_t first_row, int64_t last_row);

  /// Blocks [first_block, last_block) of kBlockPixels pixels, counted row by row from the picture's
  /// origin. Scratch: kTileScratch floats.
  void (*convolve)(const TileConvolutionArgs& args, int64_t first_block, int64_t last_block,
                   float* scratch);
};

extern const TileKernels kAmxKernels;
extern const TileKernels kEmulatedAmxKernels;

}  // namespace fovea::cpu
