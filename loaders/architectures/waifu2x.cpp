// waifu2x (nagadomi, 2015): vgg_7, seven convolutions without padding, and upconv_7, six and a
// transposed one that doubles the picture. The picture is continued by its border beforehand.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/parameters.h"
#include "loaders/architectures/valid_layers.h"

namespace fovea {
namespace {

constexpr int64_t kLayers = 7;
constexpr float kSlope = 0.1f;
constexpr int64_t kUpStride = 2;
constexpr int64_t kUpPadding = 3;

std::string layer_name(int64_t index) { return fmt::format("net.{}", 2 * index); }

bool is_upconv(const Weights& weights) {
  const WeightTensor* last = weights.find(layer_name(kLayers - 1) + ".weight");
  return last != nullptr && last->shape.size() == 4 && last->shape[2] == 4;
}

bool detect(const Weights& weights) {
  for (int64_t i = 0; i < kLayers; ++i) {
    if (!has_rank(weights, layer_name(i) + ".weight", 4)) return false;
  }
  return !weights.contains(layer_name(kLayers) + ".weight");
}

Result<Model> build(const Weights& weights) {
  const bool up = is_upconv(weights);
  const int64_t plain = up ? kLayers - 1 : kLayers;
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, layer_name(0)));
  GraphBuilder b(weights, first.in_channels);
  ValidLayers layers(b, weights);

  // As much as all layers together take away.
  const int64_t margin = kLayers;
  Bordered y{b.apply(Pad{PadMode::kReplicate, margin}, {b.input()}, "pad"), 0};
  std::string widths;
  for (int64_t i = 0; i < plain; ++i) {
    FOVEA_ASSIGN_OR_RETURN(const auto shape, convolution_shape(weights, layer_name(i)));
    y = layers.convolution(y, layer_name(i), shape.out_channels, shape.kernel);
    if (shape.kernel != 3)
      return fail(ErrorCode::kModel, "tensor {}.weight has a kernel of {}, expected 3",
                  layer_name(i), shape.kernel);
    widths += fmt::format("{}{}", i == 0 ? "" : "-", shape.out_channels);
    if (i + 1 < kLayers) y = layers.leaky_relu(y, kSlope, fmt::format("net.{}", 2 * i + 1));
  }
  if (up) y = layers.transposed(y, layer_name(kLayers - 1), kUpStride, kUpPadding);
  ValueId output = layers.trimmed(y, "crop").map;
  output = b.apply(Clamp{0.0f, 1.0f}, {output}, "clip");
  const int64_t out_channels = b.channels(output);

  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.graph, b.finish(output));
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(first.in_channels, out_channels));
  model.scale = {up ? kUpStride : 1, 1};
  model.details = {{"network", up ? "upconv_7" : "vgg_7"},
                   {"in_channels", std::to_string(first.in_channels)},
                   {"widths", widths}};
  return model;
}

}  // namespace

const Architecture kWaifu2x = {"waifu2x", &detect, &build};

}  // namespace fovea
