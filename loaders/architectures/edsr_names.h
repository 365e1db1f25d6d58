// What the tensors of an EDSR are called: three layouts of one network are in wide use.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/weights.h"

namespace fovea {

/// Convolutions by name, without ".weight" and ".bias".
struct EdsrNames {
  struct Block {
    std::string convolution1, convolution2;
  };

  std::string layout;  ///< who writes them so
  std::string first;
  std::vector<Block> blocks;
  std::string middle;  ///< behind the blocks
  std::vector<std::string> ups;
  std::string last;
  bool has_stored_mean = false;
  double range = 255.0;  ///< of samples, where the mean is not stored
};

/// The layout whose tensors `weights` holds, EDSR's own, BasicSR's or MMEditing's; no value for
/// another network.
std::optional<EdsrNames> edsr_names(const Weights& weights);

}  // namespace fovea
