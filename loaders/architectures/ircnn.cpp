// IRCNN (Zhang et al. 2017, arXiv 1704.03264): seven convolutions, more and less dilated, that find
// a picture's noise, which is taken off. Its authors put 25 networks for as many noise levels into
// one file.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"
#include "loaders/rewriting/dilated_convolution.h"

namespace fovea {
namespace {

constexpr std::array<int64_t, 7> kDilations = {1, 2, 3, 4, 3, 2, 1};

std::string layer_name(const std::string& prefix, size_t index) {
  return fmt::format("{}model.{}", prefix, 2 * index);
}

bool is_network(const Weights& weights, const std::string& prefix) {
  for (size_t i = 0; i < kDilations.size(); ++i) {
    if (!has_rank(weights, layer_name(prefix, i) + ".weight", 4)) return false;
  }
  return !weights.contains(layer_name(prefix, kDilations.size()) + ".weight");
}

bool detect(const Weights& weights) { return is_network(weights, "") || is_network(weights, "0."); }

// The names of the network that is meant begin with this. Of several the one for the noise level:
// the first is for 2 of samples of 0...255, each further one for 2 more.
Result<std::string> chosen_prefix(const Weights& weights) {
  if (is_network(weights, "")) return std::string();
  FOVEA_ASSIGN_OR_RETURN(const auto level, metadata_number(weights, "noise_level"));
  if (!level || *level < 0 || *level > 255)
    return fail(ErrorCode::kModel,
                "the file has networks for many noise levels; set its metadata key noise_level to "
                "0...255");
  int64_t count = 1;
  while (is_network(weights, fmt::format("{}.", count))) ++count;
  const auto wanted = static_cast<int64_t>(std::ceil(*level / 2)) - 1;
  return fmt::format("{}.", std::clamp<int64_t>(wanted, 0, count - 1));
}

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const std::string prefix, chosen_prefix(weights));
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, layer_name(prefix, 0)));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(first.in_channels, first.in_channels));
  GraphBuilder b(weights, first.in_channels);
  ValueId y = b.input();
  for (size_t i = 0; i < kDilations.size(); ++i) {
    const std::string name = layer_name(prefix, i);
    FOVEA_ASSIGN_OR_RETURN(const auto convolution, read_convolution(weights, name));
    y = b.convolution_of(y, rewrite_dilated(convolution, kDilations[i]), name);
    if (i + 1 < kDilations.size()) y = b.relu(y, name + ".relu");
  }
  if (!prefix.empty()) {
    for (const WeightTensor& tensor : weights.tensors()) b.know(tensor.name);
  }
  FOVEA_ASSIGN_OR_RETURN(model.graph, b.finish(b.add(b.input(), 1.0f, y, -1.0f, "difference")));
  model.scale = {1, 1};
  model.details = {{"channels", std::to_string(first.in_channels)},
                   {"num_feat", std::to_string(first.out_channels)}};
  if (!prefix.empty()) model.details.emplace_back("network", prefix.substr(0, prefix.size() - 1));
  return model;
}

}  // namespace

const Architecture kIrcnn = {"IRCNN", &detect, &build};

}  // namespace fovea
