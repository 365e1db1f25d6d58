// MSRResNet: SRResNet as ESRGAN's authors modified it (Wang et al. 2018, arXiv 1809.00219): without
// batch normalisation, its result added to the picture enlarged by bilinear interpolation.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

constexpr float kSlope = 0.1f;  // of every LeakyReLU

// What the layouts in use call the parts: BasicSR's, that of 2018 and KAIR, MMEditing's, whose
// network has no activations behind its pixel shuffles.
struct Layout {
  const char* name;
  const char* blocks;
  const char* up;  // with the number from 1 between it and
  const char* up_suffix;
  const char* hr;
  bool activates_ups;
};
constexpr Layout kLayouts[] = {
    {"BasicSR", "body", "upconv", "", "conv_hr", true},
    {"BasicSR of 2018", "recon_trunk", "upconv", "", "HRconv", true},
    {"MMEditing", "trunk_net", "upsample", ".upsample_conv", "conv_hr", false}};

std::string up_name(const Layout& layout, int64_t index) {
  return fmt::format("{}{}{}", layout.up, index, layout.up_suffix);
}

const Layout* find_layout(const Weights& weights) {
  for (const Layout& layout : kLayouts) {
    if (has_rank(weights, "conv_first.weight", 4) &&
        has_rank(weights, fmt::format("{}.0.conv1.weight", layout.blocks), 4) &&
        has_rank(weights, up_name(layout, 1) + ".weight", 4))
      return &layout;
  }
  return nullptr;
}

bool detect(const Weights& weights) { return find_layout(weights) != nullptr; }

Result<Model> build(const Weights& weights) {
  const Layout* const layout = find_layout(weights);
  if (layout == nullptr) return fail(ErrorCode::kModel, "conv_first, body.0 or upconv1 is missing");
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, "conv_first"));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, "conv_last"));
  FOVEA_ASSIGN_OR_RETURN(const auto up, convolution_shape(weights, up_name(*layout, 1)));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(first.in_channels, last.out_channels));
  if (first.in_channels != last.out_channels)
    return fail(ErrorCode::kModel, "it turns {} channels into {}, which have no sum",
                first.in_channels, last.out_channels);
  const int64_t features = first.out_channels;
  const int64_t blocks =
      count_numbered(weights, fmt::format("{}.", layout->blocks), ".conv1.weight");
  // One shuffle by 2 or 3, or two by 2.
  const int64_t factor = up.out_channels == 9 * features ? 3 : 2;
  const int64_t ups = weights.contains(up_name(*layout, 2) + ".weight") ? 2 : 1;

  GraphBuilder b(weights, first.in_channels);
  ValueId y = b.convolution(b.input(), "conv_first", features, 3);
  y = b.leaky_relu(y, kSlope, "conv_first.lrelu");
  for (int64_t i = 0; i < blocks; ++i) {
    const std::string name = fmt::format("{}.{}", layout->blocks, i);
    ValueId inner = b.convolution(y, name + ".conv1", features, 3);
    inner = b.convolution(b.relu(inner, name + ".relu"), name + ".conv2", features, 3);
    y = b.add(y, 1.0f, inner, 1.0f, name + ".add");
  }
  int64_t scale = 1;
  for (int64_t u = 1; u <= ups; ++u, scale *= factor) {
    const std::string name = up_name(*layout, u);
    y = b.convolution(y, name, features * factor * factor, 3);
    y = b.pixel_shuffle(y, factor, name + ".shuffle");
    if (layout->activates_ups) y = b.leaky_relu(y, kSlope, name + ".lrelu");
  }
  y = b.leaky_relu(b.convolution(y, layout->hr, features, 3), kSlope, "hr.lrelu");
  y = b.convolution(y, "conv_last", last.out_channels, 3);
  const ValueId base = b.upsample(b.input(), ResizeFilter::kBilinear, scale, "base");
  FOVEA_ASSIGN_OR_RETURN(model.graph, b.finish(b.add(y, 1.0f, base, 1.0f, "add")));
  model.scale = {scale, 1};
  model.details = {{"layout", layout->name},
                   {"channels", std::to_string(first.in_channels)},
                   {"num_feat", std::to_string(features)},
                   {"num_block", std::to_string(blocks)}};
  return model;
}

}  // namespace

const Architecture kMsrresnet = {"MSRResNet", &detect, &build};

}  // namespace fovea
