#include "loaders/rewriting/batch_norm.h"

#include <cmath>

namespace fovea {

Result<ChannelAffine> batch_norm(const std::vector<double>& weight, const std::vector<double>& bias,
                                 const std::vector<double>& mean,
                                 const std::vector<double>& variance, double epsilon) {
  const size_t channels = mean.size();
  if (variance.size() != channels || (!weight.empty() && weight.size() != channels) ||
      (!bias.empty() && bias.size() != channels))
    return fail(ErrorCode::kModel,
                "a batch normalisation of {} means, {} variances, {} weights and {} biases",
                channels, variance.size(), weight.size(), bias.size());
  ChannelAffine result;
  for (size_t c = 0; c < channels; ++c) {
    if (!(variance[c] + epsilon > 0))
      return fail(ErrorCode::kModel,
                  "a batch normalisation's variance {} of channel {} is not "
                  "positive",
                  variance[c], c);
    const double scale = (weight.empty() ? 1.0 : weight[c]) / std::sqrt(variance[c] + epsilon);
    result.scale.push_back(scale);
    result.shift.push_back((bias.empty() ? 0.0 : bias[c]) - scale * mean[c]);
  }
  return result;
}

Result<ChannelAffine> read_batch_norm(const Weights& weights, const std::string& name,
                                      double epsilon) {
  FOVEA_ASSIGN_OR_RETURN(const auto weight, read_values(weights, name + ".weight", 1));
  FOVEA_ASSIGN_OR_RETURN(const auto bias, read_values(weights, name + ".bias", 1));
  FOVEA_ASSIGN_OR_RETURN(const auto mean, read_values(weights, name + ".running_mean", 1));
  FOVEA_ASSIGN_OR_RETURN(const auto variance, read_values(weights, name + ".running_var", 1));
  if (weight.size() != mean.size() || bias.size() != mean.size())
    return fail(ErrorCode::kModel,
                "tensors {0}.weight, {0}.bias and {0}.running_mean have {1}, "
                "{2} and {3} elements; expected as many each",
                name, weight.size(), bias.size(), mean.size());
  auto result = batch_norm(weight, bias, mean, variance, epsilon);
  if (!result) return fail_in(name, std::move(result.error()));
  for (const char* tensor :
       {".weight", ".bias", ".running_mean", ".running_var", ".num_batches_tracked"})
    result->names.push_back(name + tensor);
  return result;
}

Result<CollapsedConvolution> followed_by(CollapsedConvolution c, const ChannelAffine& affine) {
  FOVEA_TRY(check(c));
  if (static_cast<int64_t>(affine.scale.size()) != c.out_channels ||
      affine.shift.size() != affine.scale.size())
    return fail(ErrorCode::kModel, "{} scales and {} shifts behind a convolution to {} channels",
                affine.scale.size(), affine.shift.size(), c.out_channels);
  const size_t per_channel = c.weight.size() / affine.scale.size();
  for (size_t o = 0; o < affine.scale.size(); ++o) {
    for (size_t i = o * per_channel; i < (o + 1) * per_channel; ++i) c.weight[i] *= affine.scale[o];
    c.bias[o] = c.bias[o] * affine.scale[o] + affine.shift[o];
  }
  c.names.insert(c.names.end(), affine.names.begin(), affine.names.end());
  return c;
}

}  // namespace fovea
