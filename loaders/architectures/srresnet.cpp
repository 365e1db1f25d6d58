// SRResNet, SRGAN's generator (Ledig et al. 2017, arXiv 1609.04802): residual blocks with batch
// normalisation, which is folded into the convolutions, and pixel shuffles by 2.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"
#include "loaders/architectures/srresnet_names.h"
#include "loaders/rewriting/batch_norm.h"

namespace fovea {
namespace {

bool detect(const Weights& weights) { return srresnet_names(weights).has_value(); }

class SrresnetBuilder {
 public:
  SrresnetBuilder(const Weights& weights, const SrresnetNames& names, int64_t in_channels,
                  int64_t features)
      : b_(weights, in_channels), weights_(weights), names_(names), features_(features) {}

  Result<Graph> build(const ConvolutionShape& first, const ConvolutionShape& last) {
    ValueId x = b_.convolution(b_.input(), names_.first, features_, first.kernel);
    x = b_.prelu(x, names_.first_activation);
    ValueId y = x;
    for (const auto& block : names_.blocks) {
      ValueId inner = normalised(y, block.convolution1, block.norm1);
      inner = normalised(b_.prelu(inner, block.activation), block.convolution2, block.norm2);
      y = b_.add(y, 1.0f, inner, 1.0f, block.convolution2 + ".add");
    }
    y = normalised(y, names_.middle, names_.middle_norm);
    y = b_.add(x, 1.0f, y, 1.0f, names_.middle + ".add");
    for (const auto& up : names_.ups) {
      y = b_.convolution(y, up.convolution, 4 * features_, 3);
      y = b_.prelu(b_.pixel_shuffle(y, 2, up.convolution + ".shuffle"), up.activation);
    }
    y = b_.convolution(y, names_.last, last.out_channels, last.kernel);
    for (const std::string& name : names_.unused) b_.know(name);
    return b_.finish(names_.ends_in_tanh ? to_samples(y, last.out_channels) : y);
  }

 private:
  ValueId normalised(ValueId x, const std::string& name, const std::string& norm) {
    return b_.convolution_of(x, folded(name, norm), name);
  }

  Result<CollapsedConvolution> folded(const std::string& name, const std::string& norm) {
    const bool biased = weights_.contains(name + ".bias");
    FOVEA_ASSIGN_OR_RETURN(auto convolution,
                           read_convolution(weights_, name, biased ? Bias::kStored : Bias::kNone));
    if (convolution.out_channels != features_)
      return fail(ErrorCode::kModel, "tensor {}.weight has {} channels out, expected {}", name,
                  convolution.out_channels, features_);
    FOVEA_ASSIGN_OR_RETURN(const auto affine, read_batch_norm(weights_, norm));
    return followed_by(std::move(convolution), affine);
  }

  // (tanh(y) + 1) / 2
  ValueId to_samples(ValueId y, int64_t channels) {
    const std::vector<float> halves(static_cast<size_t>(channels), 0.5f);
    return b_.affine(b_.activation(y, ActivationKind::kTanh, "tanh"), halves, halves, "samples");
  }

  GraphBuilder b_;
  const Weights& weights_;
  const SrresnetNames& names_;
  int64_t features_;
};

Result<Model> build(const Weights& weights) {
  const std::optional<SrresnetNames> names = srresnet_names(weights);
  if (!names) return fail(ErrorCode::kModel, "the names of its first layers are unknown");
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, names->first));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, names->last));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(first.in_channels, last.out_channels));
  // x32 is more than any published network, and keeps 2^n within range.
  if (names->ups.size() > 5)
    return fail(ErrorCode::kModel, "{} upsampling layers are more than 5", names->ups.size());
  SrresnetBuilder builder(weights, *names, first.in_channels, first.out_channels);
  FOVEA_ASSIGN_OR_RETURN(model.graph, builder.build(first, last));
  model.scale = model.graph.value(model.graph.output()).scale;
  model.details = {{"layout", names->layout},
                   {"in_channels", std::to_string(first.in_channels)},
                   {"out_channels", std::to_string(last.out_channels)},
                   {"num_feat", std::to_string(first.out_channels)},
                   {"num_block", std::to_string(names->blocks.size())}};
  return model;
}

}  // namespace

const Architecture kSrresnet = {"SRResNet", &detect, &build};

}  // namespace fovea
