// RFDN (Liu et al. 2020, arXiv 2009.11551): blocks that distil part of their features by 1x1
// convolutions while residual 3x3 ones refine the others, and enhanced spatial attention.
#include <fmt/format.h>

#include "loaders/architectures/enhanced_attention.h"
#include "loaders/architectures/families.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

constexpr float kSlope = 0.05f;
constexpr double kRange = 255.0;  // of samples, in its authors' code and the networks they trained

bool detect(const Weights& weights) {
  return has_rank(weights, "fea_conv.weight", 4) && has_rank(weights, "B1.c1_d.weight", 4) &&
         has_rank(weights, "B1.esa.conv1.weight", 4) && has_rank(weights, "LR_conv.weight", 4);
}

// A block of `features` channels, of which each step distils `distilled`.
ValueId block(GraphBuilder& b, const Weights& weights, ValueId x, const std::string& name,
              int64_t distilled) {
  const int64_t features = b.channels(x);
  const auto activated = [&](ValueId value, const std::string& part) {
    return b.leaky_relu(value, kSlope, part + ".act");
  };
  std::vector<ValueId> parts;
  ValueId y = x;
  for (const char* step : {".c1", ".c2", ".c3"}) {
    const std::string part = name + step;
    parts.push_back(activated(b.convolution(y, part + "_d", distilled, 1), part + "_d"));
    const ValueId refined = b.convolution(y, part + "_r", features, 3);
    y = activated(b.add(refined, 1.0f, y, 1.0f, part + "_r.add"), part + "_r");
  }
  parts.push_back(activated(b.convolution(y, name + ".c4", distilled, 3), name + ".c4"));
  y = b.convolution(b.concat(parts, name + ".cat"), name + ".c5", features, 1);
  return enhanced_attention(b, weights, y, name + ".esa");
}

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, "fea_conv"));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, "upsampler.0"));
  FOVEA_ASSIGN_OR_RETURN(const auto distilled, convolution_shape(weights, "B1.c1_d"));
  FOVEA_ASSIGN_OR_RETURN(const ShuffledChannels split,
                         split_shuffled(weights, first.in_channels, last.out_channels));
  FOVEA_ASSIGN_OR_RETURN(const std::optional<double> told, metadata_range(weights));
  const double range = told.value_or(kRange);
  GraphBuilder b(weights, first.in_channels);
  const ValueId x =
      b.convolution(b.scale(b.input(), range, "range"), "fea_conv", first.out_channels, 3);
  std::vector<ValueId> results;
  ValueId y = x;
  while (weights.contains(fmt::format("B{}.c1_d.weight", results.size() + 1))) {
    y = block(b, weights, y, fmt::format("B{}", results.size() + 1), distilled.out_channels);
    results.push_back(y);
  }
  y = b.convolution(b.concat(results, "cat"), "c.0", first.out_channels, 1);
  y = b.leaky_relu(y, kSlope, "c.1");
  y = b.convolution(y, "LR_conv", first.out_channels, 3);
  y = b.add(y, 1.0f, x, 1.0f, "add");
  y = b.convolution(y, "upsampler.0", last.out_channels, 3);
  if (split.factor > 1) y = b.pixel_shuffle(y, split.factor, "upsampler.1");
  y = b.scale(y, 1.0 / range, "samples");

  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.graph, b.finish(y));
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(first.in_channels, split.out_channels));
  model.scale = {split.factor, 1};
  model.details = {{"in_channels", std::to_string(first.in_channels)},
                   {"out_channels", std::to_string(split.out_channels)},
                   {"nf", std::to_string(first.out_channels)},
                   {"num_modules", std::to_string(results.size())},
                   {"distilled", std::to_string(distilled.out_channels)},
                   {"range", fmt::format("{}", range)}};
  return model;
}

}  // namespace

const Architecture kRfdn = {"RFDN", &detect, &build};

}  // namespace fovea
