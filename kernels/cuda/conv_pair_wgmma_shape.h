// The sizes of conv_pair_wgmma: read by the kernel, its launcher, its weights' packer and the
// compile gates.
#pragma once

#include "kernels/cuda/conv3x3_wgmma_shapes.h"

namespace fovea::cuda {

struct ConvPairWgmmaShape {
  /// The first convolution, as conv3x3_wgmma has it but for a stage less. What a layer lacks of its
  /// 64 channels is zero.
  static constexpr Conv3x3WgmmaShape kFirst{64, 64, 3, 5};
  static constexpr int kMaxOutputs = 4;  ///< channels of the second

  static constexpr int kMiddlePixels = Conv3x3WgmmaShape::kStripPixels;
  /// Columns of a strip: of the pixels between, the outermost are only neighbours.
  static constexpr int kStripPixels = kMiddlePixels - 2;

  static constexpr int kTaps = 9;
  /// Columns of the second's products, all taps of all outputs: tap q of output k is column
  /// 8 (q / 2) + 2 k + q % 2, so that all sums of an output are in one thread.
  static constexpr int kColumns = (kTaps + 1) / 2 * 2 * kMaxOutputs;
  static constexpr int column(int tap, int output) { return 8 * (tap / 2) + 2 * output + tap % 2; }
  static_assert(kColumns % 8 == 0 && kColumns <= 256, "the shapes of wgmma");

  static constexpr int kPlaneBytes = kColumns * Conv3x3WgmmaShape::kPixelBytes;
  static constexpr int kSecondBytes = kFirst.group / 8 * kPlaneBytes;
  static constexpr int kWeightBytes = kFirst.weight_bytes() + kSecondBytes;
  static_assert(kWeightBytes % 128 == 0, "rows begin behind the weights, at multiples of 128");

  /// A word of each thread for its neighbouring warps, twice.
  static constexpr int kEdgeBytes =
      2 * kFirst.warpgroups * Conv3x3WgmmaShape::kWarpgroupThreads * 4;
  static constexpr int kSharedBytes = kFirst.shared_bytes() + kSecondBytes + kEdgeBytes;
  static_assert(kSharedBytes <= 227 * 1024, "of a block of sm_90");

  /// Whether it computes layers of these channels: in, between and out.
  static constexpr bool has(int64_t in, int64_t middle, int64_t out) {
    return planes_of(in) * 8 == kFirst.in_channels && planes_of(middle) * 8 == kFirst.group &&
           out > 0 && out <= kMaxOutputs;
  }
};

}  // namespace fovea::cuda
