// CompactRestorer: this project's network that takes a picture's damage off (tools/train): the
// plain stack of SRVGGNetCompact (Wang et al. 2021, arXiv 2107.10833) at half the picture's size,
// behind a pixel unshuffle, as FFDNet (Zhang et al. 2018, arXiv 1710.04026) has it, and told one
// number of the picture. What the stack finds is added to the picture.
#include <fmt/format.h>

#include <utility>

#include "loaders/architectures/conditions.h"
#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

constexpr int64_t kUnshuffle = 2;
constexpr int64_t kPhases = kUnshuffle * kUnshuffle;

int64_t count_convolutions(const Weights& weights) {
  int64_t count = 0;
  while (has_rank(weights, fmt::format("body.{}.weight", 2 * count), 4)) ++count;
  return count;
}

// As many channels out as the unshuffled picture has, and one more in: no other family has 4 n + 1.
bool detect(const Weights& weights) {
  if (weights.contains("conv_first.weight") || !has_rank(weights, "body.1.weight", 1)) return false;
  const int64_t count = count_convolutions(weights);
  if (count < 2) return false;
  const auto first = convolution_shape(weights, "body.0");
  const auto last = convolution_shape(weights, fmt::format("body.{}", 2 * (count - 1)));
  return first && last && last->out_channels % kPhases == 0 &&
         first->in_channels == last->out_channels + 1;
}

Result<Model> build(const Weights& weights) {
  const int64_t count = count_convolutions(weights);
  if (count < 2) return fail(ErrorCode::kModel, "{} convolutions; at least 2 are needed", count);
  const std::string last_name = fmt::format("body.{}", 2 * (count - 1));
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, "body.0"));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, last_name));
  const int64_t channels = last.out_channels / kPhases;
  if (last.out_channels % kPhases != 0 || first.in_channels != last.out_channels + 1)
    return fail(ErrorCode::kModel, "it turns {} channels into {}; n + 1 into n are expected",
                first.in_channels, last.out_channels);
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(channels, channels));
  FOVEA_ASSIGN_OR_RETURN(model.condition, read_named_condition(weights));

  GraphBuilder b(weights, channels + 1);
  const ValueId unshuffled = b.pixel_unshuffle(b.input(), kUnshuffle, "unshuffle");
  ValueId y = unshuffled;
  for (int64_t i = 0; i + 1 < count; ++i) {
    const std::string name = fmt::format("body.{}", 2 * i);
    if (i == 0) {
      auto convolution = read_convolution(weights, name);
      // The number's channel, unshuffled, is four equal ones, of which one counts.
      if (convolution) convolution = with_idle_inputs(std::move(*convolution), b.channels(y));
      y = b.convolution_of(y, convolution, name);
    } else {
      y = b.convolution(y, name, first.out_channels, 3);
    }
    y = b.prelu(y, fmt::format("body.{}", 2 * i + 1));
  }
  y = b.convolution(y, last_name, last.out_channels, 3);
  const ValueId picture = b.slice(unshuffled, 0, last.out_channels, "picture");
  y = b.add(y, 1.0f, picture, 1.0f, "add");
  FOVEA_ASSIGN_OR_RETURN(model.graph, b.finish(b.pixel_shuffle(y, kUnshuffle, "shuffle")));
  model.scale = {1, 1};
  model.padding_multiple = kUnshuffle;
  model.undoes_jpeg = model.condition->name == kJpegQuality;
  model.details = {{"channels", std::to_string(channels)},
                   {"num_feat", std::to_string(first.out_channels)},
                   {"num_conv", std::to_string(count - 2)}};
  return model;
}

}  // namespace

const Architecture kCompactRestorer = {"CompactRestorer", &detect, &build};

}  // namespace fovea
