// ESPCN (Shi et al. 2016, arXiv 1609.05158): a few convolutions at the picture's size, the last of
// which is pixel-shuffled.
#include <fmt/format.h>

#include <algorithm>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

// The namings in use: by place, by the paper's steps, and PyTorch's example.
const std::vector<std::vector<std::string>>& namings() {
  static const std::vector<std::vector<std::string>> kNamings = {
      {"first_part.0", "first_part.2", "last_part.0"},
      {"feature_maps.0", "feature_maps.2", "sub_pixel.0"},
      {"conv1", "conv2", "conv3", "conv4"}};
  return kNamings;
}

// Null for another network: names so common tell nothing unless they are all there is.
const std::vector<std::string>* layer_names(const Weights& weights) {
  for (const auto& names : namings()) {
    if (weights.tensors().size() == 2 * names.size() &&
        std::all_of(names.begin(), names.end(), [&](const std::string& name) {
          return has_rank(weights, name + ".weight", 4);
        }))
      return &names;
  }
  return nullptr;
}

bool detect(const Weights& weights) { return layer_names(weights) != nullptr; }

// The paper's networks have tanh, as have both namings of three layers; the one of four layers is
// written with either.
Result<ActivationKind> activation_kind(const Weights& weights, size_t layers) {
  const auto found = weights.metadata.find("act_type");
  if (found == weights.metadata.end()) {
    if (layers == 3) return ActivationKind::kTanh;
    return fail(ErrorCode::kModel,
                "its activations have no weights, and the file does not tell whether they are ReLU "
                "or tanh; set its metadata key act_type to relu or tanh");
  }
  if (found->second == "tanh") return ActivationKind::kTanh;
  if (found->second == "relu") return ActivationKind::kRelu;
  return fail(ErrorCode::kModel, "metadata act_type is \"{}\"; expected relu or tanh",
              found->second);
}

Result<Model> build(const Weights& weights) {
  const auto* names = layer_names(weights);
  if (names == nullptr)
    return fail(
        ErrorCode::kModel,
        "its tensors are not the three convolutions first_part.0, first_part.2 and last_part.0 or "
        "their like");
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, names->front()));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, names->back()));
  FOVEA_ASSIGN_OR_RETURN(const ShuffledChannels split,
                         split_shuffled(weights, first.in_channels, last.out_channels));
  FOVEA_ASSIGN_OR_RETURN(const ActivationKind kind, activation_kind(weights, names->size()));

  GraphBuilder b(weights, first.in_channels);
  ValueId y = b.input();
  for (const std::string& name : *names) {
    FOVEA_ASSIGN_OR_RETURN(const auto shape, convolution_shape(weights, name));
    y = b.convolution(y, name, shape.out_channels, shape.kernel);
    if (name != names->back()) y = b.activation(y, kind, name + ".act");
  }
  if (split.factor > 1) y = b.pixel_shuffle(y, split.factor, "shuffle");
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.graph, b.finish(y));
  FOVEA_ASSIGN_OR_RETURN(model.colour, luma_or_colour(first.in_channels, split.out_channels));
  model.scale = {split.factor, 1};
  model.details = {{"in_channels", std::to_string(first.in_channels)},
                   {"out_channels", std::to_string(split.out_channels)},
                   {"layers", std::to_string(names->size())},
                   {"act_type", kind == ActivationKind::kTanh ? "tanh" : "relu"}};
  return model;
}

}  // namespace

const Architecture kEspcn = {"ESPCN", &detect, &build};

}  // namespace fovea
