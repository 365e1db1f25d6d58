// DySample (Liu et al. 2023, arXiv 2308.15085): enlarging by reading the map where convolutions
// say.
#pragma once

#include <string>

#include "loaders/architectures/graph_builder.h"

namespace fovea {

/// What DySample's tensors tell of it.
struct DySampleParameters {
  int64_t in_channels = 0;
  int64_t out_channels = 0;  ///< in_channels where it has no convolution at its end
  int64_t groups = 0;
  int64_t end_kernel = 0;  ///< 0: none
};

/// Reads them from NAME.offset, NAME.scope, NAME.end_conv for an enlargement by `scale`. kModel
/// where they do not fit each other.
Result<DySampleParameters> read_dysample(const Weights& weights, const std::string& name,
                                         int64_t scale);

/// The scale of which NAME.init_pos holds the positions: the only one whose steps those are. kModel
/// where they are none.
Result<int64_t> dysample_scale(const Weights& weights, const std::string& name);

/// x enlarged by `scale`.
ValueId dysample(GraphBuilder& b, const Weights& weights, ValueId x, const std::string& name,
                 const DySampleParameters& parameters, int64_t scale);

}  // namespace fovea
