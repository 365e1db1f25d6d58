// What can be said of a model without running it.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/model.h"

namespace fovea::cli {

struct ModelFacts {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t parameters = 0;
  double gflop_per_megapixel =
      0;  ///< of output; a multiplication and its addition are two operations
  int64_t receptive_radius = 0;  ///< in input pixels of the network
};

/// kModel where the graph refuses a plain picture.
Result<ModelFacts> model_facts(const Model& model);

}  // namespace fovea::cli
