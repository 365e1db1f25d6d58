// The end of networks whose picture runs through their stack of features beside these, as the
// authors of ETDS join them (arXiv 2303.09650): two last layers that clip what they give to the
// range of samples, and at x3 a spare channel that makes the channels a multiple of 4.
#pragma once

#include <string>

#include "loaders/architectures/graph_builder.h"

namespace fovea {

struct JoinedTail {
  std::string last;      ///< the last 3x3 convolution
  std::string clip;      ///< the 1x1 convolution behind it
  int64_t width = 0;     ///< channels of both
  int64_t channels = 0;  ///< of the picture
  int64_t factor = 1;    ///< of the pixel shuffle
};

/// kModel where the convolutions are missing or their channels are not the picture's times a
/// square, nor, at x3, one more.
Result<JoinedTail> read_joined_tail(const Weights& weights, std::string last, std::string clip,
                                    int64_t channels);

/// Behind `y`: convolution, ReLU, convolution, ReLU, the spare channel off, pixel shuffle.
ValueId joined_tail(GraphBuilder& b, ValueId y, const JoinedTail& tail);

}  // namespace fovea
