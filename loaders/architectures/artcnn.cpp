// ArtCNN (Artoriuz; as trained in PyTorch by neosr and traiNNer-redux): residual blocks of three
// convolutions with ReLU, and a pixel shuffle.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

constexpr const char* kLast = "depth_to_space.upscale.0";

bool detect(const Weights& weights) {
  return has_rank(weights, "conv0.weight", 4) &&
         has_rank(weights, "res_block.0.conv.0.0.weight", 4) &&
         has_rank(weights, fmt::format("{}.weight", kLast), 4);
}

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, "conv0"));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, kLast));
  FOVEA_ASSIGN_OR_RETURN(const ShuffledChannels split,
                         split_shuffled(weights, first.in_channels, last.out_channels));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(first.in_channels, split.out_channels));
  const int64_t blocks = count_numbered(weights, "res_block.", ".conv.0.0.weight");
  const int64_t filters = first.out_channels, kernel = first.kernel;

  GraphBuilder b(weights, first.in_channels);
  const ValueId x = b.convolution(b.input(), "conv0", filters, kernel);
  ValueId y = x;
  for (int64_t i = 0; i < blocks; ++i) {
    const std::string name = fmt::format("res_block.{}.conv.", i);
    ValueId inner = b.relu(b.convolution(y, name + "0.0", filters, kernel), name + "0.1");
    inner = b.relu(b.convolution(inner, name + "1.0", filters, kernel), name + "1.1");
    inner = b.convolution(inner, name + "2", filters, kernel);
    y = b.add(y, 1.0f, inner, 1.0f, name + "add");
  }
  y = b.convolution(y, fmt::format("res_block.{}", blocks), filters, kernel);
  y = b.convolution(b.add(y, 1.0f, x, 1.0f, "add"), kLast, last.out_channels, last.kernel);
  if (split.factor > 1) y = b.pixel_shuffle(y, split.factor, "depth_to_space");
  FOVEA_ASSIGN_OR_RETURN(model.graph, b.finish(y));
  model.scale = {split.factor, 1};
  model.details = {{"in_channels", std::to_string(first.in_channels)},
                   {"out_channels", std::to_string(split.out_channels)},
                   {"filters", std::to_string(filters)},
                   {"n_block", std::to_string(blocks)}};
  return model;
}

}  // namespace

const Architecture kArtcnn = {"ArtCNN", &detect, &build};

}  // namespace fovea
