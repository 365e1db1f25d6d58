// Batch normalisation with its running statistics is one multiplication and addition a channel.
#pragma once

#include <string>
#include <vector>

#include "loaders/rewriting/collapsed_convolution.h"

namespace fovea {

/// y[..., c] = scale[c] * x[..., c] + shift[c]
struct ChannelAffine {
  std::vector<double> scale;
  std::vector<double> shift;
  std::vector<std::string> names;  // of the tensors that it was made of
};

/// BatchNorm2d (Ioffe & Szegedy 2015, arXiv 1502.03167) as it runs after training: scale = weight /
/// sqrt(variance + epsilon), shift = bias - scale * mean. Empty `weight` or `bias` are ones and
/// zeros (affine=False). kModel where the sizes differ or variance + epsilon is not positive.
Result<ChannelAffine> batch_norm(const std::vector<double>& weight, const std::vector<double>& bias,
                                 const std::vector<double>& mean,
                                 const std::vector<double>& variance, double epsilon);

/// The same by the tensors NAME.weight, NAME.bias, NAME.running_mean and NAME.running_var, with
/// PyTorch's default epsilon; NAME.num_batches_tracked is known and not read. kModel when one is
/// missing or misshaped.
Result<ChannelAffine> read_batch_norm(const Weights& weights, const std::string& name,
                                      double epsilon = 1e-5);

/// `convolution` followed by `affine`. Only behind: a normalisation before a convolution is none of
/// its own, as the zeros it is padded with are not normalised. kModel where the channels differ.
Result<CollapsedConvolution> followed_by(CollapsedConvolution convolution,
                                         const ChannelAffine& affine);

}  // namespace fovea
