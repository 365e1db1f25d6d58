// What rewriting takes from a file's or a graph's numbers: bounds, so that no number of a stranger
// sizes anything beyond all that networks have.
#pragma once

#include <initializer_list>

#include "loaders/rewriting/collapsed_convolution.h"

namespace fovea {

/// kModel unless within 1...16.
Status check_stride(int64_t stride);

/// kModel where a padding is negative or larger than a kernel of at most 255 and the largest
/// stride.
Status check_padding(std::initializer_list<int64_t> paddings, int64_t kernel);

/// kModel where the weights that `convolution` is to have are more than 2^24: 16 times those of the
/// widest layer of a published network.
Status check_elements(const CollapsedConvolution& convolution);

/// kModel where taking `first` and `second` together would be more than 2^31 multiplications: a
/// file of two thin tensors whose product is wide would otherwise cost hours.
Status check_product(const CollapsedConvolution& first, const CollapsedConvolution& second);

/// a / b rounded down; b > 0.
constexpr int64_t floor_divide(int64_t a, int64_t b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

}  // namespace fovea
