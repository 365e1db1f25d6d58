// Branches that a network is trained with, collapsed into the one convolution that they are.
#pragma once

#include <string>
#include <vector>

#include "engine/weights.h"

namespace fovea {

/// A convolution of kernel x kernel with values of its own.
struct CollapsedConvolution {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t kernel = 0;
  std::vector<float> weight;       // (out, in, kernel, kernel)
  std::vector<float> bias;         // (out)
  std::vector<std::string> names;  // of the tensors that it was made of or that stand for it
};

/// SPAN's Conv3XC (Wan et al. 2024, arXiv 2311.12770): 1x1, 3x3 and 1x1 convolutions behind each
/// other, NAME.conv.0 ... NAME.conv.2, and a 1x1 beside them, NAME.sk, as one 3x3 convolution. The
/// picture is padded with zeros before the first, so that this is exact at the edges too. Sums in
/// f64, rounded once. What the file has stored as NAME.eval_conv is not read: trainers leave it
/// stale. kModel where a tensor is missing or misshaped.
Result<CollapsedConvolution> collapse_conv3xc(const Weights& weights, const std::string& name);

}  // namespace fovea
