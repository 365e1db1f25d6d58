// ETDS (Chao et al. 2023, arXiv 2303.09650): a plain stack beside which a narrow one carries the
// picture. Both are one stack whose convolutions are joined at load, as the paper's equivalent
// transformation has it; a stack saved after that is the same network.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/joined_tail.h"
#include "loaders/architectures/parameters.h"
#include "loaders/rewriting/join.h"

namespace fovea {
namespace {

bool detect(const Weights& weights) {
  return has_rank(weights, "conv_first.weight", 4) &&
         has_rank(weights, "backbone_convs.0.weight", 4) &&
         has_rank(weights, "conv_last.weight", 4) &&
         (has_rank(weights, "conv_residual_first.weight", 4) ||
          has_rank(weights, "conv_clip.weight", 4));
}

// The two streams one behind the other along the channels, as one map.
class EtdsBuilder {
 public:
  EtdsBuilder(const Weights& weights, int64_t channels)
      : b_(weights, channels), weights_(weights) {}

  Result<Graph> build_streams(int64_t blocks, int64_t factor) {
    ValueId y = b_.convolution_of(b_.input(), first(), "conv_first");
    y = b_.relu(y, "conv_first.relu");
    for (int64_t i = 0; i < blocks; ++i) {
      const std::string name = fmt::format("backbone_convs.{}", i);
      y = b_.relu(b_.convolution_of(y, block(i), name), name + ".relu");
    }
    y = b_.convolution_of(y, last(), "conv_last");
    return b_.finish(factor > 1 ? b_.pixel_shuffle(y, factor, "upsampler") : y);
  }

  Result<Graph> build_joined(const ConvolutionShape& first, int64_t blocks,
                             const JoinedTail& tail) {
    ValueId y = b_.convolution(b_.input(), "conv_first", first.out_channels, 3);
    y = b_.relu(y, "conv_first.relu");
    for (int64_t i = 0; i < blocks; ++i) {
      const std::string name = fmt::format("backbone_convs.{}", i);
      y = b_.relu(b_.convolution(y, name, first.out_channels, 3), name + ".relu");
    }
    return b_.finish(joined_tail(b_, y, tail));
  }

 private:
  Result<CollapsedConvolution> first() {
    FOVEA_ASSIGN_OR_RETURN(const auto features, read_convolution(weights_, "conv_first"));
    FOVEA_ASSIGN_OR_RETURN(const auto picture, read_convolution(weights_, "conv_residual_first"));
    return join_outputs(features, picture);
  }

  // The features see both streams, the picture only itself.
  Result<CollapsedConvolution> block(int64_t i) {
    FOVEA_ASSIGN_OR_RETURN(const auto features,
                           read_convolution(weights_, fmt::format("backbone_convs.{}", i)));
    FOVEA_ASSIGN_OR_RETURN(const auto added,
                           read_convolution(weights_, fmt::format("add_residual_convs.{}", i)));
    FOVEA_ASSIGN_OR_RETURN(const auto picture,
                           read_convolution(weights_, fmt::format("residual_convs.{}", i)));
    FOVEA_ASSIGN_OR_RETURN(const auto above, join_inputs(features, added));
    FOVEA_ASSIGN_OR_RETURN(const auto none,
                           no_convolution(features.in_channels, picture.out_channels, 3));
    FOVEA_ASSIGN_OR_RETURN(const auto below, join_inputs(none, picture));
    return join_outputs(above, below);
  }

  Result<CollapsedConvolution> last() {
    FOVEA_ASSIGN_OR_RETURN(const auto features, read_convolution(weights_, "conv_last"));
    FOVEA_ASSIGN_OR_RETURN(const auto picture, read_convolution(weights_, "conv_residual_last"));
    return join_inputs(features, picture);
  }

  GraphBuilder b_;
  const Weights& weights_;
};

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, "conv_first"));
  const int64_t channels = first.in_channels;
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(channels, channels));
  const int64_t blocks = count_numbered(weights, "backbone_convs.", ".weight");
  const bool is_joined = weights.contains("conv_clip.weight");
  EtdsBuilder builder(weights, channels);
  if (is_joined) {
    FOVEA_ASSIGN_OR_RETURN(const JoinedTail tail,
                           read_joined_tail(weights, "conv_last", "conv_clip", channels));
    FOVEA_ASSIGN_OR_RETURN(model.graph, builder.build_joined(first, blocks, tail));
  } else {
    FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, "conv_last"));
    FOVEA_ASSIGN_OR_RETURN(const ShuffledChannels split,
                           split_shuffled(weights, channels, last.out_channels));
    FOVEA_ASSIGN_OR_RETURN(model.graph, builder.build_streams(blocks, split.factor));
  }
  model.scale = model.graph.value(model.graph.output()).scale;
  model.details = {{"form", is_joined ? "joined" : "two streams"},
                   {"channels", std::to_string(channels)},
                   {"num_feat", std::to_string(first.out_channels)},
                   {"num_block", std::to_string(blocks)}};
  return model;
}

}  // namespace

const Architecture kEtds = {"ETDS", &detect, &build};

}  // namespace fovea
