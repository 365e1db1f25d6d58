// The sizes of conv_upsample_wgmma: read by the kernel, its launcher, its weights' packer and the
// compile gates.
#pragma once

#include "kernels/cuda/device_map.h"

namespace fovea::cuda {

struct ConvUpsampleWgmmaShape {
  static constexpr int kChannels = 64;  ///< in and out; those that a layer lacks are zero
  static constexpr int kPlanes = kChannels / 8;
  static constexpr int kWarpgroups = 2;  // that multiply, for half the outputs each
  static constexpr int kGroup = kChannels / kWarpgroups;  // outputs of one
  static constexpr int kStages = 8;                       // input rows in flight
  static constexpr int kThreads = 128 * (kWarpgroups + 1);

  static constexpr int kStripPixels = 64;              // of the small map: M of wgmma
  static constexpr int kRowPixels = kStripPixels + 2;  // with the halo
  static constexpr int kPixelBytes = 16;               // a pixel of a plane
  static constexpr int kPlaneBytes = kRowPixels * kPixelBytes;
  static constexpr int kRowBytes = kPlanes * kPlaneBytes;
  static_assert(kRowBytes % 128 == 0, "the copy engine writes to multiples of 128");

  /// Columns of a product: an odd and an even output row, those begun and those completed.
  static constexpr int kPairColumns = 2 * kGroup;
  static constexpr int kColumns = 2 * kPairColumns;
  static constexpr int kWeightPlaneBytes = kColumns * kPixelBytes;
  /// Of one warpgroup, column phase and shift.
  static constexpr int kShiftBytes = kPlanes * kWeightPlaneBytes;
  static constexpr int kWeightBytes = kWarpgroups * 2 * 2 * kShiftBytes;
  static constexpr int kChannelBytes = 8 * kChannels;          // bias and slope, f32
  static constexpr int kBarrierBytes = 8 * (2 * kStages + 1);  // full, empty; the weights'
  static constexpr int kSharedBytes =
      kWeightBytes + kStages * kRowBytes + kChannelBytes + kBarrierBytes;
  static_assert(kSharedBytes <= 227 * 1024, "of a block of sm_90");

  /// Whether it computes a layer of these channels.
  static constexpr bool has(int64_t in_channels, int64_t out_channels) {
    return planes_of(in_channels) == kPlanes && planes_of(out_channels) == kPlanes;
  }
};

}  // namespace fovea::cuda
