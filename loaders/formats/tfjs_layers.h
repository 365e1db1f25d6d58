// The layers of a Keras network as TensorFlow.js keeps them, checked and in order.
#pragma once

#include <string>
#include <vector>

#include "loaders/formats/strict_json.h"

namespace fovea {

struct TfjsLayer {
  std::string type;  ///< Keras' class_name: "Conv2D"
  std::string name;
  const Json* config = nullptr;     ///< an object of the tree that was parsed
  std::vector<std::string> inputs;  ///< names of layers before it
};

struct TfjsTopology {
  std::vector<TfjsLayer> layers;
  std::string input;
  std::string output;
};

/// The layers of a model.json's modelTopology, which must outlive them. kModel: networks that are
/// not one input, one output and layers that each run once; a layer that reads one behind it.
Result<TfjsTopology> parse_tfjs_topology(const Json& topology);

}  // namespace fovea
