#include "loaders/formats/ncnn_structure.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace fovea {
namespace {

size_t count_of(const std::vector<NcnnLayer>& layers, std::string_view type) {
  return static_cast<size_t>(std::count_if(
      layers.begin(), layers.end(), [&](const NcnnLayer& layer) { return layer.type == type; }));
}

}  // namespace

void describe_structure(const std::vector<NcnnLayer>& layers, Model& model) {
  std::vector<int64_t> widths;  // output channels of the convolutions, in order
  for (const Node& node : model.graph.nodes()) {
    if (const auto* convolution = std::get_if<Convolution>(&node.op))
      widths.push_back(convolution->out_channels);
  }
  const size_t convolutions = widths.size();
  const size_t concats = count_of(layers, "Concat");
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
  } else if (concats == 0 && convolutions >= 2 && count_of(layers, "PixelShuffle") == 1 &&
             count_of(layers, "PReLU") == convolutions - 1) {
    model.architecture = "SRVGGNetCompact";
    detail("num_feat", widths[0]);
    detail("num_conv", convolutions - 2);
  }
  detail("layers", layers.size());
  detail("convolutions", convolutions);
}

}  // namespace fovea
