#include "loaders/formats/graph_structure.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>

namespace fovea {
namespace {

constexpr int64_t kMaxScale = 64;
constexpr int64_t kMaxPaddingMultiple = 256;

template <class Op>
size_t count_of(const Graph& graph) {
  return static_cast<size_t>(
      std::count_if(graph.nodes().begin(), graph.nodes().end(),
                    [](const Node& node) { return std::holds_alternative<Op>(node.op); }));
}

size_t count_of_prelu(const Graph& graph) {
  return static_cast<size_t>(
      std::count_if(graph.nodes().begin(), graph.nodes().end(), [](const Node& node) {
        const auto* op = std::get_if<Activate>(&node.op);
        return op != nullptr && op->activation.kind == ActivationKind::kPrelu;
      }));
}

Result<ColourMode> colour_of(int64_t in, int64_t out) {
  if (in == 3 && out == 3) return ColourMode::kRgb;
  if (in == 1 && out == 1) return ColourMode::kGray;
  if (in == 4 && out == 4) return ColourMode::kRgba;
  if (in == 1 && out == 3) return ColourMode::kGrayToRgb;
  return fail(ErrorCode::kModel,
              "{} -> {} channels are no picture's, expected 3 -> 3, 1 -> 1, "
              "4 -> 4 or 1 -> 3",
              in, out);
}

// The smallest multiple of the picture's sides for which every map's size is a whole number: the
// sizes that a pixel-unshuffle needs, and at which rounding rules of resizes do not matter.
Result<int64_t> padding_multiple(const Graph& graph, int64_t multiple) {
  if (multiple > kMaxPaddingMultiple)
    return fail(ErrorCode::kModel,
                "its sizes ask for sides that are multiples of {}: more than {} are not supported",
                multiple, kMaxPaddingMultiple);
  for (const Value& value : graph.values()) {
    if (value.scale.denominator <= kMaxPaddingMultiple)
      multiple = std::lcm(multiple, value.scale.denominator);
    if (value.scale.denominator > kMaxPaddingMultiple || multiple > kMaxPaddingMultiple)
      return fail(ErrorCode::kModel,
                  "{} has the scale {}: sides that are multiples of more than {} are not supported",
                  value.name, to_string(value.scale), kMaxPaddingMultiple);
  }
  return multiple;
}

}  // namespace

void describe_structure(Model& model) {
  const Graph& graph = model.graph;
  std::vector<int64_t> widths;  // output channels of the convolutions, in order
  for (const Node& node : graph.nodes()) {
    if (const auto* convolution = std::get_if<Convolution>(&node.op))
      widths.push_back(convolution->out_channels);
  }
  const size_t convolutions = widths.size();
  const size_t concats = count_of<Concat>(graph);
  const auto detail = [&](const char* name, auto value) {
    model.details.emplace_back(name, std::to_string(value));
  };

  // A residual dense block concatenates four times around its five convolutions, and an RRDB is
  // three such blocks. Around them are the first, the last two and the one after the trunk, and one
  // more for each doubling.
  constexpr size_t kMostDoublings = 3;
  const size_t blocks = concats / 12;
  const size_t around = 15 * blocks + 4;
  model.architecture = "convolutional network";
  if (blocks > 0 && concats % 12 == 0 && convolutions >= around &&
      convolutions <= around + kMostDoublings) {
    model.architecture = "RRDBNet";
    detail("num_feat", widths[0]);
    detail("num_block", blocks);
    detail("num_grow_ch", widths[1]);
  } else if (concats == 0 && convolutions >= 2 && count_of<PixelShuffle>(graph) == 1 &&
             count_of_prelu(graph) == convolutions - 1) {
    model.architecture = "SRVGGNetCompact";
    detail("num_feat", widths[0]);
    detail("num_conv", convolutions - 2);
  }
  detail("operators", graph.nodes().size());
  detail("convolutions", convolutions);
}

Status fit_picture(Model& model, int64_t multiple) {
  const Value& output = model.graph.value(model.graph.output());
  FOVEA_ASSIGN_OR_RETURN(
      model.colour, colour_of(model.graph.value(model.graph.input()).channels, output.channels));
  if (output.scale.value() > kMaxScale || output.scale.value() < 1.0 / kMaxScale)
    return fail(ErrorCode::kModel, "the output's scale {} is not within 1/{}...{}",
                to_string(output.scale), kMaxScale, kMaxScale);
  model.scale = output.scale;
  FOVEA_ASSIGN_OR_RETURN(model.padding_multiple, padding_multiple(model.graph, multiple));
  return {};
}

}  // namespace fovea
