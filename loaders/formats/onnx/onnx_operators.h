// What each supported ONNX operator becomes: numbers where its inputs are numbers, else operators
// of a Graph.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph.h"
#include "loaders/formats/file_bytes.h"
#include "loaders/formats/onnx/onnx_attributes.h"
#include "loaders/formats/onnx/onnx_tensor_message.h"
#include "loaders/formats/onnx/onnx_value.h"

namespace fovea {

/// What a network is built with.
struct OnnxBuild {
  explicit OnnxBuild(const OnnxData& from) : data(from) {}

  const OnnxData data;
  Graph graph;
  int64_t opset = 0;
  Extent height;  ///< of the picture
  Extent width;
  int64_t constants = 0;  ///< elements made so far that are not the file's
  int64_t used = 0;       ///< elements of all parameters, each time that they are used
  int64_t multiple = 1;   ///< of which the picture's sides are taken to be multiples

  /// kModel where `count` more elements would be more than all networks have: a few bytes of a file
  /// must not ask for much memory.
  Status make_room(int64_t count);

  /// kModel where a tensor of `count` elements used once more makes the weights far more than the
  /// file: a tensor may be used by many nodes, and each packs its own.
  Status use(int64_t count);

  /// Takes the picture's sides to be such that `extent` is a whole number.
  void note(const Extent& extent);

  /// The size of a value of the graph.
  Extent height_of(ValueId id) const { return scaled(height, id); }
  Extent width_of(ValueId id) const { return scaled(width, id); }

  /// A map that is all of a value.
  OnnxMap map_of(ValueId id) const;

  /// Pixels of a side besides those of its scale; see onnx_surplus.h.
  int64_t surplus_of(ValueId id) const;
  void set_surplus(ValueId id, int64_t surplus);

  /// The node that makes a value; null for the input.
  const Node* maker(ValueId id) const;

 private:
  Extent scaled(Extent side, ValueId id) const;

  std::map<ValueId, int64_t> surplus_;  // where there is any
};

/// One node and the values it reads.
class OnnxCall {
 public:
  OnnxCall(const OnnxNode& of, OnnxAttributes& read, std::vector<OnnxValue*> inputs,
           OnnxBuild& into)
      : node(of), attributes(read), build(into), inputs_(std::move(inputs)) {}

  const OnnxNode& node;
  OnnxAttributes& attributes;
  OnnxBuild& build;

  size_t count() const { return inputs_.size(); }
  bool has(size_t index) const { return index < count() && inputs_[index] != nullptr; }
  const OnnxMap* map(size_t index) const;
  const OnnxConstant* constant(size_t index) const;

  /// All of a value, as the node's only result.
  std::vector<OnnxValue> result(ValueId id) const { return {OnnxValue(build.map_of(id))}; }

  /// A constant that must be there, and the elements of one that need not.
  Result<const OnnxConstant*> need_constant(size_t index, std::string_view what) const;
  Result<std::vector<int64_t>> integers(size_t index, std::string_view what) const;
  Result<std::vector<Extent>> extents(size_t index, std::string_view what) const;
  Result<float> number(size_t index, float fallback, std::string_view what) const;

  /// The value of the engine's graph that input `index` is, with all that was left for a node to
  /// absorb. kModel where the engine has no such thing.
  Result<ValueId> value(size_t index) const;

  /// The same but for the border of zeros, or for the border and convolutions that wait behind it,
  /// or for the factor, which the caller absorbs.
  Result<ValueId> value_without_border(size_t index) const;
  Result<ValueId> value_to_wait(size_t index) const;
  Result<ValueId> value_without_factor(size_t index) const;

  int64_t channels(ValueId id) const { return build.graph.value(id).channels; }

  /// Appends an operator named after the node, or after the node and `suffix`.
  Result<ValueId> add(Operator op, std::vector<ValueId> values, std::string_view suffix = "") const;

  /// The map of an operator appended so.
  Result<OnnxValue> added(Operator op, std::vector<ValueId> values,
                          std::string_view suffix = "") const;

  /// A parameter of finite floating-point numbers, with its own shape or as `shape`.
  Result<ParameterId> parameter(const OnnxConstant& constant, std::vector<int64_t> shape) const;
  Result<ParameterId> parameter(std::string_view suffix, std::vector<int64_t> shape,
                                std::span<const float> values) const;

  /// The channels `sources` of a value, in this order.
  Result<ValueId> pick_channels(ValueId id, const std::vector<int64_t>& sources) const;

  std::string name() const;

 private:
  OnnxMap& map_at(size_t index) const { return std::get<OnnxMap>(*inputs_[index]); }
  Result<ValueId> scaled(ValueId id, float factor) const;
  Status finish_waiting(OnnxMap& map) const;
  Status arrange(OnnxMap& map) const;
  Result<ValueId> pick_from_convolution(ValueId id, const std::vector<int64_t>& sources) const;

  std::vector<OnnxValue*> inputs_;
};

/// A kind of operator. `fold` is called where all inputs are numbers, `build` else; null where
/// there is no such case. Both read all attributes and ask attributes.done(). They return the
/// outputs, of which those that nobody reads may be left out.
struct OnnxOperator {
  using Function = Result<std::vector<OnnxValue>> (*)(const OnnxCall& call);

  std::string_view type;
  size_t min_inputs = 1;
  size_t max_inputs = 1;
  Function fold = nullptr;
  Function build = nullptr;
};

/// The operators, by file.
std::span<const OnnxOperator> onnx_arithmetic_operators();
std::span<const OnnxOperator> onnx_constant_operators();
std::span<const OnnxOperator> onnx_convolution_operators();
std::span<const OnnxOperator> onnx_margin_operators();
std::span<const OnnxOperator> onnx_pointwise_operators();
std::span<const OnnxOperator> onnx_pooling_operators();
std::span<const OnnxOperator> onnx_resize_operators();
std::span<const OnnxOperator> onnx_shape_operators();

/// The operator called `type`; null when it is not supported.
const OnnxOperator* find_onnx_operator(std::string_view type);

/// `axis` of a tensor of `rank` dimensions, counted from the end where it is negative.
Result<size_t> onnx_axis(int64_t axis, size_t rank);

/// One output.
inline Result<std::vector<OnnxValue>> one(Result<OnnxValue> value) {
  if (!value) return tl::unexpected(std::move(value.error()));
  return std::vector<OnnxValue>{std::move(*value)};
}

}  // namespace fovea
