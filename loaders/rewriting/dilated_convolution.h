// Dilated convolutions as larger ones whose other taps are zeros: the same function.
#pragma once

#include "loaders/rewriting/collapsed_convolution.h"

namespace fovea {

/// `convolution` with its taps `dilation` pixels apart, padded to the same size: of kernel
/// dilation * (kernel - 1) + 1. kModel for a dilation or a result beyond all that networks have.
Result<CollapsedConvolution> rewrite_dilated(const CollapsedConvolution& convolution,
                                             int64_t dilation);

}  // namespace fovea
