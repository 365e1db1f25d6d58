// Convolutions of stride s as a pixel unshuffle and convolutions of stride 1: the same function.
#pragma once

#include "loaders/rewriting/collapsed_convolution.h"

namespace fovea {

/// How a Conv2d steps; dilation 1. It gives floor((n + padding_before + padding_after - kernel) /
/// s)
/// + 1 rows for n.
struct StridedWindow {
  int64_t stride = 1;
  int64_t padding_before = 0;
  int64_t padding_after = 0;
};

/// A convolution of the map pixel-unshuffled by `factor` (1: as it is).
struct UnshuffledConvolution {
  int64_t factor = 1;
  CollapsedConvolution convolution;
};

/// `convolution` (of any kernel; its own padding does not count) moved by `window`, for maps whose
/// height and width are multiples of the stride: exact at the edges too, values moved and none
/// changed. Row a of the output sums w[s m + d + padding_before] x[s (a + m) + d] over all taps,
/// and x[s (a + m) + d] is row a + m of the unshuffled map's phase d. kModel where the output is
/// not the map's size divided by the stride, or for a stride or result beyond all that networks
/// have.
Result<UnshuffledConvolution> rewrite_strided(const CollapsedConvolution& convolution,
                                              const StridedWindow& window);

}  // namespace fovea
