// RRDBNet: ESRGAN's generator (Wang et al. 2018, arXiv 1809.00219) with the tensor names of
// Real-ESRGAN (Wang et al. 2021, arXiv 2107.10833). Scales below 4 feed it a pixel-unshuffled
// picture.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

constexpr float kSlope = 0.2f;          // of every LeakyReLU
constexpr float kResidualScale = 0.2f;  // of a block's output where its input is added again

struct RrdbNetParameters {
  int64_t in_channels = 0;  // of the picture, before the unshuffle
  int64_t out_channels = 0;
  int64_t num_feat = 0;
  int64_t num_grow_ch = 0;
  int64_t num_block = 0;
  int64_t unshuffle = 1;
  int64_t up_convolutions = 0;
};

bool detect(const Weights& weights) {
  return weights.contains("conv_first.weight") && weights.contains("body.0.rdb1.conv1.weight") &&
         weights.contains("conv_body.weight") && weights.contains("conv_last.weight");
}

// A picture unshuffled by r has r^2 times its channels. 4 or 16 times the output's channels can be
// nothing else: a network of four or more times as many channels in as out does not exist
// otherwise.
int64_t unshuffle_factor(int64_t network_in, int64_t out_channels) {
  if (network_in % out_channels != 0) return 1;
  const int64_t ratio = network_in / out_channels;
  return ratio == 4 ? 2 : ratio == 16 ? 4 : 1;
}

Result<RrdbNetParameters> read_parameters(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, "conv_first"));
  FOVEA_ASSIGN_OR_RETURN(const auto grow, convolution_shape(weights, "body.0.rdb1.conv1"));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, "conv_last"));
  RrdbNetParameters p;
  p.out_channels = last.out_channels;
  p.num_feat = first.out_channels;
  p.num_grow_ch = grow.out_channels;
  p.num_block = count_numbered(weights, "body.", ".rdb1.conv1.weight");
  p.unshuffle = unshuffle_factor(first.in_channels, last.out_channels);
  p.in_channels = first.in_channels / (p.unshuffle * p.unshuffle);
  while (weights.contains(fmt::format("conv_up{}.weight", p.up_convolutions + 1)))
    ++p.up_convolutions;

  // x32 from five is already more than any published network; the bound keeps 2^n within range.
  constexpr int64_t kMaxUpConvolutions = 5;
  const int64_t enlargement = int64_t{1} << std::min(p.up_convolutions, kMaxUpConvolutions);
  if (p.up_convolutions > kMaxUpConvolutions || enlargement < p.unshuffle)
    return fail(ErrorCode::kModel,
                "{} up-convolutions after a pixel-unshuffle by {}: the scale is not within 1...32",
                p.up_convolutions, p.unshuffle);
  return p;
}

class RrdbNetBuilder {
 public:
  RrdbNetBuilder(const Weights& weights, const RrdbNetParameters& p)
      : b_(weights, p.in_channels), p_(p) {}

  Result<Graph> build() {
    ValueId x = b_.input();
    if (p_.unshuffle > 1) x = b_.pixel_unshuffle(x, p_.unshuffle, "unshuffle");
    const ValueId first = b_.convolution(x, "conv_first", p_.num_feat, 3);
    ValueId y = first;
    for (int64_t i = 0; i < p_.num_block; ++i)
      y = residual_in_residual(y, fmt::format("body.{}", i));
    y = b_.convolution(y, "conv_body", p_.num_feat, 3);
    y = b_.add(first, 1.0f, y, 1.0f, "conv_body.add");
    for (int64_t i = 1; i <= p_.up_convolutions; ++i) {
      const std::string name = fmt::format("conv_up{}", i);
      y = activated(b_.upsample_nearest(y, 2, name + ".upsample"), name, p_.num_feat);
    }
    y = activated(y, "conv_hr", p_.num_feat);
    return b_.finish(b_.convolution(y, "conv_last", p_.out_channels, 3));
  }

 private:
  ValueId activated(ValueId x, const std::string& name, int64_t out_channels) {
    return b_.leaky_relu(b_.convolution(x, name, out_channels, 3), kSlope, name + ".lrelu");
  }

  // Three dense blocks; their result is added to the input at a fifth of its strength.
  ValueId residual_in_residual(ValueId x, const std::string& name) {
    ValueId y = x;
    for (int i = 1; i <= 3; ++i) y = dense_block(y, fmt::format("{}.rdb{}", name, i));
    return b_.add(y, kResidualScale, x, 1.0f, name + ".add");
  }

  // Five convolutions, each of which sees the block's input and all results before it.
  ValueId dense_block(ValueId x, const std::string& name) {
    std::vector<ValueId> seen = {x};
    for (int i = 1; i <= 4; ++i)
      seen.push_back(
          activated(joined(seen, name, i), fmt::format("{}.conv{}", name, i), p_.num_grow_ch));
    const ValueId y = b_.convolution(joined(seen, name, 5), name + ".conv5", p_.num_feat, 3);
    return b_.add(y, kResidualScale, x, 1.0f, name + ".add");
  }

  ValueId joined(const std::vector<ValueId>& seen, const std::string& name, int index) {
    return seen.size() == 1 ? seen[0] : b_.concat(seen, fmt::format("{}.concat{}", name, index));
  }

  GraphBuilder b_;
  RrdbNetParameters p_;
};

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const RrdbNetParameters p, read_parameters(weights));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(p.in_channels, p.out_channels));
  FOVEA_ASSIGN_OR_RETURN(model.graph, RrdbNetBuilder(weights, p).build());
  model.scale = model.graph.value(model.graph.output()).scale;
  model.padding_multiple = p.unshuffle;
  model.details = {{"in_channels", std::to_string(p.in_channels)},
                   {"out_channels", std::to_string(p.out_channels)},
                   {"num_feat", std::to_string(p.num_feat)},
                   {"num_block", std::to_string(p.num_block)},
                   {"num_grow_ch", std::to_string(p.num_grow_ch)},
                   {"unshuffle", std::to_string(p.unshuffle)}};
  return model;
}

}  // namespace

const Architecture kRrdbNet = {"RRDBNet", &detect, &build};

}  // namespace fovea
