// The layers of a TensorFlow.js model as a Graph.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/graph.h"
#include "loaders/formats/tfjs_layers.h"
#include "loaders/formats/tfjs_weights.h"

namespace fovea {

inline constexpr int64_t kMaxTfjsChannels = 65'536;

using TfjsTensors = std::map<std::string, WeightTensor, std::less<>>;

/// Adds layers to a graph, one after the other, and keeps which name is which value.
class TfjsNetwork {
 public:
  TfjsNetwork(Graph& graph, const TfjsTopology& topology, const TfjsTensors& tensors);

  /// kModel: a layer, an attribute or a tensor that is not known, missing or misshaped.
  Status add(const TfjsLayer& layer);

  /// After the last layer: names the output. kModel where a tensor was read by no layer.
  Status finish(const std::string& output);

 private:
  // A layer's result: factor * (the channels of all parts one behind the other). Kept in pieces, so
  // that Keras' chains of concatenations and products by a constant become one operator each.
  struct Piece {
    std::vector<ValueId> parts;
    float factor = 1.0f;
  };

  using Builder = Result<Piece> (TfjsNetwork::*)(const TfjsLayer&);
  static Builder find_builder(const std::string& type);

  Result<Piece> input(const TfjsLayer& layer);
  Result<Piece> convolution(const TfjsLayer& layer);
  Result<Piece> activation(const TfjsLayer& layer);
  Result<Piece> relu(const TfjsLayer& layer);
  Result<Piece> leaky_relu(const TfjsLayer& layer);
  Result<Piece> prelu(const TfjsLayer& layer);
  Result<Piece> sum(const TfjsLayer& layer);
  Result<Piece> product(const TfjsLayer& layer);
  Result<Piece> concatenation(const TfjsLayer& layer);
  Result<Piece> upsampling(const TfjsLayer& layer);
  Result<Piece> multiply_beta(const TfjsLayer& layer);
  Result<Piece> pixel_shuffle(const TfjsLayer& layer);
  Result<Piece> same(const TfjsLayer& layer);

  Status expect_inputs(const TfjsLayer& layer, size_t low, size_t high) const;
  Result<ValueId> whole(const std::string& name);  // the result as one value
  Result<ValueId> only_input(const TfjsLayer& layer);
  Result<std::vector<float>> tensor(const TfjsLayer& layer, const char* suffix,
                                    const std::vector<int64_t>& shape);
  Result<ValueId> activate(const TfjsLayer& layer, const std::string& kind, ValueId value);
  int64_t shuffle_behind(const std::string& name) const;

  Graph& graph_;
  const TfjsTensors& tensors_;
  std::map<std::string, Piece> pieces_;
  std::map<std::string, std::vector<const TfjsLayer*>> readers_;
  std::set<std::string> used_;
  std::set<std::string> permuted_;  // convolutions whose channels are in PixelShuffle's order
};

/// The factor of a PixelShuffle layer, by its class and its config. kModel where neither or both
/// differently tell.
Result<int64_t> tfjs_shuffle_factor(const TfjsLayer& layer);

/// Whether a class is one of the PixelShuffle layers: PixelShuffle, PixelShuffle4x.
bool is_tfjs_shuffle(const std::string& type);

}  // namespace fovea
