// Branches that a network is trained with, collapsed into the one convolution that they are.
#pragma once

#include <string>

#include "loaders/rewriting/collapsed_convolution.h"

namespace fovea {

/// `second` behind `first`, one of which has a kernel of 1 and neither of which has groups, with
/// nothing between them: exact at the picture's edges where `first` is the 1x1 and what `second` is
/// padded with is first's bias, or where the picture is padded with zeros before `first` and
/// `second` is not padded. kModel where the channels do not meet, or for sizes
/// beyond all that networks have.
Result<CollapsedConvolution> behind(const CollapsedConvolution& first,
                                    const CollapsedConvolution& second);

/// The sum of two convolutions of the same map; the smaller odd kernel stands in the middle of the
/// larger. kModel where their channels or groups differ.
Result<CollapsedConvolution> beside(const CollapsedConvolution& a, const CollapsedConvolution& b);

/// The map itself, as a 1x1 convolution.
CollapsedConvolution identity(int64_t channels);

/// SPAN's Conv3XC (Wan et al. 2024, arXiv 2311.12770): 1x1, 3x3 and 1x1 convolutions behind each
/// other, NAME.conv.0 ... NAME.conv.2, and a 1x1 beside them, NAME.sk, as one 3x3 convolution. The
/// picture is padded with zeros before the first, so that this is exact at the edges too. Sums in
/// f64. What the file has stored as NAME.eval_conv is not read: trainers leave it stale. kModel
/// where a tensor is missing or misshaped.
Result<CollapsedConvolution> collapse_conv3xc(const Weights& weights, const std::string& name);

}  // namespace fovea
