// Enhanced spatial attention (Liu et al. 2020, arXiv 2009.11551): a map weighed by what a few
// convolutions of its largest values, strided and pooled, make of it.
#pragma once

#include <string>

#include "loaders/architectures/graph_builder.h"

namespace fovea {

/// x times its attention, by the tensors NAME.conv1, NAME.conv2, NAME.conv3, NAME.conv4 and those
/// of NAME.conv_max, NAME.conv3_ and NAME.conv_f that are there: RFDN has all, RLFN no conv_max and
/// conv3_. Pictures of fewer than 15 pixels a side are too small for it.
ValueId enhanced_attention(GraphBuilder& b, const Weights& weights, ValueId x,
                           const std::string& name);

}  // namespace fovea
