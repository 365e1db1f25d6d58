// ECBSR (Zhang et al. 2021, "Edge-oriented Convolution Block for Real-time Super Resolution on
// Mobile Devices"): a plain stack whose convolutions are trained with branches, some of which are
// edge filters. The branches are taken together; a stack saved after that (PlainSR) is the same
// network. Where ETDS's authors joined the picture into the stack, nothing is added to what it
// gives.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/joined_tail.h"
#include "loaders/architectures/parameters.h"
#include "loaders/rewriting/collapse.h"

namespace fovea {
namespace {

// What a layer's parts are called: backbone.N, then these.
struct Layout {
  const char* convolution;
  const char* activation;
};
constexpr Layout kLayouts[] = {{".conv3x3", ".act"}, {".0", ".1"}};

const Layout* find_layout(const Weights& weights) {
  for (const Layout& layout : kLayouts) {
    if (has_rank(weights, fmt::format("backbone.0{}.weight", layout.convolution), 4) &&
        has_rank(weights, fmt::format("backbone.1{}.weight", layout.convolution), 4))
      return &layout;
  }
  return nullptr;
}

bool detect(const Weights& weights) { return find_layout(weights) != nullptr; }

// A 1x1 convolution NAME.k0, NAME.b0.
Result<CollapsedConvolution> point_of(const Weights& weights, const std::string& name) {
  CollapsedConvolution point;
  FOVEA_ASSIGN_OR_RETURN(point.weight, read_values(weights, name + ".k0", 4));
  FOVEA_ASSIGN_OR_RETURN(point.bias, read_values(weights, name + ".b0", 1));
  const auto& shape = weights.find(name + ".k0")->shape;
  point.out_channels = shape[0];
  point.in_channels = shape[1];
  point.kernel = shape[2];
  point.names = {name + ".k0", name + ".b0"};
  if (shape[2] != 1 || shape[3] != 1)
    return fail(ErrorCode::kModel, "tensor {}.k0 has shape {}, expected [out, in, 1, 1]", name,
                shape_string(shape));
  FOVEA_TRY(check(point));
  return point;
}

// A 3x3 convolution behind the 1x1, which is padded with the 1x1's bias.
Result<CollapsedConvolution> wide_branch(const Weights& weights, const std::string& name) {
  FOVEA_ASSIGN_OR_RETURN(const auto point, point_of(weights, name));
  CollapsedConvolution wide;
  FOVEA_ASSIGN_OR_RETURN(wide.weight, read_values(weights, name + ".k1", 4));
  FOVEA_ASSIGN_OR_RETURN(wide.bias, read_values(weights, name + ".b1", 1));
  const auto& shape = weights.find(name + ".k1")->shape;
  wide.out_channels = shape[0];
  wide.in_channels = shape[1];
  wide.kernel = shape[2];
  wide.names = {name + ".k1", name + ".b1"};
  FOVEA_TRY(check(wide));
  return behind(point, wide);
}

// The same with an edge filter a channel, scale * mask: it multiplies the 1x1's rows.
Result<CollapsedConvolution> edge_branch(const Weights& weights, const std::string& name) {
  FOVEA_ASSIGN_OR_RETURN(const auto point, point_of(weights, name));
  FOVEA_ASSIGN_OR_RETURN(const auto scale, read_values(weights, name + ".scale", 4));
  FOVEA_ASSIGN_OR_RETURN(const auto mask, read_values(weights, name + ".mask", 4));
  FOVEA_ASSIGN_OR_RETURN(const auto bias, read_values(weights, name + ".bias", 1));
  constexpr int64_t kTaps = 9;
  const int64_t channels = point.out_channels;
  if (static_cast<int64_t>(scale.size()) != channels || bias.size() != scale.size() ||
      mask.size() != scale.size() * kTaps)
    return fail(ErrorCode::kModel,
                "tensors {0}.scale, {0}.mask and {0}.bias have {1}, {2} and {3} elements, expected "
                "{4}, {5} and {4}",
                name, scale.size(), mask.size(), bias.size(), channels, channels * kTaps);
  CollapsedConvolution edge = point;
  edge.kernel = 3;
  edge.weight.clear();
  for (int64_t o = 0; o < channels; ++o) {
    const auto at = static_cast<size_t>(o);
    edge.bias[at] = bias[at];
    for (int64_t i = 0; i < point.in_channels; ++i) {
      for (size_t t = 0; t < kTaps; ++t) {
        const double tap = scale[at] * mask[at * kTaps + t];
        edge.weight.push_back(tap * point.weight[point.index(o, i, 0, 0)]);
        if (i == 0) edge.bias[at] += tap * point.bias[at];
      }
    }
  }
  for (const char* part : {".scale", ".mask", ".bias"}) edge.names.push_back(name + part);
  return edge;
}

// Layer NAME with its branches, where it has them.
Result<CollapsedConvolution> layer_of(const Weights& weights, const std::string& name,
                                      const Layout& layout) {
  FOVEA_ASSIGN_OR_RETURN(auto all, read_convolution(weights, name + layout.convolution));
  if (!weights.contains(name + ".conv1x1_3x3.k0")) return all;
  FOVEA_ASSIGN_OR_RETURN(const auto wide, wide_branch(weights, name + ".conv1x1_3x3"));
  FOVEA_ASSIGN_OR_RETURN(all, beside(all, wide));
  for (const char* filter : {".conv1x1_sbx", ".conv1x1_sby", ".conv1x1_lpl"}) {
    FOVEA_ASSIGN_OR_RETURN(const auto edge, edge_branch(weights, name + filter));
    FOVEA_ASSIGN_OR_RETURN(all, beside(all, edge));
  }
  return all;
}

// The range of the samples that the network takes. The code of its authors takes luma of 0...255
// and nothing else; BasicSR's and ETDS's code takes any number of channels of 0...1.
Result<double> sample_range(const Weights& weights, int64_t channels) {
  FOVEA_ASSIGN_OR_RETURN(const std::optional<double> told, metadata_range(weights));
  if (told || channels > 1) return told.value_or(1.0);
  return fail(
      ErrorCode::kModel,
      "its tensors do not tell the range of its luma; set its metadata key range to 255 (as "
      "its authors' code has it) or 1 (as BasicSR has it)");
}

Result<Model> build(const Weights& weights) {
  const Layout* const layout = find_layout(weights);
  if (layout == nullptr) return fail(ErrorCode::kModel, "its first two convolutions are missing");
  int64_t layers = 0;
  while (weights.contains(fmt::format("backbone.{}{}.weight", layers, layout->convolution)))
    ++layers;
  const auto name_of = [](int64_t i) { return fmt::format("backbone.{}", i); };
  FOVEA_ASSIGN_OR_RETURN(const auto first,
                         convolution_shape(weights, name_of(0) + layout->convolution));
  FOVEA_ASSIGN_OR_RETURN(const auto last,
                         convolution_shape(weights, name_of(layers - 1) + layout->convolution));
  const int64_t channels = first.in_channels;
  const bool is_joined = last.kernel == 1;  // it clips what the one before it gives
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, luma_or_colour(channels, channels));
  FOVEA_ASSIGN_OR_RETURN(const double range, sample_range(weights, channels));
  const bool has_slopes = weights.contains(name_of(0) + layout->activation + ".weight");
  if (!has_slopes &&
      (!weights.metadata.contains("act_type") || weights.metadata.at("act_type") != "relu"))
    return fail(ErrorCode::kModel,
                "its activations have no weights; where they are ReLU, set its metadata key "
                "act_type to relu");

  GraphBuilder b(weights, channels);
  ValueId y = b.scale(b.input(), range, "range");
  const int64_t activated = layers - (is_joined ? 2 : 1);
  for (int64_t i = 0; i < activated; ++i) {
    const std::string name = name_of(i);
    y = b.convolution_of(y, layer_of(weights, name, *layout), name);
    y = has_slopes ? b.prelu(y, name + layout->activation) : b.relu(y, name + ".relu");
  }
  if (is_joined) {
    FOVEA_ASSIGN_OR_RETURN(const JoinedTail tail,
                           read_joined_tail(weights, name_of(layers - 2) + layout->convolution,
                                            name_of(layers - 1) + layout->convolution, channels));
    y = b.scale(joined_tail(b, y, tail), 1.0 / range, "samples");
  } else {
    FOVEA_ASSIGN_OR_RETURN(const ShuffledChannels split,
                           split_shuffled(weights, channels, last.out_channels));
    if (split.out_channels != channels)
      return fail(ErrorCode::kModel, "it turns {} channels into {}, which have no sum", channels,
                  split.out_channels);
    y = b.convolution_of(y, layer_of(weights, name_of(layers - 1), *layout), name_of(layers - 1));
    ValueId base = b.input();
    if (split.factor > 1) {
      y = b.pixel_shuffle(y, split.factor, "upsampler");
      base = b.upsample_nearest(base, split.factor, "base");
    }
    y = b.add(b.scale(y, 1.0 / range, "samples"), 1.0f, base, 1.0f, "add");
  }
  FOVEA_ASSIGN_OR_RETURN(model.graph, b.finish(y));
  model.scale = model.graph.value(model.graph.output()).scale;
  model.details = {{"form", is_joined ? "joined" : "with a sum"},
                   {"channels", std::to_string(channels)},
                   {"num_feat", std::to_string(first.out_channels)},
                   {"num_block", std::to_string(activated - 1)},
                   {"act_type", has_slopes ? "prelu" : "relu"},
                   {"range", fmt::format("{}", range)}};
  return model;
}

}  // namespace

const Architecture kEcbsr = {"ECBSR", &detect, &build};

}  // namespace fovea
