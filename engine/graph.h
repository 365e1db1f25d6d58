// Graph: what a network computes, as a list of operators in execution order. It knows each value's
// channels, its scale relative to the input and the receptive field of the output; not sizes,
// devices or memory.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/operators.h"
#include "engine/status.h"
#include "engine/tensor.h"
#include "engine/weights.h"

namespace fovea {

/// Index of a value (a feature map) in its Graph.
using ValueId = int32_t;
inline constexpr ValueId kNoValue = -1;

/// Where a value lives: in the map of `root`, from channel `channel_offset` on. A value that has
/// its own map is its own root. Set by passes/place_concat, which makes concatenation free.
struct Placement {
  ValueId root = kNoValue;
  int64_t channel_offset = 0;
};

/// A feature map in a Graph.
struct Value {
  std::string name;
  int64_t channels = 0;
  Scale scale;  ///< of its size relative to the input's, but for margins that an operator adds or
                ///< takes away; kPictureWide: one pixel. Sizes themselves come from infer_sizes
  Placement placement;
};

/// One operator applied to values; nodes are stored in execution order.
struct Node {
  std::string name;
  Operator op;
  std::vector<ValueId> inputs;
  ValueId output = kNoValue;
};

/// A network with one input and one output. Built once, then immutable and shared.
class Graph {
 public:
  /// The input map. Called once, first.
  ValueId add_input(int64_t channels, std::string name = "input");

  ParameterId add_parameter(WeightTensor tensor);

  /// Appends a node and infers its output's channels and scale. kModel, naming the node, when the
  /// inputs, parameters or attributes do not fit the operator's contract.
  Result<ValueId> add(Operator op, std::vector<ValueId> inputs, std::string name);

  /// Names the output; any value may be it, the input too (the identity).
  void set_output(ValueId value) { output_ = value; }

  ValueId input() const { return input_; }
  ValueId output() const { return output_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<Value>& values() const { return values_; }
  const Value& value(ValueId id) const { return values_[static_cast<size_t>(id)]; }
  const std::vector<WeightTensor>& parameters() const { return parameters_; }
  const WeightTensor& parameter(ParameterId id) const {
    return parameters_[static_cast<size_t>(id)];
  }

  /// For passes/place_concat.
  void set_placement(ValueId value, Placement placement) {
    values_[static_cast<size_t>(value)].placement = placement;
  }

 private:
  std::vector<Node> nodes_;
  std::vector<Value> values_;
  std::vector<WeightTensor> parameters_;
  ValueId input_ = kNoValue;
  ValueId output_ = kNoValue;
};

/// The size of every value for an input of `input` pixels, indexed by ValueId. kModel where a size
/// does not fit an operator (PixelUnshuffle of an odd height, an Add of maps of two sizes).
Result<std::vector<Size>> infer_sizes(const Graph& graph, Size input);

/// The size of one node's output from those of its inputs.
Result<Size> output_size(const Operator& op, const std::vector<Size>& inputs);

/// The rows of input `index`, of height `in_height`, that rows `rows` of the output need, clamped
/// to the map. `rows` must not be empty. The same function tells columns, as every operator is
/// separable in what it reads. Neither end falls as rows go down the map.
RowRange rows_needed(const Operator& op, size_t index, RowRange rows, int64_t in_height,
                     int64_t out_height);

/// The receptive radius of a network that sees all of the picture wherever it looks.
inline constexpr int64_t kWholePicture = int64_t{1} << 40;

/// How far, in input pixels, an output pixel sees beyond the input pixel it lies on: tiles that
/// overlap by this much equal the whole picture. 18 for animevideov3, 349 for RRDBNet with 23
/// blocks at x4, kWholePicture where an operator's statistics span it.
int64_t receptive_radius(const Graph& graph);

/// Number of elements of all parameters that some node reads.
int64_t parameter_count(const Graph& graph);

/// Multiply-accumulates of all convolutions for an input of `input` pixels.
Result<int64_t> multiply_accumulates(const Graph& graph, Size input);

/// The parameters that a node reads (kNoParameter left out).
std::vector<ParameterId> parameters_of(const Operator& op);

/// Calls visit(id) with each parameter id of an operator that is not kNoParameter; as a reference
/// to change where `op` is not const.
template <class Op, class Visit>
void visit_parameters(Op& op, Visit visit) {
  const auto one = [&](auto& id) {
    if (id != kNoParameter) visit(id);
  };
  const auto convolution = [&](auto& c) {
    one(c.weight);
    one(c.bias);
    one(c.activation.slopes);
  };
  if (auto* single = std::get_if<Convolution>(&op)) {
    convolution(*single);
  } else if (auto* upsample = std::get_if<UpsampleConvolution>(&op)) {
    convolution(*upsample);
  } else if (auto* shuffle = std::get_if<ShuffleConvolution>(&op)) {
    convolution(shuffle->convolution);
  } else if (auto* block = std::get_if<DenseBlock>(&op)) {
    for (auto& c : block->convolutions) convolution(c);
  } else if (auto* activate = std::get_if<Activate>(&op)) {
    one(activate->activation.slopes);
  } else if (auto* affine = std::get_if<Affine>(&op)) {
    one(affine->weight);
    one(affine->bias);
  } else if (auto* group_norm = std::get_if<GroupNormFactors>(&op)) {
    one(group_norm->weight);
    one(group_norm->bias);
  } else if (auto* channel_norm = std::get_if<ChannelNorm>(&op)) {
    one(channel_norm->weight);
    one(channel_norm->bias);
  }
}

}  // namespace fovea
