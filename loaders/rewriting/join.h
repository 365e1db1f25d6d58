// Convolutions of the parts of a map, as one convolution of the whole.
#pragma once

#include "loaders/rewriting/collapsed_convolution.h"

namespace fovea {

/// Both results of one map, one behind the other along the channels. kModel unless they take as
/// many channels and have one kernel and no groups.
Result<CollapsedConvolution> join_outputs(const CollapsedConvolution& a,
                                          const CollapsedConvolution& b);

/// The sum of a's result on a map's first channels and b's on the others. kModel unless they give
/// as many channels and have one kernel and no groups.
Result<CollapsedConvolution> join_inputs(const CollapsedConvolution& a,
                                         const CollapsedConvolution& b);

/// Zeros of whatever it is given. kModel for sizes beyond all that networks have.
Result<CollapsedConvolution> no_convolution(int64_t in_channels, int64_t out_channels,
                                            int64_t kernel);

}  // namespace fovea
