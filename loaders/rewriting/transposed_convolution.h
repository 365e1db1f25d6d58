// Transposed convolutions as convolutions of stride 1 and a pixel shuffle: the same function.
#pragma once

#include <string>
#include <vector>

#include "loaders/rewriting/collapsed_convolution.h"

namespace fovea {

/// PyTorch's ConvTranspose2d of one kernel, stride and padding for rows and columns, dilation 1:
/// y[o, s h + u - padding_before] += w[i, o, u] x[i, h]. Its output has
/// s (n - 1) + kernel - padding_before - padding_after + output_padding rows for n rows.
struct TransposedConvolution {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t kernel = 0;
  int64_t stride = 1;
  int64_t padding_before = 0;
  int64_t padding_after = 0;
  int64_t output_padding = 0;
  int64_t groups = 1;
  std::vector<double> weight;      // (in, out / groups, kernel, kernel)
  std::vector<double> bias;        // (out)
  std::vector<std::string> names;  // of its tensors
};

/// A convolution whose result is pixel-shuffled by `factor` (1: is not).
struct ShuffledConvolution {
  CollapsedConvolution convolution;
  int64_t factor = 1;
};

/// The tensors NAME.weight and NAME.bias; stride and paddings are the caller's to fill. kModel when
/// one is missing or misshaped.
Result<TransposedConvolution> read_transposed_convolution(const Weights& weights,
                                                          const std::string& name,
                                                          Bias bias = Bias::kStored,
                                                          int64_t groups = 1);

/// The same function, at the edges too, values moved and none changed. Row s a + d of the output
/// sums w[d + padding_before - s m] x[a + m] over all m that lie in the kernel, so that each of the
/// s^2 phases is a convolution of its own. kModel where the output is not `stride` times the input,
/// or for a stride or result beyond all that networks have.
Result<ShuffledConvolution> rewrite_transposed(const TransposedConvolution& transposed);

}  // namespace fovea
