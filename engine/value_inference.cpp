#include "engine/value_inference.h"

#include <fmt/format.h>

namespace fovea {
namespace {

// The channels and scale of an operator's output, or what does not fit. One overload an operator.
class ValueInference {
 public:
  ValueInference(const Graph& graph, const std::vector<ValueId>& inputs)
      : graph_(graph), inputs_(inputs) {}

  Result<Value> operator()(const Convolution& op) const {
    FOVEA_TRY(check_convolution(op, inputs_.empty() ? 0 : input(0).channels));
    return make_value(op.out_channels, input(0).scale);
  }

  Result<Value> operator()(const DenseBlock& op) const {
    if (op.convolutions.empty()) return fail(ErrorCode::kModel, "has no convolutions");
    int64_t channels = inputs_.empty() ? 0 : input(0).channels;
    for (size_t i = 0; i + 1 < op.convolutions.size(); ++i) {
      if (!op.convolutions[i].residuals.empty())
        return fail(ErrorCode::kModel, "convolution {} has residuals", i);
      FOVEA_TRY(check_weights(op.convolutions[i], channels));
      channels += op.convolutions[i].out_channels;
    }
    FOVEA_TRY(check_convolution(op.convolutions.back(), channels));
    return make_value(op.convolutions.back().out_channels, input(0).scale);
  }

  Result<Value> operator()(const UpsampleConvolution& op) const {
    FOVEA_TRY(need_inputs(1));
    FOVEA_TRY(need_parameter(op.weight, {4, op.out_channels, input(0).channels, 2, 2}));
    FOVEA_TRY(need_optional(op.bias, {op.out_channels}));
    FOVEA_TRY(need_slopes(op.activation, op.out_channels));
    return scaled_value(op.out_channels, Scale{2, 1});
  }

  Result<Value> operator()(const ShuffleConvolution& op) const {
    FOVEA_TRY(need_inputs(op.base ? 2 : 1));
    if (!op.convolution.residuals.empty())
      return fail(ErrorCode::kModel, "the convolution has residuals");
    FOVEA_TRY(check_weights(op.convolution, input(0).channels));
    FOVEA_ASSIGN_OR_RETURN(Value value, shuffled_value(op.convolution.out_channels, op.factor));
    if (op.base && (input(1).channels != value.channels || input(1).scale != input(0).scale))
      return fail(ErrorCode::kModel, "base {} has {} channels, expected {} at the input's scale",
                  input(1).name, input(1).channels, value.channels);
    return value;
  }

  Result<Value> operator()(const Activate& op) const {
    FOVEA_TRY(need_inputs(1));
    FOVEA_TRY(need_slopes(op.activation, input(0).channels));
    return make_value(input(0).channels, input(0).scale);
  }

  Result<Value> operator()(const Add& op) const {
    FOVEA_TRY(need_inputs(op.scales.size()));
    return same_or_picture_wide();
  }

  Result<Value> operator()(const Multiply&) const {
    FOVEA_TRY(need_inputs(2));
    return same_or_picture_wide();
  }

  Result<Value> operator()(const Concat&) const {
    if (inputs_.empty()) return fail(ErrorCode::kModel, "has no inputs");
    int64_t channels = 0;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (input(i).scale != input(0).scale)
        return fail(ErrorCode::kModel, "inputs {} and {} have different scales", input(0).name,
                    input(i).name);
      channels += input(i).channels;
    }
    return make_value(channels, input(0).scale);
  }

  Result<Value> operator()(const Slice& op) const {
    FOVEA_TRY(need_inputs(1));
    if (op.begin < 0 || op.count < 1 || op.begin > input(0).channels - op.count)
      return fail(ErrorCode::kModel, "channels {} + {} are not within {}", op.begin, op.count,
                  input(0).channels);
    return make_value(op.count, input(0).scale);
  }

  Result<Value> operator()(const Resize& op) const {
    if (inputs_.size() == 2) {
      if (op.scale.known()) return fail(ErrorCode::kModel, "has both a scale and a size to reach");
      return make_value(input(0).channels, input(1).scale);
    }
    FOVEA_TRY(need_inputs(1));
    if (!op.scale.known()) return fail(ErrorCode::kModel, "the resize has no scale");
    if (op.scale.denominator < 1)
      return fail(ErrorCode::kModel, "the resize's scale is {}/{}", op.scale.numerator,
                  op.scale.denominator);
    return scaled_value(input(0).channels, op.scale);
  }

  Result<Value> operator()(const PixelShuffle& op) const {
    FOVEA_TRY(need_inputs(1));
    return shuffled_value(input(0).channels, op.factor);
  }

  Result<Value> operator()(const PixelUnshuffle& op) const {
    FOVEA_TRY(need_inputs(1));
    FOVEA_TRY(need_factor(op.factor));
    return scaled_value(input(0).channels * op.factor * op.factor, Scale{1, op.factor});
  }

  Result<Value> operator()(const Affine& op) const {
    FOVEA_TRY(need_inputs(1));
    FOVEA_TRY(need_optional(op.weight, {input(0).channels}));
    FOVEA_TRY(need_optional(op.bias, {input(0).channels}));
    return make_value(input(0).channels, input(0).scale);
  }

  Result<Value> operator()(const Clamp& op) const {
    FOVEA_TRY(need_inputs(1));
    if (!(op.low <= op.high)) return fail(ErrorCode::kModel, "clamp to {}...{}", op.low, op.high);
    return make_value(input(0).channels, input(0).scale);
  }

  Result<Value> operator()(const GlobalAverage&) const {
    FOVEA_TRY(need_inputs(1));
    return make_value(input(0).channels, kPictureWide);
  }

  Result<Value> operator()(const GroupNormFactors& op) const {
    FOVEA_TRY(need_inputs(1));
    if (op.groups < 1 || input(0).channels % op.groups != 0)
      return fail(ErrorCode::kModel, "{} channels do not divide into {} groups", input(0).channels,
                  op.groups);
    FOVEA_TRY(need_norm(op.weight, op.bias, op.epsilon));
    return make_value(2 * input(0).channels, kPictureWide);
  }

  Result<Value> operator()(const ChannelNorm& op) const {
    FOVEA_TRY(need_inputs(1));
    FOVEA_TRY(need_norm(op.weight, op.bias, op.epsilon));
    return make_value(input(0).channels, input(0).scale);
  }

  Result<Value> operator()(const Pad& op) const {
    FOVEA_TRY(need_inputs(1));
    FOVEA_TRY(need_margin(op.margin));
    FOVEA_TRY(need_within("multiple", op.multiple, kMaxMargin));
    return make_value(input(0).channels, input(0).scale);
  }

  Result<Value> operator()(const Crop& op) const {
    FOVEA_TRY(need_inputs(inputs_.size() == 2 ? 2 : 1));
    FOVEA_TRY(need_margin(op.margin));
    FOVEA_TRY(need_factor(op.factor));
    if (inputs_.size() == 1) return make_value(input(0).channels, input(0).scale);
    FOVEA_ASSIGN_OR_RETURN(const Scale scale, multiply(input(1).scale, Scale{op.factor, 1}));
    return make_value(input(0).channels, scale);
  }

  Result<Value> operator()(const Pool& op) const {
    FOVEA_TRY(need_inputs(1));
    FOVEA_TRY(need_margin(op.margin));
    FOVEA_TRY(need_within("kernel", op.kernel, kMaxMargin));
    FOVEA_TRY(need_within("stride", op.stride, kMaxFactor));
    return scaled_value(input(0).channels, Scale{1, op.stride});
  }

  Result<Value> operator()(const GridSample& op) const {
    FOVEA_TRY(need_inputs(2));
    FOVEA_TRY(need_factor(op.factor));
    if (op.groups < 1 || input(0).channels % op.groups != 0)
      return fail(ErrorCode::kModel, "{} channels do not divide into {} groups", input(0).channels,
                  op.groups);
    const int64_t offsets = 2 * op.groups * op.factor * op.factor;
    if (input(1).channels != offsets || input(1).scale != input(0).scale)
      return fail(ErrorCode::kModel,
                  "offsets {} have {} channels, expected {} at the input's scale", input(1).name,
                  input(1).channels, offsets);
    return scaled_value(input(0).channels, Scale{op.factor, 1});
  }

 private:
  // Bounds what a model file can ask for; the widest published networks have 256 channels and one
  // shuffle of 8.
  static constexpr int64_t kMaxChannels = 1 << 16;
  static constexpr int64_t kMaxFactor = 16;
  static constexpr int64_t kMaxMargin = 256;

  const Value& input(size_t index) const { return graph_.value(inputs_[index]); }

  Status need_inputs(size_t count) const {
    if (inputs_.size() != count || count == 0)
      return fail(ErrorCode::kModel, "has {} inputs, expected {}", inputs_.size(), count);
    return {};
  }

  // A convolution of `channels` channels whose residuals are this node's inputs 1...
  Status check_convolution(const Convolution& op, int64_t channels) const {
    FOVEA_TRY(need_inputs(1 + op.residuals.size()));
    FOVEA_TRY(check_weights(op, channels));
    for (size_t i = 1; i < inputs_.size(); ++i) {
      if (input(i).channels != op.out_channels || input(i).scale != input(0).scale)
        return fail(ErrorCode::kModel, "residual {} does not have the output's shape",
                    input(i).name);
    }
    return {};
  }

  Status check_weights(const Convolution& op, int64_t channels) const {
    if (op.kernel_h < 1 || op.kernel_w < 1 || op.kernel_h % 2 == 0 || op.kernel_w % 2 == 0)
      return fail(ErrorCode::kModel, "kernel {}x{} is not odd", op.kernel_h, op.kernel_w);
    if (op.groups < 1 || channels % op.groups != 0 || op.out_channels % op.groups != 0)
      return fail(ErrorCode::kModel, "{} -> {} channels do not divide into {} groups", channels,
                  op.out_channels, op.groups);
    FOVEA_TRY(need_parameter(op.weight,
                             {op.out_channels, channels / op.groups, op.kernel_h, op.kernel_w}));
    FOVEA_TRY(need_optional(op.bias, {op.out_channels}));
    return need_slopes(op.activation, op.out_channels);
  }

  Status need_within(std::string_view what, int64_t value, int64_t most) const {
    if (value < 1 || value > most)
      return fail(ErrorCode::kModel, "{} {} is not within 1...{}", what, value, most);
    return {};
  }

  Status need_factor(int64_t factor) const { return need_within("factor", factor, kMaxFactor); }

  Status need_margin(int64_t margin) const {
    if (margin < 0 || margin > kMaxMargin)
      return fail(ErrorCode::kModel, "margin {} is not within 0...{}", margin, kMaxMargin);
    return {};
  }

  Status need_norm(ParameterId weight, ParameterId bias, double epsilon) const {
    if (!(epsilon > 0 && epsilon <= 1))
      return fail(ErrorCode::kModel, "epsilon {} is not within 0...1", epsilon);
    FOVEA_TRY(need_optional(weight, {input(0).channels}));
    return need_optional(bias, {input(0).channels});
  }

  Status need_parameter(ParameterId id, const std::vector<int64_t>& shape) const {
    if (id < 0 || static_cast<size_t>(id) >= graph_.parameters().size())
      return fail(ErrorCode::kModel, "a parameter is missing");
    const WeightTensor& tensor = graph_.parameter(id);
    if (tensor.shape != shape)
      return fail(ErrorCode::kModel, "tensor {} has shape {}, expected {}", tensor.name,
                  shape_string(tensor.shape), shape_string(shape));
    return {};
  }

  Status need_optional(ParameterId id, const std::vector<int64_t>& shape) const {
    return id == kNoParameter ? Status{} : need_parameter(id, shape);
  }

  Status need_slopes(const Activation& activation, int64_t channels) const {
    if (activation.kind != ActivationKind::kPrelu) return {};
    if (auto one = need_parameter(activation.slopes, {1}); one) return {};
    return need_parameter(activation.slopes, {channels});
  }

  Result<Value> same_or_picture_wide() const {
    for (size_t i = 1; i < inputs_.size(); ++i) {
      const bool fits = input(i).scale == input(0).scale || input(i).scale == kPictureWide;
      if (input(i).channels != input(0).channels || !fits)
        return fail(ErrorCode::kModel, "inputs {} and {} have different shapes", input(0).name,
                    input(i).name);
    }
    return make_value(input(0).channels, input(0).scale);
  }

  // `channels` channels of the input's size, pixel-shuffled.
  Result<Value> shuffled_value(int64_t channels, int64_t factor) const {
    FOVEA_TRY(need_factor(factor));
    const int64_t area = factor * factor;
    if (channels % area != 0)
      return fail(ErrorCode::kModel, "{} channels are not a multiple of {}^2", channels, factor);
    return scaled_value(channels / area, Scale{factor, 1});
  }

  Result<Value> scaled_value(int64_t channels, Scale factor) const {
    FOVEA_ASSIGN_OR_RETURN(const Scale scale, multiply(input(0).scale, factor));
    return make_value(channels, scale);
  }

  Result<Value> make_value(int64_t channels, Scale scale) const {
    if (channels < 1 || channels > kMaxChannels)
      return fail(ErrorCode::kModel, "{} channels are not within 1...{}", channels, kMaxChannels);
    return Value{"", channels, scale, {}};
  }

  const Graph& graph_;
  const std::vector<ValueId>& inputs_;
};

}  // namespace

Result<Value> infer_value(const Graph& graph, const Operator& op,
                          const std::vector<ValueId>& inputs) {
  return std::visit(ValueInference(graph, inputs), op);
}

}  // namespace fovea
