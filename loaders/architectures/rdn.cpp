// RDN (Zhang et al. 2018, arXiv 1802.08797): residual dense blocks, all of whose results are joined
// again at the end, and pixel shuffles.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

// The two namings in use: yjn870's and MMEditing's, whose networks take samples of 0...1, and
// EDSR-PyTorch's, whose take 0...255.
struct Layout {
  const char* name;
  const char* first;
  const char* second;
  const char* blocks;
  const char* dense;  // between block and number
  const char* dense_suffix;
  const char* local_fusion;
  const char* global_fusion;
  const char* ups;
  const char* last;  // null: the last of `ups`
  double range;
};
constexpr Layout kLayouts[] = {
    {"sfe1", "sfe1", "sfe2", "rdbs", "layers", ".conv", "lff", "gff", "upscale", "output", 1.0},
    {"SFENet1", "SFENet1", "SFENet2", "RDBs", "convs", ".conv.0", "LFF", "GFF", "UPNet", nullptr,
     255.0}};

std::string dense_name(const Layout& layout, int64_t block, int64_t index) {
  return fmt::format("{}.{}.{}.{}{}", layout.blocks, block, layout.dense, index,
                     layout.dense_suffix);
}

const Layout* find_layout(const Weights& weights) {
  for (const Layout& layout : kLayouts) {
    if (has_rank(weights, fmt::format("{}.weight", layout.first), 4) &&
        has_rank(weights, dense_name(layout, 0, 0) + ".weight", 4) &&
        has_rank(weights, fmt::format("{}.0.weight", layout.global_fusion), 4))
      return &layout;
  }
  return nullptr;
}

bool detect(const Weights& weights) { return find_layout(weights) != nullptr; }

// The convolutions behind the fusion, the last of which makes the picture.
std::vector<std::string> tail_names(const Weights& weights, const Layout& layout) {
  std::vector<std::string> names;
  for (int64_t i = 0; weights.contains(fmt::format("{}.{}.weight", layout.ups, i)); i += 2)
    names.push_back(fmt::format("{}.{}", layout.ups, i));
  if (layout.last != nullptr) names.push_back(layout.last);
  return names;
}

// A shuffle between two convolutions divides the channels by its factor's square.
Result<int64_t> shuffle_between(int64_t out_channels, int64_t next_in) {
  for (int64_t factor = 1; factor <= 4; ++factor) {
    if (out_channels == next_in * factor * factor) return factor;
  }
  return fail(ErrorCode::kModel,
              "between convolutions of {} channels out and {} in there is no pixel shuffle",
              out_channels, next_in);
}

class RdnBuilder {
 public:
  RdnBuilder(const Weights& weights, const Layout& layout, int64_t channels)
      : b_(weights, channels), weights_(weights), layout_(layout) {}

  Result<Graph> build(int64_t features, int64_t blocks) {
    const ValueId first =
        b_.convolution(b_.scale(b_.input(), layout_.range, "range"), layout_.first, features, 3);
    FOVEA_ASSIGN_OR_RETURN(const auto second, convolution_shape(weights_, layout_.second));
    ValueId y = b_.convolution(first, layout_.second, second.out_channels, 3);
    std::vector<ValueId> local;
    for (int64_t i = 0; i < blocks; ++i) {
      FOVEA_ASSIGN_OR_RETURN(y, dense_block(y, i, second.out_channels));
      local.push_back(y);
    }
    if (local.size() > 1) y = b_.concat(local, "concat");
    y = b_.convolution(y, fmt::format("{}.0", layout_.global_fusion), features, 1);
    y = b_.convolution(y, fmt::format("{}.1", layout_.global_fusion), features, 3);
    y = b_.add(y, 1.0f, first, 1.0f, "add");
    FOVEA_ASSIGN_OR_RETURN(y, tail(y));
    return b_.finish(b_.scale(y, 1.0 / layout_.range, "samples"));
  }

 private:
  // Each layer's result is joined to what it saw; all of it is fused and added to the input.
  Result<ValueId> dense_block(ValueId x, int64_t block, int64_t features) {
    ValueId seen = x;
    for (int64_t i = 0; weights_.contains(dense_name(layout_, block, i) + ".weight"); ++i) {
      const std::string name = dense_name(layout_, block, i);
      FOVEA_ASSIGN_OR_RETURN(const auto shape, convolution_shape(weights_, name));
      ValueId y = b_.convolution(seen, name, shape.out_channels, shape.kernel);
      y = b_.relu(y, name + ".relu");
      seen = b_.concat({seen, y}, name + ".concat");
    }
    const std::string name = fmt::format("{}.{}.{}", layout_.blocks, block, layout_.local_fusion);
    return b_.add(b_.convolution(seen, name, features, 1), 1.0f, x, 1.0f, name + ".add");
  }

  Result<ValueId> tail(ValueId y) {
    const std::vector<std::string> names = tail_names(weights_, layout_);
    // x4^5 is more than any published network.
    if (names.empty() || names.size() > 6)
      return fail(ErrorCode::kModel, "{} convolutions behind {}, expected 1 to 6", names.size(),
                  layout_.global_fusion);
    for (size_t i = 0; i < names.size(); ++i) {
      FOVEA_ASSIGN_OR_RETURN(const auto shape, convolution_shape(weights_, names[i]));
      y = b_.convolution(y, names[i], shape.out_channels, shape.kernel);
      if (i + 1 == names.size()) break;
      FOVEA_ASSIGN_OR_RETURN(const auto next, convolution_shape(weights_, names[i + 1]));
      FOVEA_ASSIGN_OR_RETURN(const int64_t factor,
                             shuffle_between(shape.out_channels, next.in_channels));
      if (factor > 1) y = b_.pixel_shuffle(y, factor, names[i] + ".shuffle");
    }
    return y;
  }

  GraphBuilder b_;
  const Weights& weights_;
  const Layout& layout_;
};

Result<Model> build(const Weights& weights) {
  const Layout* const layout = find_layout(weights);
  if (layout == nullptr)
    return fail(ErrorCode::kModel, "its first convolution, blocks or fusion are missing");
  const std::vector<std::string> tail = tail_names(weights, *layout);
  if (tail.empty()) return fail(ErrorCode::kModel, "its last convolution is missing");
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, layout->first));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, tail.back()));
  FOVEA_ASSIGN_OR_RETURN(const auto dense, convolution_shape(weights, dense_name(*layout, 0, 0)));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(first.in_channels, last.out_channels));
  if (first.in_channels != last.out_channels)
    return fail(ErrorCode::kModel, "it turns {} channels into {}", first.in_channels,
                last.out_channels);
  int64_t blocks = 0;
  while (weights.contains(dense_name(*layout, blocks, 0) + ".weight")) ++blocks;
  RdnBuilder builder(weights, *layout, first.in_channels);
  FOVEA_ASSIGN_OR_RETURN(model.graph, builder.build(first.out_channels, blocks));
  model.scale = model.graph.value(model.graph.output()).scale;
  model.details = {{"layout", layout->name},
                   {"channels", std::to_string(first.in_channels)},
                   {"num_feat", std::to_string(first.out_channels)},
                   {"num_block", std::to_string(blocks)},
                   {"growth", std::to_string(dense.out_channels)},
                   {"range", fmt::format("{}", layout->range)}};
  return model;
}

}  // namespace

const Architecture kRdn = {"RDN", &detect, &build};

}  // namespace fovea
