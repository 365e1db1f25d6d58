// RLFN (Kong et al. 2022, arXiv 2205.07514): blocks of three convolutions, a 1x1 one and enhanced
// spatial attention.
#include <fmt/format.h>

#include "loaders/architectures/enhanced_attention.h"
#include "loaders/architectures/families.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

constexpr float kSlope = 0.05f;
constexpr double kRange = 255.0;  // of samples, in its authors' code and the networks they trained

bool detect(const Weights& weights) {
  return has_rank(weights, "conv_1.weight", 4) && has_rank(weights, "block_1.c1_r.weight", 4) &&
         has_rank(weights, "block_1.esa.conv1.weight", 4) && has_rank(weights, "conv_2.weight", 4);
}

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, "conv_1"));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, "upsampler.0"));
  FOVEA_ASSIGN_OR_RETURN(const ShuffledChannels split,
                         split_shuffled(weights, first.in_channels, last.out_channels));
  const int64_t features = first.out_channels;
  FOVEA_ASSIGN_OR_RETURN(const std::optional<double> told, metadata_range(weights));
  const double range = told.value_or(kRange);
  GraphBuilder b(weights, first.in_channels);
  const ValueId x = b.convolution(b.scale(b.input(), range, "range"), "conv_1", features, 3);
  ValueId y = x;
  int64_t blocks = 0;
  while (weights.contains(fmt::format("block_{}.c1_r.weight", blocks + 1))) {
    const std::string name = fmt::format("block_{}", ++blocks);
    ValueId inner = y;
    for (const char* part : {".c1_r", ".c2_r", ".c3_r"}) {
      FOVEA_ASSIGN_OR_RETURN(const auto shape, convolution_shape(weights, name + part));
      inner = b.convolution(inner, name + part, shape.out_channels, 3);
      inner = b.leaky_relu(inner, kSlope, name + part + ".act");
    }
    inner = b.add(inner, 1.0f, y, 1.0f, name + ".add");
    inner = b.convolution(inner, name + ".c5", features, 1);
    y = enhanced_attention(b, weights, inner, name + ".esa");
  }
  y = b.add(b.convolution(y, "conv_2", features, 3), 1.0f, x, 1.0f, "add");
  y = b.convolution(y, "upsampler.0", last.out_channels, 3);
  if (split.factor > 1) y = b.pixel_shuffle(y, split.factor, "upsampler.1");
  y = b.scale(y, 1.0 / range, "samples");

  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.graph, b.finish(y));
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(first.in_channels, split.out_channels));
  model.scale = {split.factor, 1};
  model.details = {{"in_channels", std::to_string(first.in_channels)},
                   {"out_channels", std::to_string(split.out_channels)},
                   {"features", std::to_string(features)},
                   {"blocks", std::to_string(blocks)},
                   {"range", fmt::format("{}", range)}};
  return model;
}

}  // namespace

const Architecture kRlfn = {"RLFN", &detect, &build};

}  // namespace fovea
