// Writes a network down as its paper does, from named tensors.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph.h"
#include "engine/weights.h"
#include "loaders/rewriting/transposed_convolution.h"

namespace fovea {

/// Builds a Graph of plain, unfused operators whose parameters are tensors of a file.
///
/// An architecture's code reads like a forward function: every method returns a value and none
/// returns an error. What goes wrong is remembered, later operators on what could not be made do
/// nothing but ask for their tensors, and finish() tells all that is missing at once.
class GraphBuilder {
 public:
  /// `weights` must outlive the builder.
  GraphBuilder(const Weights& weights, int64_t in_channels);

  ValueId input() const { return graph_.input(); }

  /// Convolution by the tensors NAME.weight (out_channels, channels of x, kernel, kernel) and
  /// NAME.bias (out_channels); the node is called NAME.
  ValueId convolution(ValueId x, const std::string& name, int64_t out_channels, int64_t kernel);

  /// The same without NAME.bias.
  ValueId convolution_without_bias(ValueId x, const std::string& name, int64_t out_channels,
                                   int64_t kernel);

  /// A convolution of `groups` groups: of the weight's in_channels each output reads its group's.
  ValueId grouped_convolution(ValueId x, const std::string& name, int64_t out_channels,
                              int64_t kernel, int64_t groups, Bias bias = Bias::kStored);

  /// A convolution with values that were made of tensors of the file (loaders/rewriting), rounded
  /// to f32 here; those that it names are no longer left over. An error of making it is remembered.
  ValueId convolution_of(ValueId x, const Result<CollapsedConvolution>& convolution,
                         const std::string& name);

  /// The same, then its pixel shuffle: a rewritten transposed convolution.
  ValueId shuffled_convolution_of(ValueId x, const Result<ShuffledConvolution>& convolution,
                                  const std::string& name);

  ValueId relu(ValueId x, const std::string& name);
  ValueId leaky_relu(ValueId x, float negative_slope, const std::string& name);

  /// One that has no parameters: tanh, GELU, ...
  ValueId activation(ValueId x, ActivationKind kind, const std::string& name);
  ValueId silu(ValueId x, const std::string& name);
  ValueId sigmoid(ValueId x, const std::string& name);

  /// PReLU by the tensor NAME.weight: one slope, or one a channel.
  ValueId prelu(ValueId x, const std::string& name);

  /// scale_a * a + scale_b * b
  ValueId add(ValueId a, float scale_a, ValueId b, float scale_b, const std::string& name);

  /// a * b
  ValueId multiply(ValueId a, ValueId b, const std::string& name);

  /// weight[c] * x + bias[c], with values that are not in the file.
  ValueId affine(ValueId x, std::span<const float> weight, std::span<const float> bias,
                 const std::string& name);

  /// factor * x; x itself where the factor is 1.
  ValueId scale(ValueId x, double factor, const std::string& name);

  /// Channels [begin, begin + count).
  ValueId slice(ValueId x, int64_t begin, int64_t count, const std::string& name);
  ValueId concat(const std::vector<ValueId>& inputs, const std::string& name);
  ValueId upsample(ValueId x, ResizeFilter filter, int64_t factor, const std::string& name);
  ValueId upsample_nearest(ValueId x, int64_t factor, const std::string& name);
  ValueId pixel_shuffle(ValueId x, int64_t factor, const std::string& name);
  ValueId pixel_unshuffle(ValueId x, int64_t factor, const std::string& name);

  /// LayerNorm over the channels of each pixel by NAME.weight and NAME.bias (channels).
  ValueId layer_norm(ValueId x, const std::string& name, double epsilon);

  /// GroupNorm over the whole picture by NAME.weight and NAME.bias (channels).
  ValueId group_norm(ValueId x, const std::string& name, int64_t groups, double epsilon);

  /// Any operator that has no method of its own.
  ValueId apply(Operator op, const std::vector<ValueId>& inputs, const std::string& name);

  /// Tensor NAME as a parameter for apply(), of exactly that shape; none where it is missing.
  ParameterId parameter(const std::string& name, const std::vector<int64_t>& shape);

  /// The channels of x; 0 where it could not be made.
  int64_t channels(ValueId x) const { return x == kNoValue ? 0 : graph_.value(x).channels; }

  /// A tensor that the file may have and that tells nothing more: it is not left over.
  void know(const std::string& name);

  /// The graph with `output`. kModel: the first misfit, else the tensors that are missing, else
  /// those that nothing asked for (the first five of each).
  Result<Graph> finish(ValueId output);

 private:
  ParameterId rounded(const std::string& name, std::vector<int64_t> shape,
                      const std::vector<double>& values);
  const WeightTensor* take(const std::string& name);
  bool check(const WeightTensor& tensor, const std::vector<int64_t>& shape);
  ValueId activate(ValueId x, Activation activation, const std::string& name);
  ValueId append(Operator op, const std::vector<ValueId>& inputs, const std::string& name);
  void remember(Error error);

  const Weights& weights_;
  Graph graph_;
  std::set<std::string_view> taken_;
  std::vector<std::string> missing_;
  Status status_;
};

}  // namespace fovea
