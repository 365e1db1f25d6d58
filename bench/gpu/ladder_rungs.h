// The rungs of kernels/cuda/ladder, checked and timed as the library's kernels are.
#pragma once

#include <vector>

#include "bench/gpu/measured_layers.h"

namespace fovea::cuda {

/// Of the 3x3 convolution, the first first; the last rung is conv3x3_wgmma, a measured kernel.
const std::vector<MeasuredKernel>& conv3x3_rungs();

/// What they are checked on and timed by: a dense block's first and last convolution.
std::vector<MeasuredLayer> conv3x3_rung_layers();

}  // namespace fovea::cuda
