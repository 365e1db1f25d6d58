// VDSR (Kim et al. 2016, arXiv 1511.04587): a deep stack of convolutions on luma already enlarged
// by bicubic interpolation, to which its result is added.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

// The two namings in use.
struct Layout {
  const char* first;
  const char* middle;  // PREFIX of PREFIX.N.conv
  const char* last;
};
constexpr Layout kLayouts[] = {{"input", "residual_layer", "output"},
                               {"conv1.0", "trunk", "conv2"}};

const Layout* find_layout(const Weights& weights) {
  for (const Layout& layout : kLayouts) {
    if (has_rank(weights, fmt::format("{}.weight", layout.first), 4) &&
        has_rank(weights, fmt::format("{}.0.conv.weight", layout.middle), 4) &&
        has_rank(weights, fmt::format("{}.weight", layout.last), 4))
      return &layout;
  }
  return nullptr;
}

bool detect(const Weights& weights) { return find_layout(weights) != nullptr; }

Result<Model> build(const Weights& weights) {
  const Layout* const layout = find_layout(weights);
  if (layout == nullptr) return fail(ErrorCode::kModel, "its first or last convolution is missing");
  std::vector<std::string> names = {layout->first};
  const int64_t inner = count_numbered(weights, fmt::format("{}.", layout->middle), ".conv.weight");
  for (int64_t i = 0; i < inner; ++i) names.push_back(fmt::format("{}.{}.conv", layout->middle, i));
  names.push_back(layout->last);
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, names.front()));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, names.back()));
  if (first.in_channels != 1 || last.out_channels != 1)
    return fail(
        ErrorCode::kModel,
        "the network turns {} channels into {}; only those that turn luma into luma are run",
        first.in_channels, last.out_channels);

  GraphBuilder b(weights, 1);
  ValueId y = b.input();
  for (const std::string& name : names) {
    FOVEA_ASSIGN_OR_RETURN(const auto shape, convolution_shape(weights, name));
    // The published ones have no biases.
    const Bias bias = weights.contains(name + ".bias") ? Bias::kStored : Bias::kNone;
    y = b.grouped_convolution(y, name, shape.out_channels, shape.kernel, 1, bias);
    if (name != names.back()) y = b.relu(y, name + ".relu");
  }
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.graph, b.finish(b.add(y, 1.0f, b.input(), 1.0f, "add")));
  model.colour = ColourMode::kLuma;
  model.details = {{"num_feat", std::to_string(first.out_channels)},
                   {"layers", std::to_string(names.size())}};
  return after_bicubic(std::move(model), weights);
}

}  // namespace

const Architecture kVdsr = {"VDSR", &detect, &build};

}  // namespace fovea
