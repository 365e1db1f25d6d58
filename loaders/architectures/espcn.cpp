// ESPCN (Shi et al. 2016, arXiv 1609.05158): a few convolutions at the picture's size, the last of
// which is pixel-shuffled.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

struct Naming {
  std::vector<std::string> layers;
  // That of the networks published under these names; where there is none, the metadata tell.
  std::optional<ActivationKind> activation;
  bool tanh_ends_in_sigmoid = false;
};

// By place, by the paper's steps, leftthomas's and ETDS's, and PyTorch's example.
const std::vector<Naming>& namings() {
  constexpr auto kTanh = ActivationKind::kTanh;
  static const std::vector<Naming> kNamings = {
      {{"first_part.0", "first_part.2", "last_part.0"}, kTanh},
      {{"feature_maps.0", "feature_maps.2", "sub_pixel.0"}, kTanh},
      {{"conv1", "conv2", "conv3"}, std::nullopt, true},
      {{"conv1", "conv2", "conv3", "conv4"}, std::nullopt}};
  return kNamings;
}

// Null for another network: names so common tell nothing unless they are all there is.
const Naming* find_naming(const Weights& weights) {
  for (const Naming& naming : namings()) {
    if (weights.tensors().size() == 2 * naming.layers.size() &&
        std::all_of(naming.layers.begin(), naming.layers.end(), [&](const std::string& name) {
          return has_rank(weights, name + ".weight", 4);
        }))
      return &naming;
  }
  return nullptr;
}

bool detect(const Weights& weights) { return find_naming(weights) != nullptr; }

// The paper's networks have tanh.
Result<ActivationKind> activation_kind(const Weights& weights, const Naming& naming) {
  const auto found = weights.metadata.find("act_type");
  if (found == weights.metadata.end()) {
    if (naming.activation) return *naming.activation;
    return fail(ErrorCode::kModel,
                "its activations have no weights, and the file does not tell whether they are ReLU "
                "or tanh{}; set its metadata key act_type to relu or tanh",
                naming.tanh_ends_in_sigmoid ? " with a sigmoid at its end" : "");
  }
  if (found->second == "tanh") return ActivationKind::kTanh;
  if (found->second == "relu") return ActivationKind::kRelu;
  return fail(ErrorCode::kModel, "metadata act_type is \"{}\"; expected relu or tanh",
              found->second);
}

Result<Model> build(const Weights& weights) {
  const Naming* const naming = find_naming(weights);
  if (naming == nullptr)
    return fail(
        ErrorCode::kModel,
        "its tensors are not the three convolutions first_part.0, first_part.2 and last_part.0 or "
        "their like");
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, naming->layers.front()));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, naming->layers.back()));
  FOVEA_ASSIGN_OR_RETURN(const ShuffledChannels split,
                         split_shuffled(weights, first.in_channels, last.out_channels));
  FOVEA_ASSIGN_OR_RETURN(const ActivationKind kind, activation_kind(weights, *naming));

  GraphBuilder b(weights, first.in_channels);
  ValueId y = b.input();
  for (const std::string& name : naming->layers) {
    FOVEA_ASSIGN_OR_RETURN(const auto shape, convolution_shape(weights, name));
    y = b.convolution(y, name, shape.out_channels, shape.kernel);
    if (name != naming->layers.back()) y = b.activation(y, kind, name + ".act");
  }
  if (split.factor > 1) y = b.pixel_shuffle(y, split.factor, "shuffle");
  const bool has_sigmoid = naming->tanh_ends_in_sigmoid && kind == ActivationKind::kTanh;
  if (has_sigmoid) y = b.sigmoid(y, "sigmoid");
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.graph, b.finish(y));
  FOVEA_ASSIGN_OR_RETURN(model.colour, luma_or_colour(first.in_channels, split.out_channels));
  model.scale = {split.factor, 1};
  model.details = {{"in_channels", std::to_string(first.in_channels)},
                   {"out_channels", std::to_string(split.out_channels)},
                   {"layers", std::to_string(naming->layers.size())},
                   {"act_type", kind == ActivationKind::kRelu ? "relu"
                                : has_sigmoid                 ? "tanh, sigmoid"
                                                              : "tanh"}};
  return model;
}

}  // namespace

const Architecture kEspcn = {"ESPCN", &detect, &build};

}  // namespace fovea
