// SRCNN (Dong et al. 2014, arXiv 1501.00092): three convolutions that sharpen the luma of a picture
// already enlarged by bicubic interpolation. Published with kernels 9-1-5, 9-3-5 and 9-5-5; any odd
// ones and any widths are taken.
#include <fmt/format.h>

#include <array>
#include <string>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

using LayerNames = std::array<std::string, 3>;

// The two namings in use: plain attributes, and nn.Sequential members named after the paper's three
// steps.
const LayerNames& layer_names(const Weights& weights) {
  static const LayerNames kPlain = {"conv1", "conv2", "conv3"};
  static const LayerNames kSteps = {"features.0", "map.0", "reconstruction"};
  return weights.contains("conv1.weight") ? kPlain : kSteps;
}

// Three convolutions and nothing else, that give as many channels as they take: names as common as
// conv1 tell too little on their own, and ESPCN has the same.
bool detect(const Weights& weights) {
  if (weights.tensors().size() != 6) return false;
  const LayerNames& names = layer_names(weights);
  for (const std::string& name : names) {
    if (!has_rank(weights, name + ".weight", 4) || !weights.contains(name + ".bias")) return false;
  }
  return weights.find(names.front() + ".weight")->shape[1] ==
         weights.find(names.back() + ".weight")->shape[0];
}

Result<Model> build(const Weights& weights) {
  const LayerNames& names = layer_names(weights);
  std::array<ConvolutionShape, 3> shapes;
  for (size_t i = 0; i < names.size(); ++i) {
    FOVEA_ASSIGN_OR_RETURN(shapes[i], convolution_shape(weights, names[i]));
  }
  if (shapes[0].in_channels != 1 || shapes[2].out_channels != 1)
    return fail(
        ErrorCode::kModel,
        "the network turns {} channels into {}; only those that turn luma into luma are run",
        shapes[0].in_channels, shapes[2].out_channels);

  GraphBuilder b(weights, 1);
  ValueId y = b.input();
  for (size_t i = 0; i < names.size(); ++i) {
    y = b.convolution(y, names[i], shapes[i].out_channels, shapes[i].kernel);
    if (i + 1 < names.size()) y = b.relu(y, names[i] + ".relu");
  }
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.graph, b.finish(y));
  model.colour = ColourMode::kLuma;
  model.details = {
      {"kernels", fmt::format("{}-{}-{}", shapes[0].kernel, shapes[1].kernel, shapes[2].kernel)},
      {"widths", fmt::format("{}-{}", shapes[0].out_channels, shapes[1].out_channels)}};
  return after_bicubic(std::move(model), weights);
}

}  // namespace

const Architecture kSrcnn = {"SRCNN", &detect, &build};

}  // namespace fovea
