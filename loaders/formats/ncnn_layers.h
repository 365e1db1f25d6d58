// What each supported ncnn layer becomes in a Graph.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph.h"
#include "engine/status.h"
#include "loaders/formats/ncnn_attributes.h"
#include "loaders/formats/ncnn_bin.h"
#include "loaders/formats/ncnn_param.h"

namespace fovea {

/// Channels of any blob, as for any value of a Graph.
inline constexpr int64_t kMaxNcnnChannels = 1 << 16;

/// What the layers of a network are built with.
struct NcnnBuild {
  Graph& graph;
  NcnnBin& bin;
  int64_t constants = 0;  ///< elements made so far from single numbers of the .param file
};

/// One layer and the values it reads.
struct NcnnCall {
  const NcnnLayer& layer;
  NcnnAttributes& attributes;
  const std::vector<ValueId>& inputs;
  NcnnBuild& build;

  const Value& input(size_t index) const { return build.graph.value(inputs[index]); }
  int64_t channels() const { return input(0).channels; }

  /// Appends an operator named after the layer, or after the layer and `suffix`.
  Result<ValueId> add(Operator op, std::vector<ValueId> values,
                      std::string_view suffix = "") const {
    return build.graph.add(std::move(op), std::move(values), std::string(layer.name) += suffix);
  }
};

/// A kind of layer: how many blobs it reads and how it adds itself to the graph. `build` reads all
/// its parameters, asks attributes.done(), and returns the value that all outputs of the layer
/// name.
struct NcnnLayerKind {
  std::string_view type;
  size_t min_inputs = 1;
  size_t max_inputs = 1;
  size_t max_outputs = 1;
  Result<ValueId> (*build)(const NcnnCall& call) = nullptr;
};

/// The kinds of layers, by file: ncnn_convolution, ncnn_pointwise, ncnn_arithmetic, ncnn_shape.
std::span<const NcnnLayerKind> ncnn_convolution_layers();
std::span<const NcnnLayerKind> ncnn_pointwise_layers();
std::span<const NcnnLayerKind> ncnn_arithmetic_layers();
std::span<const NcnnLayerKind> ncnn_shape_layers();

/// The kind called `type`; null when it is not supported.
const NcnnLayerKind* find_ncnn_layer(std::string_view type);

/// ncnn's HardSwish x * (x alpha + beta), cut to 0 and x outside, is PyTorch's for alpha 1/6 and
/// beta 1/2; kModel for others.
Result<Activation> ncnn_hard_swish(float alpha, float beta);

}  // namespace fovea
