#include "loaders/rewriting/collapsed_convolution.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace fovea {

Result<std::vector<double>> read_values(const Weights& weights, const std::string& name,
                                        size_t rank) {
  const WeightTensor* const tensor = weights.find(name);
  if (tensor == nullptr) return fail(ErrorCode::kModel, "tensor {} is missing", name);
  if (tensor->shape.size() != rank)
    return fail(ErrorCode::kModel, "tensor {} has shape {}, expected {} dimensions", name,
                shape_string(tensor->shape), rank);
  FOVEA_TRY(check_finite(*tensor));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<float> values, to_f32(*tensor));
  return std::vector<double>(values.begin(), values.end());
}

Result<std::vector<double>> read_bias(const Weights& weights, const std::string& name, Bias bias,
                                      int64_t channels) {
  if (bias == Bias::kNone) return std::vector<double>(static_cast<size_t>(channels), 0.0);
  FOVEA_ASSIGN_OR_RETURN(std::vector<double> values, read_values(weights, name + ".bias", 1));
  if (static_cast<int64_t>(values.size()) != channels)
    return fail(ErrorCode::kModel, "tensor {}.bias has {} elements, expected {}", name,
                values.size(), channels);
  return values;
}

Result<CollapsedConvolution> read_convolution(const Weights& weights, const std::string& name,
                                              Bias bias, int64_t groups) {
  CollapsedConvolution result;
  FOVEA_ASSIGN_OR_RETURN(result.weight, read_values(weights, name + ".weight", 4));
  result.names.push_back(name + ".weight");
  const auto& shape = weights.find(name + ".weight")->shape;
  result.out_channels = shape[0];
  result.in_channels = shape[1] * groups;
  result.kernel = shape[2];
  result.groups = groups;
  if (shape[2] != shape[3] || shape[2] < 1 || shape[1] < 1 || shape[0] < 1 ||
      shape[0] % groups != 0)
    return fail(ErrorCode::kModel, "tensor {}.weight has shape {}, expected [out, in, k, k]{}",
                name, shape_string(shape), groups > 1 ? fmt::format(" of {} groups", groups) : "");
  FOVEA_ASSIGN_OR_RETURN(result.bias, read_bias(weights, name, bias, result.out_channels));
  if (bias == Bias::kStored) result.names.push_back(name + ".bias");
  return result;
}

CollapsedConvolution with_idle_inputs(CollapsedConvolution convolution, int64_t in_channels) {
  if (in_channels <= convolution.in_channels) return convolution;
  const int64_t area = convolution.kernel * convolution.kernel;
  const int64_t used = convolution.in_channels * area;
  std::vector<double> weight(static_cast<size_t>(convolution.out_channels * in_channels * area));
  for (int64_t out = 0; out < convolution.out_channels; ++out)
    std::copy_n(convolution.weight.begin() + out * used, used,
                weight.begin() + out * in_channels * area);
  convolution.weight = std::move(weight);
  convolution.in_channels = in_channels;
  return convolution;
}

Status check(const CollapsedConvolution& c) {
  const bool positive = c.in_channels > 0 && c.out_channels > 0 && c.kernel > 0 && c.groups > 0;
  if (!positive || c.in_channels % c.groups != 0 || c.out_channels % c.groups != 0 ||
      static_cast<int64_t>(c.bias.size()) != c.out_channels ||
      static_cast<int64_t>(c.weight.size()) !=
          c.out_channels * c.in_per_group() * c.kernel * c.kernel)
    return fail(ErrorCode::kModel,
                "a convolution of {} to {} channels, kernel {}, {} groups with {} weights and {} "
                "biases",
                c.in_channels, c.out_channels, c.kernel, c.groups, c.weight.size(), c.bias.size());
  return {};
}

}  // namespace fovea
