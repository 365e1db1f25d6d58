// FSRCNN (Dong et al. 2016, arXiv 1608.00367): features, shrinking, mapping, expanding, and a
// transposed convolution of stride `scale` that enlarges at last. Its scale is no tensor's shape.
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

// The convolutions, each followed by its PReLU, and the transposed convolution.
struct FsrcnnNames {
  struct Layer {
    std::string convolution;
    std::string activation;
  };
  std::vector<Layer> layers;
  std::string last;
};

// Layers PREFIX.0 and PREFIX.1, PREFIX.2 and PREFIX.3, ...
void append_pairs(FsrcnnNames& names, const Weights& weights, const std::string& prefix) {
  for (int64_t i = 0; weights.contains(fmt::format("{}.{}.weight", prefix, i)); i += 2)
    names.layers.push_back({fmt::format("{}.{}", prefix, i), fmt::format("{}.{}", prefix, i + 1)});
}

// The two namings in use: by place, and by the paper's steps.
FsrcnnNames layer_names(const Weights& weights) {
  FsrcnnNames names;
  if (weights.contains("last_part.weight")) {
    for (const char* prefix : {"first_part", "mid_part"}) append_pairs(names, weights, prefix);
    names.last = "last_part";
  } else {
    for (const char* prefix : {"feature_extraction", "shrink", "map", "expand"})
      append_pairs(names, weights, prefix);
    names.last = "deconv";
  }
  return names;
}

bool detect(const Weights& weights) {
  const auto all = [&](std::initializer_list<const char*> names) {
    return std::all_of(names.begin(), names.end(),
                       [&](const char* name) { return has_rank(weights, name, 4); });
  };
  return all({"first_part.0.weight", "mid_part.0.weight", "last_part.weight"}) ||
         all({"feature_extraction.0.weight", "shrink.0.weight", "map.0.weight", "deconv.weight"});
}

Result<Model> build(const Weights& weights) {
  const FsrcnnNames names = layer_names(weights);
  if (names.layers.empty()) return fail(ErrorCode::kModel, "it has no convolutions");
  FOVEA_ASSIGN_OR_RETURN(const auto first,
                         convolution_shape(weights, names.layers.front().convolution));
  FOVEA_ASSIGN_OR_RETURN(TransposedConvolution last,
                         read_transposed_convolution(weights, names.last));
  FOVEA_ASSIGN_OR_RETURN(const int64_t scale, needed_scale(weights));
  // Centred: the paper's 9x9 with a padding of 4.
  if (last.kernel % 2 == 0)
    return fail(ErrorCode::kModel, "tensor {}.weight has an even kernel of {}, which has no centre",
                names.last, last.kernel);
  last.stride = scale;
  last.padding_before = last.padding_after = last.kernel / 2;
  last.output_padding = scale - 1;

  GraphBuilder b(weights, first.in_channels);
  ValueId y = b.input();
  for (const auto& layer : names.layers) {
    FOVEA_ASSIGN_OR_RETURN(const auto shape, convolution_shape(weights, layer.convolution));
    y = b.convolution(y, layer.convolution, shape.out_channels, shape.kernel);
    y = b.prelu(y, layer.activation);
  }
  Model model;
  FOVEA_ASSIGN_OR_RETURN(
      model.graph, b.finish(b.shuffled_convolution_of(y, rewrite_transposed(last), names.last)));
  FOVEA_ASSIGN_OR_RETURN(model.colour, luma_or_colour(first.in_channels, last.out_channels));
  model.scale = {scale, 1};
  model.details = {{"in_channels", std::to_string(first.in_channels)},
                   {"features", std::to_string(first.out_channels)},
                   {"layers", std::to_string(names.layers.size() + 1)},
                   {"kernel", std::to_string(last.kernel)}};
  return model;
}

}  // namespace

const Architecture kFsrcnn = {"FSRCNN", &detect, &build};

}  // namespace fovea
