// EDSR (Lim et al. 2017, arXiv 1707.02921): residual blocks without normalisation, pixel shuffles,
// on colours of which the training pictures' mean is taken.
#include <fmt/format.h>

#include "loaders/architectures/edsr_names.h"
#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/mean_shift.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

bool detect(const Weights& weights) { return edsr_names(weights).has_value(); }

// The strength of a block's result where its input is added. No tensor tells it: of the two
// published networks it is known, that of others stands in the metadata.
Result<float> residual_scale(const Weights& weights, int64_t features, size_t blocks) {
  FOVEA_ASSIGN_OR_RETURN(const std::optional<double> told, metadata_number(weights, "res_scale"));
  if (told) return static_cast<float>(*told);
  if (features == 64 && blocks == 16) return 1.0f;   // EDSR-baseline, EDSR_M
  if (features == 256 && blocks == 32) return 0.1f;  // EDSR, EDSR_L
  return fail(ErrorCode::kModel,
              "its tensors do not tell the residual scale of {} blocks of {} features; set its "
              "metadata key res_scale (the published networks have 1 with 16 of 64, 0.1 with 32 of "
              "256)",
              blocks, features);
}

class EdsrBuilder {
 public:
  EdsrBuilder(const Weights& weights, const EdsrNames& names, int64_t channels, int64_t features,
              float res_scale)
      : b_(weights, channels),
        weights_(weights),
        names_(names),
        channels_(channels),
        features_(features),
        res_scale_(res_scale) {}

  Result<Graph> build(int64_t out_channels) {
    FOVEA_TRY(read_shift());
    ValueId x = b_.input();
    x = shifted(x, range_, -range_, "sub_mean");
    x = b_.convolution(x, names_.first, features_, 3);
    ValueId y = x;
    for (const auto& block : names_.blocks) {
      ValueId inner = b_.convolution(y, block.convolution1, features_, 3);
      inner = b_.relu(inner, block.convolution1 + ".relu");
      inner = b_.convolution(inner, block.convolution2, features_, 3);
      y = b_.add(inner, res_scale_, y, 1.0f, block.convolution2 + ".add");
    }
    y = b_.convolution(y, names_.middle, features_, 3);
    y = b_.add(y, 1.0f, x, 1.0f, names_.middle + ".add");
    for (const std::string& name : names_.ups) y = enlarged(y, name);
    y = b_.convolution(y, names_.last, out_channels, 3);
    return b_.finish(shifted(y, 1.0 / range_, 1.0, "add_mean"));
  }

  double range() const { return range_; }

 private:
  ValueId enlarged(ValueId x, const std::string& name) {
    const auto shape = convolution_shape(weights_, name);
    const int64_t factor = shape && shape->out_channels == 9 * features_ ? 3 : 2;
    const ValueId y = b_.convolution(x, name, features_ * factor * factor, 3);
    return b_.pixel_shuffle(y, factor, name + ".shuffle");
  }

  // scale * x + shift * mean
  ValueId shifted(ValueId x, double scale, double shift, const std::string& name) {
    std::vector<float> weight, bias;
    for (const double mean : mean_) {
      weight.push_back(static_cast<float>(scale));
      bias.push_back(static_cast<float>(shift * mean));
    }
    return b_.affine(x, weight, bias, name);
  }

  // The mean and the range of samples: stored as sub_mean, an identity with a bias of -range *
  // mean, and add_mean, its opposite; where they are not stored, the network's own code has them.
  Status read_shift() {
    FOVEA_ASSIGN_OR_RETURN(const PictureMean told, names_.has_stored_mean
                                                       ? read_picture_mean(weights_, channels_)
                                                       : div2k_mean(names_.range, channels_));
    range_ = told.range;
    mean_ = told.mean;
    for (const std::string& name : told.names) b_.know(name);
    return {};
  }

  GraphBuilder b_;
  const Weights& weights_;
  const EdsrNames& names_;
  int64_t channels_;
  int64_t features_;
  float res_scale_;
  double range_ = 1.0;
  std::vector<double> mean_;
};

Result<Model> build(const Weights& weights) {
  const std::optional<EdsrNames> names = edsr_names(weights);
  if (!names) return fail(ErrorCode::kModel, "its first and last convolutions are missing");
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, names->first));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, names->last));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(first.in_channels, last.out_channels));
  if (first.in_channels != last.out_channels)
    return fail(ErrorCode::kModel, "it turns {} channels into {}", first.in_channels,
                last.out_channels);
  // x32 is more than any published network, and keeps 2^n within range.
  if (names->ups.size() > 5)
    return fail(ErrorCode::kModel, "{} upsampling layers are more than 5", names->ups.size());
  FOVEA_ASSIGN_OR_RETURN(const float res_scale,
                         residual_scale(weights, first.out_channels, names->blocks.size()));
  EdsrBuilder builder(weights, *names, first.in_channels, first.out_channels, res_scale);
  FOVEA_ASSIGN_OR_RETURN(model.graph, builder.build(last.out_channels));
  model.scale = model.graph.value(model.graph.output()).scale;
  model.details = {{"layout", names->layout},
                   {"channels", std::to_string(first.in_channels)},
                   {"num_feat", std::to_string(first.out_channels)},
                   {"num_block", std::to_string(names->blocks.size())},
                   {"res_scale", fmt::format("{}", res_scale)},
                   {"range", fmt::format("{}", builder.range())}};
  return model;
}

}  // namespace

const Architecture kEdsr = {"EDSR", &detect, &build};

}  // namespace fovea
