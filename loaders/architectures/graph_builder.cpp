#include "loaders/architectures/graph_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "loaders/architectures/tensor_names.h"

namespace fovea {
GraphBuilder::GraphBuilder(const Weights& weights, int64_t in_channels) : weights_(weights) {
  graph_.add_input(in_channels);
}

ValueId GraphBuilder::convolution(ValueId x, const std::string& name, int64_t out_channels,
                                  int64_t kernel) {
  return grouped_convolution(x, name, out_channels, kernel, 1);
}

ValueId GraphBuilder::convolution_without_bias(ValueId x, const std::string& name,
                                               int64_t out_channels, int64_t kernel) {
  return grouped_convolution(x, name, out_channels, kernel, 1, Bias::kNone);
}

ValueId GraphBuilder::grouped_convolution(ValueId x, const std::string& name, int64_t out_channels,
                                          int64_t kernel, int64_t groups, Bias has_bias) {
  const bool biased = has_bias == Bias::kStored;
  const WeightTensor* weight = take(name + ".weight");
  const WeightTensor* bias = biased ? take(name + ".bias") : nullptr;
  if (x == kNoValue || weight == nullptr || (biased && bias == nullptr)) return kNoValue;
  const int64_t in_channels = graph_.value(x).channels;
  if (in_channels % groups != 0) {
    remember({ErrorCode::kModel,
              fmt::format("{} has {} groups of {} channels", name, groups, in_channels)});
    return kNoValue;
  }
  if (!check(*weight, {out_channels, in_channels / groups, kernel, kernel})) return kNoValue;
  if (bias != nullptr && !check(*bias, {out_channels})) return kNoValue;

  Convolution convolution;
  convolution.weight = graph_.add_parameter(*weight);
  if (bias != nullptr) convolution.bias = graph_.add_parameter(*bias);
  convolution.out_channels = out_channels;
  convolution.kernel_h = kernel;
  convolution.kernel_w = kernel;
  convolution.groups = groups;
  return append(std::move(convolution), {x}, name);
}

ValueId GraphBuilder::convolution_of(ValueId x, const Result<CollapsedConvolution>& result,
                                     const std::string& name) {
  if (!result) {
    remember(result.error());
    return kNoValue;
  }
  const CollapsedConvolution& made = *result;
  for (const std::string& tensor : made.names) know(tensor);
  if (x == kNoValue) return kNoValue;
  if (graph_.value(x).channels != made.in_channels) {
    remember({ErrorCode::kModel, fmt::format("{} takes {} channels, expected {}", name,
                                             made.in_channels, graph_.value(x).channels)});
    return kNoValue;
  }
  Convolution convolution;
  convolution.weight = rounded(
      name + ".weight",
      {made.out_channels, made.in_channels / made.groups, made.kernel, made.kernel}, made.weight);
  convolution.bias = rounded(name + ".bias", {made.out_channels}, made.bias);
  convolution.out_channels = made.out_channels;
  convolution.kernel_h = made.kernel;
  convolution.kernel_w = made.kernel;
  convolution.groups = made.groups;
  return append(std::move(convolution), {x}, name);
}

ValueId GraphBuilder::shuffled_convolution_of(ValueId x, const Result<ShuffledConvolution>& result,
                                              const std::string& name) {
  if (!result) {
    remember(result.error());
    return kNoValue;
  }
  const ValueId y = convolution_of(x, result->convolution, name);
  return result->factor == 1 ? y : pixel_shuffle(y, result->factor, name + ".shuffle");
}

ParameterId GraphBuilder::rounded(const std::string& name, std::vector<int64_t> shape,
                                  const std::vector<double>& values) {
  WeightTensor tensor =
      make_weight(name, std::move(shape), std::vector<float>(values.begin(), values.end()));
  // Finite in f64 may be none in f32.
  if (auto finite = check_finite(tensor); !finite) remember(finite.error());
  return graph_.add_parameter(std::move(tensor));
}

ValueId GraphBuilder::activation(ValueId x, ActivationKind kind, const std::string& name) {
  return activate(x, {kind, 0.0f, kNoParameter}, name);
}

ValueId GraphBuilder::silu(ValueId x, const std::string& name) {
  return activate(x, {ActivationKind::kSilu, 0.0f, kNoParameter}, name);
}

ValueId GraphBuilder::sigmoid(ValueId x, const std::string& name) {
  return activate(x, {ActivationKind::kSigmoid, 0.0f, kNoParameter}, name);
}

ValueId GraphBuilder::multiply(ValueId a, ValueId b, const std::string& name) {
  return append(Multiply{}, {a, b}, name);
}

ValueId GraphBuilder::affine(ValueId x, std::span<const float> weight, std::span<const float> bias,
                             const std::string& name) {
  const auto channels = static_cast<int64_t>(weight.size());
  Affine op;
  op.weight = graph_.add_parameter(make_weight(name + ".weight", {channels}, weight));
  op.bias = graph_.add_parameter(make_weight(name + ".bias", {channels}, bias));
  return append(op, {x}, name);
}

ValueId GraphBuilder::scale(ValueId x, double factor, const std::string& name) {
  if (factor == 1.0 || x == kNoValue) return x;
  const auto count = static_cast<size_t>(channels(x));
  return affine(x, std::vector<float>(count, static_cast<float>(factor)), std::vector<float>(count),
                name);
}

void GraphBuilder::know(const std::string& name) {
  if (const WeightTensor* tensor = weights_.find(name)) taken_.insert(tensor->name);
}

ValueId GraphBuilder::relu(ValueId x, const std::string& name) {
  return activate(x, {ActivationKind::kRelu, 0.0f, kNoParameter}, name);
}

ValueId GraphBuilder::leaky_relu(ValueId x, float negative_slope, const std::string& name) {
  return activate(x, {ActivationKind::kLeakyRelu, negative_slope, kNoParameter}, name);
}

ValueId GraphBuilder::prelu(ValueId x, const std::string& name) {
  const WeightTensor* slopes = take(name + ".weight");
  if (x == kNoValue || slopes == nullptr) return kNoValue;
  const bool one_slope = slopes->shape == std::vector<int64_t>{1};
  if (!check(*slopes, {one_slope ? 1 : graph_.value(x).channels})) return kNoValue;
  return activate(x, {ActivationKind::kPrelu, 0.0f, graph_.add_parameter(*slopes)}, name);
}

ValueId GraphBuilder::add(ValueId a, float scale_a, ValueId b, float scale_b,
                          const std::string& name) {
  return append(Add{{scale_a, scale_b}}, {a, b}, name);
}

ValueId GraphBuilder::slice(ValueId x, int64_t begin, int64_t count, const std::string& name) {
  return append(Slice{begin, count}, {x}, name);
}

ValueId GraphBuilder::concat(const std::vector<ValueId>& inputs, const std::string& name) {
  return append(Concat{}, inputs, name);
}

ValueId GraphBuilder::upsample_nearest(ValueId x, int64_t factor, const std::string& name) {
  return upsample(x, ResizeFilter::kNearest, factor, name);
}

ValueId GraphBuilder::upsample(ValueId x, ResizeFilter filter, int64_t factor,
                               const std::string& name) {
  Resize resize;
  resize.filter = filter;
  resize.scale = {factor, 1};
  return append(resize, {x}, name);
}

ValueId GraphBuilder::pixel_shuffle(ValueId x, int64_t factor, const std::string& name) {
  return append(PixelShuffle{factor}, {x}, name);
}

ValueId GraphBuilder::pixel_unshuffle(ValueId x, int64_t factor, const std::string& name) {
  return append(PixelUnshuffle{factor}, {x}, name);
}

Result<Graph> GraphBuilder::finish(ValueId output) {
  if (!status_) return tl::unexpected(status_.error());
  if (!missing_.empty())
    return fail(ErrorCode::kModel, "{} of the network's tensors are missing: {}", missing_.size(),
                first_names(missing_));
  std::vector<std::string> unexpected;
  for (const WeightTensor& tensor : weights_.tensors()) {
    if (!taken_.contains(tensor.name)) unexpected.push_back(tensor.name);
  }
  if (!unexpected.empty())
    return fail(ErrorCode::kModel, "{} unexpected tensors: {}", unexpected.size(),
                first_names(unexpected));
  graph_.set_output(output);
  return std::move(graph_);
}

const WeightTensor* GraphBuilder::take(const std::string& name) {
  const WeightTensor* tensor = weights_.find(name);
  if (tensor == nullptr) {
    missing_.push_back(name);
    return nullptr;
  }
  taken_.insert(tensor->name);
  return tensor;
}

bool GraphBuilder::check(const WeightTensor& tensor, const std::vector<int64_t>& shape) {
  if (tensor.shape != shape) {
    remember({ErrorCode::kModel, fmt::format("tensor {} has shape {}, expected {}", tensor.name,
                                             shape_string(tensor.shape), shape_string(shape))});
    return false;
  }
  if (!is_floating_point(tensor.dtype)) {
    remember({ErrorCode::kModel, fmt::format("tensor {} holds {}, expected floating point",
                                             tensor.name, to_string(tensor.dtype))});
    return false;
  }
  if (auto finite = check_finite(tensor); !finite) {
    remember(finite.error());
    return false;
  }
  return true;
}

ValueId GraphBuilder::activate(ValueId x, Activation activation, const std::string& name) {
  return append(Activate{activation}, {x}, name);
}

ValueId GraphBuilder::append(Operator op, const std::vector<ValueId>& inputs,
                             const std::string& name) {
  if (std::find(inputs.begin(), inputs.end(), kNoValue) != inputs.end()) return kNoValue;
  auto value = graph_.add(std::move(op), inputs, name);
  if (value) return *value;
  remember(value.error());
  return kNoValue;
}

void GraphBuilder::remember(Error error) {
  if (status_) status_ = tl::unexpected(std::move(error));
}

}  // namespace fovea
