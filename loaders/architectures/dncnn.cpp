// DnCNN (Zhang et al. 2017, arXiv 1608.03981): convolutions that find a picture's noise, which is
// taken off. FDnCNN, by the same authors, is given the noise level as one more channel and finds
// the picture itself, as does FFDNet (2018, arXiv 1710.04026) of the picture unshuffled by 2. Batch
// norms are folded.
#include <fmt/format.h>

#include <utility>

#include "loaders/architectures/conditions.h"
#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"
#include "loaders/rewriting/batch_norm.h"

namespace fovea {
namespace {

// Of one nn.Sequential.
struct Layer {
  std::string convolution;
  std::string norm;  // empty where there is none
};

struct Layout {
  const char* prefix;
  double epsilon;  // of its batch norms
};
// KAIR's, whose batch norms have an epsilon of their own, and that of PyTorch ports.
constexpr Layout kLayouts[] = {{"model", 1e-4}, {"dncnn", 1e-5}};

// Convolutions with an activation, and perhaps a batch norm, between them.
std::vector<Layer> layers_of(const Weights& weights, const Layout& layout) {
  std::vector<Layer> layers;
  for (int64_t i = 0;;) {
    Layer layer{fmt::format("{}.{}", layout.prefix, i), ""};
    if (!has_rank(weights, layer.convolution + ".weight", 4)) return layers;
    const std::string next = fmt::format("{}.{}", layout.prefix, i + 1);
    if (weights.contains(next + ".running_mean")) layer.norm = next;
    i += layer.norm.empty() ? 2 : 3;
    layers.push_back(std::move(layer));
  }
}

const Layout* find_layout(const Weights& weights) {
  // Seven convolutions named so are IRCNN (ircnn.cpp), which dilates them.
  constexpr size_t kMinLayers = 8;
  for (const Layout& layout : kLayouts) {
    if (layers_of(weights, layout).size() >= kMinLayers) return &layout;
  }
  return nullptr;
}

bool detect(const Weights& weights) { return find_layout(weights) != nullptr; }

Result<CollapsedConvolution> folded(const Weights& weights, const Layer& layer, double epsilon) {
  const bool biased = weights.contains(layer.convolution + ".bias");
  FOVEA_ASSIGN_OR_RETURN(auto convolution, read_convolution(weights, layer.convolution,
                                                            biased ? Bias::kStored : Bias::kNone));
  if (layer.norm.empty()) return convolution;
  FOVEA_ASSIGN_OR_RETURN(const auto affine, read_batch_norm(weights, layer.norm, epsilon));
  return followed_by(std::move(convolution), affine);
}

// What a stack of `in` channels to `out` is.
struct Variant {
  std::string_view name;
  int64_t channels = 0;   // of the picture
  int64_t unshuffle = 1;  // before the stack
  bool is_told = false;   // the noise level, as its last channel
};

Result<Variant> variant_of(int64_t in, int64_t out) {
  constexpr int64_t kHalved = 2, kArea = kHalved * kHalved;
  const bool is_told = in == out + 1;
  // No FDnCNN takes four channels.
  if (is_told && out % kArea == 0) return Variant{"FFDNet", out / kArea, kHalved, true};
  if (is_told) return Variant{"FDnCNN", out, 1, true};
  if (in == out) return Variant{"DnCNN", out, 1, false};
  return fail(ErrorCode::kModel, "it turns {} channels into {}", in, out);
}

Result<Model> build(const Weights& weights) {
  const Layout* const layout = find_layout(weights);
  if (layout == nullptr) return fail(ErrorCode::kModel, "its convolutions are missing");
  const std::vector<Layer> layers = layers_of(weights, *layout);
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, layers.front().convolution));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, layers.back().convolution));
  FOVEA_ASSIGN_OR_RETURN(const Variant variant, variant_of(first.in_channels, last.out_channels));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(variant.channels, variant.channels));

  if (variant.is_told) {
    FOVEA_ASSIGN_OR_RETURN(model.condition, read_condition(weights, kNoiseLevel));
  }

  GraphBuilder b(weights, variant.channels + (variant.is_told ? 1 : 0));
  ValueId y = b.input();
  if (variant.unshuffle > 1) {
    y = b.apply(Pad{PadMode::kReplicate, 0, variant.unshuffle}, {y}, "pad");
    y = b.pixel_unshuffle(y, variant.unshuffle, "m_down");
  }
  for (size_t i = 0; i < layers.size(); ++i) {
    auto convolution = folded(weights, layers[i], layout->epsilon);
    // The noise level's channel, unshuffled, is several equal ones, of which one counts.
    if (i == 0 && convolution)
      convolution = with_idle_inputs(std::move(*convolution), b.channels(y));
    y = b.convolution_of(y, convolution, layers[i].convolution);
    if (i + 1 < layers.size()) y = b.relu(y, layers[i].convolution + ".relu");
  }
  if (!variant.is_told) y = b.add(b.input(), 1.0f, y, -1.0f, "difference");
  if (variant.unshuffle > 1) {
    y = b.pixel_shuffle(y, variant.unshuffle, "m_up");
    y = b.apply(Crop{0, 1}, {y, b.input()}, "crop");
  }
  FOVEA_ASSIGN_OR_RETURN(model.graph, b.finish(y));
  model.scale = {1, 1};
  model.details = {{"variant", std::string(variant.name)},
                   {"channels", std::to_string(variant.channels)},
                   {"num_feat", std::to_string(first.out_channels)},
                   {"layers", std::to_string(layers.size())}};
  return model;
}

}  // namespace

const Architecture kDncnn = {"DnCNN", &detect, &build};

}  // namespace fovea
