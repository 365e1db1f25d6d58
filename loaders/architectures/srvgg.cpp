// SRVGGNetCompact: Real-ESRGAN's small networks (Wang et al. 2021, arXiv 2107.10833;
// realesr-animevideov3, realesr-general-x4v3): a plain stack at the picture's size whose
// pixel-shuffled result is added to the picture enlarged by repetition.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

enum class ActivationType { kPrelu, kRelu, kLeakyRelu };

constexpr float kLeakySlope = 0.1f;  // basicsr's act_type leakyrelu

struct SrvggParameters {
  int64_t in_channels = 0;
  int64_t num_feat = 0;
  int64_t convolutions = 0;  // all of them: the first, num_conv of the body, the last
  ShuffledChannels last;
  ActivationType activation = ActivationType::kPrelu;

  int64_t num_conv() const { return convolutions - 2; }
};

// body.0 is a convolution, body.1 its PReLU; or, where activations have no weights, body.2 the next
// convolution.
bool detect(const Weights& weights) {
  if (weights.contains("conv_first.weight") || !has_rank(weights, "body.0.weight", 4)) return false;
  return has_rank(weights, "body.1.weight", 1) ||
         (!weights.contains("body.1.weight") && has_rank(weights, "body.2.weight", 4));
}

Result<ActivationType> activation_type(const Weights& weights) {
  if (weights.contains("body.1.weight")) return ActivationType::kPrelu;
  const auto found = weights.metadata.find("act_type");
  if (found == weights.metadata.end())
    return fail(
        ErrorCode::kModel,
        "the activations have no weights, so they are ReLU or LeakyReLU, and the file does not "
        "tell which; set its metadata key act_type to relu or leakyrelu");
  if (found->second == "relu") return ActivationType::kRelu;
  if (found->second == "leakyrelu") return ActivationType::kLeakyRelu;
  return fail(ErrorCode::kModel,
              "metadata act_type is \"{}\"; expected relu or leakyrelu, as the activations have no "
              "weights",
              found->second);
}

Result<SrvggParameters> read_parameters(const Weights& weights) {
  SrvggParameters p;
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, "body.0"));
  p.in_channels = first.in_channels;
  p.num_feat = first.out_channels;
  while (has_rank(weights, fmt::format("body.{}.weight", 2 * p.convolutions), 4)) ++p.convolutions;
  if (p.convolutions < 2)
    return fail(ErrorCode::kModel, "{} convolutions; at least 2 are needed", p.convolutions);
  FOVEA_ASSIGN_OR_RETURN(
      const auto last,
      convolution_shape(weights, fmt::format("body.{}", 2 * (p.convolutions - 1))));
  FOVEA_ASSIGN_OR_RETURN(p.last, split_shuffled(weights, p.in_channels, last.out_channels));
  FOVEA_ASSIGN_OR_RETURN(p.activation, activation_type(weights));
  return p;
}

ValueId activated(GraphBuilder& b, ValueId x, ActivationType type, const std::string& name) {
  switch (type) {
    case ActivationType::kPrelu:
      return b.prelu(x, name);
    case ActivationType::kRelu:
      return b.relu(x, name);
    case ActivationType::kLeakyRelu:
      return b.leaky_relu(x, kLeakySlope, name);
  }
  return kNoValue;
}

Result<Graph> build_graph(const Weights& weights, const SrvggParameters& p) {
  GraphBuilder b(weights, p.in_channels);
  ValueId y = b.input();
  for (int64_t i = 0; i + 1 < p.convolutions; ++i) {
    y = b.convolution(y, fmt::format("body.{}", 2 * i), p.num_feat, 3);
    y = activated(b, y, p.activation, fmt::format("body.{}", 2 * i + 1));
  }
  y = b.convolution(y, fmt::format("body.{}", 2 * (p.convolutions - 1)),
                    p.last.out_channels * p.last.factor * p.last.factor, 3);

  ValueId base = b.input();
  if (p.last.factor > 1) {
    y = b.pixel_shuffle(y, p.last.factor, "upsampler");
    base = b.upsample_nearest(base, p.last.factor, "base");
  }
  // One channel is added to each of three, as PyTorch broadcasts it.
  if (p.last.out_channels > p.in_channels)
    base = b.concat(std::vector<ValueId>(static_cast<size_t>(p.last.out_channels), base),
                    "base.repeat");
  return b.finish(b.add(y, 1.0f, base, 1.0f, "add"));
}

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const SrvggParameters p, read_parameters(weights));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(p.in_channels, p.last.out_channels));
  FOVEA_ASSIGN_OR_RETURN(model.graph, build_graph(weights, p));
  model.scale = model.graph.value(model.graph.output()).scale;
  model.details = {{"in_channels", std::to_string(p.in_channels)},
                   {"out_channels", std::to_string(p.last.out_channels)},
                   {"num_feat", std::to_string(p.num_feat)},
                   {"num_conv", std::to_string(p.num_conv())},
                   {"act_type", p.activation == ActivationType::kPrelu  ? "prelu"
                                : p.activation == ActivationType::kRelu ? "relu"
                                                                        : "leakyrelu"}};
  return model;
}

}  // namespace

const Architecture kSrvggNetCompact = {"SRVGGNetCompact", &detect, &build};

}  // namespace fovea
