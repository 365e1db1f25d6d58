// Weights as the CPU kernels read them.
#pragma once

#include "engine/tensor.h"
#include "kernels/ops.h"

namespace fovea::cpu {

/// `count` rounded up to whole panels (kPanel).
int64_t padded_channels(int64_t count);

/// `values` followed by zeros up to padded_channels(count).
AlignedFloats pad_channels(const std::vector<float>& values, int64_t count);

/// (padded out / 16, kernel_h, kernel_w, in, 16) for direct().
AlignedFloats pack_direct(const ops::ConvolutionOp& op);

/// (out, kernel_h, kernel_w, padded in) for narrow().
AlignedFloats pack_narrow(const ops::ConvolutionOp& op);

}  // namespace fovea::cpu
