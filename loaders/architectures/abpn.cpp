// ABPN (Du et al. 2021, "Anchor-based Plain Net for Mobile Image Super-Resolution"): a plain stack
// whose result is added to the picture enlarged by repetition, as PyTorch ports have it. Where
// ETDS's authors joined the picture into the stack, nothing is added to what it gives.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/joined_tail.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

// backbone.0, a ReLU, backbone.2.0 ... each in a Sequential with its ReLU, then two more with a
// ReLU between them, or three where the picture is joined in.
bool detect(const Weights& weights) {
  return has_rank(weights, "backbone.0.weight", 4) && has_rank(weights, "backbone.2.0.weight", 4);
}

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, "backbone.0"));
  int64_t end = 2;
  while (weights.contains(fmt::format("backbone.{}.0.weight", end))) ++end;
  const std::string widen = fmt::format("backbone.{}", end);
  const std::string last = fmt::format("backbone.{}", end + 2);
  const std::string clip = fmt::format("backbone.{}", end + 4);
  const bool is_joined = weights.contains(clip + ".weight");
  FOVEA_ASSIGN_OR_RETURN(const auto last_shape, convolution_shape(weights, last));
  const int64_t channels = first.in_channels;
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(channels, channels));

  const int64_t features = first.out_channels;
  GraphBuilder b(weights, channels);
  ValueId y = b.relu(b.convolution(b.input(), "backbone.0", features, 3), "backbone.1");
  for (int64_t i = 2; i < end; ++i) {
    const std::string name = fmt::format("backbone.{}", i);
    y = b.relu(b.convolution(y, name + ".0", features, 3), name + ".1");
  }
  y = b.relu(b.convolution(y, widen, last_shape.in_channels, 3), widen + ".relu");
  if (is_joined) {
    FOVEA_ASSIGN_OR_RETURN(const JoinedTail tail, read_joined_tail(weights, last, clip, channels));
    y = joined_tail(b, y, tail);
  } else {
    FOVEA_ASSIGN_OR_RETURN(const ShuffledChannels split,
                           split_shuffled(weights, channels, last_shape.out_channels));
    if (split.out_channels != channels)
      return fail(ErrorCode::kModel, "it turns {} channels into {}, which have no sum", channels,
                  split.out_channels);
    y = b.convolution(y, last, last_shape.out_channels, last_shape.kernel);
    ValueId base = b.input();
    if (split.factor > 1) {
      y = b.pixel_shuffle(y, split.factor, "upsampler");
      base = b.upsample_nearest(base, split.factor, "base");
    }
    y = b.add(y, 1.0f, base, 1.0f, "add");
  }
  FOVEA_ASSIGN_OR_RETURN(model.graph, b.finish(y));
  model.scale = model.graph.value(model.graph.output()).scale;
  model.details = {{"form", is_joined ? "joined" : "with a sum"},
                   {"channels", std::to_string(channels)},
                   {"num_feat", std::to_string(features)},
                   {"num_block", std::to_string(end - 2)}};
  return model;
}

}  // namespace

const Architecture kAbpn = {"ABPN", &detect, &build};

}  // namespace fovea
