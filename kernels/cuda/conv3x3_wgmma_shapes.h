// The layers that conv3x3_wgmma has kernels for, and what each takes of a multiprocessor. Read by
// the launcher and by the weights' packer; the kernel's template arguments are an entry's fields in
// their order.
//
// Matrix instructions of a kernel, each set unrolled once, row_products() of each: 64 x columns() x
// 16 for the rows inside of a run, 64 x 2 group x 16 twice (the first and the last row of the run)
// and 64 x group x 16 twice (the rows above and below it).
#pragma once

#include <cstdint>

#include "kernels/cuda/device_map.h"

namespace fovea::cuda {

/// One kernel: in_channels -> group output channels a block. A layer with more output channels has
/// several groups, each computed by blocks of its own.
struct Conv3x3WgmmaShape {
  int in_channels;  ///< a multiple of 16 (K of wgmma); channels that a layer lacks are zero
  int group;        ///< a multiple of 8 (a plane), 3 group <= 256 (N of wgmma)
  int warpgroups;   ///< that multiply; one more has the warps that load
  int stages;       ///< input rows in flight for each of them

  static constexpr int kStripPixels = 64;              // M of wgmma
  static constexpr int kRowPixels = kStripPixels + 2;  // with the halo
  static constexpr int kPixelBytes = 16;               // a pixel of a plane
  static constexpr int kWarpgroupThreads = 128;

  constexpr int planes() const { return in_channels / 8; }
  constexpr int columns() const { return 3 * group; }  // N of wgmma: ky = 0, 1, 2
  constexpr int threads() const { return kWarpgroupThreads * (warpgroups + 1); }
  /// wgmma instructions of a row: one for each 16 channels and kx.
  constexpr int row_products() const { return 3 * in_channels / 16; }

  constexpr int plane_bytes() const { return kRowPixels * kPixelBytes; }
  constexpr int row_bytes() const { return planes() * plane_bytes(); }
  /// The copy engine writes to multiples of 128.
  constexpr int stage_bytes() const { return (row_bytes() + 127) / 128 * 128; }
  constexpr int weight_plane_bytes() const { return columns() * kPixelBytes; }
  constexpr int weight_bytes() const { return 3 * planes() * weight_plane_bytes(); }
  /// Bias and slope of each channel, f32.
  constexpr int channel_bytes() const { return 8 * group; }
  /// Full and empty for each stage, and one for the weights; 8 bytes each.
  constexpr int barrier_bytes() const { return 8 * (2 * warpgroups * stages + 1); }
  constexpr int shared_bytes() const {
    return weight_bytes() + warpgroups * stages * stage_bytes() + channel_bytes() + barrier_bytes();
  }
};

// Three warpgroups where shared memory has two stages for each: the more there are, the less it
// matters that one pauses between its rows. Stages fill what shared memory is left, up to six rows,
// of which five, at least 5 x 8.4 KB a warpgroup, are on their way: more than the 33 KB that a
// multiprocessor's share of device memory's bandwidth holds in a microsecond.
inline constexpr Conv3x3WgmmaShape kConv3x3WgmmaShapes[] = {
    {16, 64, 3, 6},   // the first layer: 3 or 12 channels, filled up with zeros
    {64, 64, 3, 6},   // SRVGG's body; RRDBNet's trunk and HR
    {64, 48, 3, 6},   // SRVGG's last, x4
    {64, 32, 3, 6},   // a dense block's 1st; SRVGG's last, x3 (27 channels)
    {64, 16, 3, 6},   // SRVGG's last, x2 (12)
    {64, 8, 3, 6},    // RRDBNet's last (3)
    {96, 32, 3, 4},   // a dense block's 2nd,
    {128, 32, 3, 3},  // 3rd,
    {160, 32, 3, 2},  // 4th,
    {192, 32, 2, 2},  // and 5th, in two groups
};

/// The kernel for a layer: of those that its planes divide into, the one with the fewest groups;
/// null when there is none. Channels that fill up planes, and planes that fill up in_channels, are
/// zero.
constexpr const Conv3x3WgmmaShape* find_conv3x3_wgmma_shape(int64_t in_channels,
                                                            int64_t out_channels) {
  const Conv3x3WgmmaShape* best = nullptr;
  for (const Conv3x3WgmmaShape& shape : kConv3x3WgmmaShapes) {
    const bool fits = (planes_of(in_channels) + 1) / 2 * 16 == shape.in_channels &&
                      planes_of(out_channels) * kPlaneChannels % shape.group == 0;
    if (fits && (best == nullptr || shape.group > best->group)) best = &shape;
  }
  return best;
}

constexpr int64_t conv3x3_wgmma_groups(const Conv3x3WgmmaShape& shape, int64_t out_channels) {
  return planes_of(out_channels) * kPlaneChannels / shape.group;
}

constexpr bool conv3x3_wgmma_shapes_are_sound() {
  constexpr int kMaxSharedBytes = 227 * 1024;  // of a block of sm_90
  for (const Conv3x3WgmmaShape& shape : kConv3x3WgmmaShapes) {
    if (shape.in_channels % 16 != 0 || shape.group % 8 != 0 || shape.columns() > 256) return false;
    if (shape.shared_bytes() > kMaxSharedBytes || shape.stages < 2) return false;
    // Rows begin at multiples of 128 behind the weights.
    if (shape.weight_bytes() % 128 != 0) return false;
    // Each warpgroup has a warp that loads for it, all in one warpgroup.
    if (shape.warpgroups > 4) return false;
  }
  return true;
}
static_assert(conv3x3_wgmma_shapes_are_sound());

}  // namespace fovea::cuda
