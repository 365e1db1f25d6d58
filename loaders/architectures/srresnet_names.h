// What the tensors of an SRResNet are called: three layouts of one network are in wide use.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/weights.h"

namespace fovea {

/// Layers by name, without ".weight" and the like.
struct SrresnetNames {
  struct Block {
    std::string convolution1, norm1, activation, convolution2, norm2;
  };
  struct Up {
    std::string convolution, activation;
  };

  std::string layout;  ///< who writes them so
  std::string first, first_activation;
  std::vector<Block> blocks;
  std::string middle, middle_norm;
  std::vector<Up> ups;
  std::string last;
  bool ends_in_tanh = false;        ///< and (y + 1) / 2; else y is the picture
  std::vector<std::string> unused;  ///< tensors that the network has and does not use
};

/// The layout whose tensors `weights` holds; no value for another network.
std::optional<SrresnetNames> srresnet_names(const Weights& weights);

}  // namespace fovea
