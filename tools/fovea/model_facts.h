// What can be said of a model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/model.h"
#include "tools/fovea/find_model.h"
#include "tools/fovea/half_safety.h"

namespace fovea::cli {

struct ModelFacts {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t parameters = 0;
  double gflop_per_megapixel =
      0;  ///< of output; a multiplication and its addition are two operations
  int64_t receptive_radius = 0;    ///< in input pixels of the network, or kWholePicture
  std::optional<HalfSafety> half;  ///< none for a classical method
  std::string sha256;              ///< of the file; empty for a classical method
  std::string bin_sha256;          ///< of ncnn's other file
  std::string licence;             ///< empty where it is not known
  std::string licence_from;        ///< "its metadata" or "its sha256"
};

/// Reads the file once more, for its digest, and runs the network on a probe. kModel where the
/// graph refuses a plain picture.
Result<ModelFacts> model_facts(const FoundModel& found, const Model& model);

}  // namespace fovea::cli
