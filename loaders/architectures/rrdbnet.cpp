// RRDBNet: ESRGAN's generator (Wang et al. 2018, arXiv 1809.00219), whose scales below 4 are fed a
// pixel-unshuffled picture in Real-ESRGAN (Wang et al. 2021, arXiv 2107.10833). ESRGAN+
// (Rakotonirina & Rasoanaivo 2020, arXiv 2001.08073) adds shortcuts inside the dense blocks; the
// noise that it adds too is for training.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"
#include "loaders/architectures/rrdbnet_names.h"

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
  bool has_shortcuts = false;  // ESRGAN+
};

bool detect(const Weights& weights) { return rrdbnet_names(weights).has_value(); }

// A picture unshuffled by r has r^2 times its channels. 4 or 16 times the output's channels can be
// nothing else: a network of four or more times as many channels in as out does not exist
// otherwise.
int64_t unshuffle_factor(int64_t network_in, int64_t out_channels) {
  if (network_in % out_channels != 0) return 1;
  const int64_t ratio = network_in / out_channels;
  return ratio == 4 ? 2 : ratio == 16 ? 4 : 1;
}

Result<RrdbNetParameters> read_parameters(const Weights& weights, const RrdbNetNames& names) {
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, names.first));
  FOVEA_ASSIGN_OR_RETURN(const auto grow, convolution_shape(weights, names.convolution(0, 1, 1)));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, names.last));
  RrdbNetParameters p;
  p.out_channels = last.out_channels;
  p.num_feat = first.out_channels;
  p.num_grow_ch = grow.out_channels;
  p.num_block = names.blocks;
  p.has_shortcuts = weights.contains(names.shortcut(0, 1) + ".weight");
  p.unshuffle = unshuffle_factor(first.in_channels, last.out_channels);
  p.in_channels = first.in_channels / (p.unshuffle * p.unshuffle);

  // x32 from five is already more than any published network; the bound keeps 2^n within range.
  constexpr int64_t kMaxUpConvolutions = 5;
  const auto ups = static_cast<int64_t>(names.ups.size());
  const int64_t enlargement = int64_t{1} << std::min(ups, kMaxUpConvolutions);
  if (ups > kMaxUpConvolutions || enlargement < p.unshuffle)
    return fail(ErrorCode::kModel,
                "{} up-convolutions after a pixel-unshuffle by {}: the scale is not within 1...32",
                ups, p.unshuffle);
  return p;
}

class RrdbNetBuilder {
 public:
  RrdbNetBuilder(const Weights& weights, const RrdbNetNames& names, const RrdbNetParameters& p)
      : b_(weights, p.in_channels), names_(names), p_(p) {}

  Result<Graph> build() {
    ValueId x = b_.input();
    if (p_.unshuffle > 1) x = b_.pixel_unshuffle(x, p_.unshuffle, "unshuffle");
    const ValueId first = b_.convolution(x, names_.first, p_.num_feat, 3);
    ValueId y = first;
    for (int64_t i = 0; i < p_.num_block; ++i) y = residual_in_residual(y, i);
    y = b_.convolution(y, names_.body_last, p_.num_feat, 3);
    y = b_.add(first, 1.0f, y, 1.0f, names_.body_last + ".add");
    for (const std::string& name : names_.ups)
      y = activated(b_.upsample_nearest(y, 2, name + ".upsample"), name, p_.num_feat);
    y = activated(y, names_.hr, p_.num_feat);
    return b_.finish(b_.convolution(y, names_.last, p_.out_channels, 3));
  }

 private:
  ValueId activated(ValueId x, const std::string& name, int64_t out_channels) {
    return b_.leaky_relu(b_.convolution(x, name, out_channels, 3), kSlope, name + ".lrelu");
  }

  // Three dense blocks; their result is added to the input at a fifth of its strength.
  ValueId residual_in_residual(ValueId x, int64_t block) {
    ValueId y = x;
    for (int i = 1; i <= 3; ++i) y = dense_block(y, block, i);
    return b_.add(y, kResidualScale, x, 1.0f, fmt::format("{}.{}.add", names_.trunk, block));
  }

  // Five convolutions, each of which sees the block's input and all results before it.
  // With shortcuts the second result has the input by a 1x1 convolution added, the fourth the
  // second.
  ValueId dense_block(ValueId x, int64_t block, int dense) {
    std::vector<ValueId> seen = {x};
    for (int i = 1; i <= 4; ++i) {
      const std::string name = names_.convolution(block, dense, i);
      ValueId y = activated(joined(seen, name), name, p_.num_grow_ch);
      if (p_.has_shortcuts && i % 2 == 0) {
        const ValueId around = i == 2 ? shortcut(x, block, dense) : seen[2];
        y = b_.add(y, 1.0f, around, 1.0f, name + ".add");
      }
      seen.push_back(y);
    }
    const std::string name = names_.convolution(block, dense, 5);
    const ValueId y = b_.convolution(joined(seen, name), name, p_.num_feat, 3);
    return b_.add(y, kResidualScale, x, 1.0f, name + ".add");
  }

  ValueId shortcut(ValueId x, int64_t block, int dense) {
    return b_.convolution_without_bias(x, names_.shortcut(block, dense), p_.num_grow_ch, 1);
  }

  ValueId joined(const std::vector<ValueId>& seen, const std::string& name) {
    return seen.size() == 1 ? seen[0] : b_.concat(seen, name + ".concat");
  }

  GraphBuilder b_;
  const RrdbNetNames& names_;
  RrdbNetParameters p_;
};

Result<Model> build(const Weights& weights) {
  const std::optional<RrdbNetNames> names = rrdbnet_names(weights);
  if (!names)
    return fail(ErrorCode::kModel, "conv_first, the blocks' or conv_last's weights are missing");
  FOVEA_ASSIGN_OR_RETURN(const RrdbNetParameters p, read_parameters(weights, *names));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(p.in_channels, p.out_channels));
  FOVEA_ASSIGN_OR_RETURN(model.graph, RrdbNetBuilder(weights, *names, p).build());
  model.scale = model.graph.value(model.graph.output()).scale;
  model.padding_multiple = p.unshuffle;
  model.details = {{"layout", p.has_shortcuts ? "ESRGAN+" : names->layout},
                   {"in_channels", std::to_string(p.in_channels)},
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
