// A convolution's weights as tiles of bf16.
#pragma once

#include <vector>

#include "engine/tensor.h"
#include "kernels/cpu/amx/tile_kernels.h"
#include "kernels/ops.h"

namespace fovea::cpu {

/// How a convolution multiplies.
enum class TilePrecision {
  kBf16x3,  ///< to f32's accuracy, or nearly: see tile_kernels.h
  kBf16     ///< operands rounded to 8 bits
};

inline int64_t planes_of(TilePrecision precision) {
  return precision == TilePrecision::kBf16x3 ? 2 : 1;
}

/// The packed weights of one convolution and the epilogue's arguments beside them.
class TileWeights {
 public:
  /// `groups` are the channels of the maps that the convolution reads, in their order.
  TileWeights(const TileKernels& kernels, const ops::ConvolutionOp& op,
              const std::vector<int64_t>& groups, int64_t planes);

  const Bf16* data() const { return packed_.data(); }

  /// Of the planes: each group padded to whole tiles.
  int64_t in_channels() const { return in_channels_; }
  int64_t out_channels() const { return out_channels_; }

 private:
  int64_t in_channels_ = 0;
  int64_t out_channels_;
  std::vector<uint16_t, AlignedAllocator<uint16_t>> packed_;
};

}  // namespace fovea::cpu
