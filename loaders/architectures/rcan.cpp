// RCAN (Zhang et al. 2018, arXiv 1807.02758): groups of residual blocks whose channels are weighed
// by what two 1x1 convolutions make of their means over the whole picture.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/mean_shift.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

// What the layouts in use call the parts: RCAN's own, and BasicSR's, whose mean is no tensor.
struct Layout {
  const char* name;
  const char* head;
  const char* blocks;       // between a group's and a block's number
  const char* convolution;  // of a block, with the number 0 or 2 behind it
  const char* squeeze;
  const char* excite;
  const char* group_end;  // none: numbered behind the blocks
  const char* middle;     // none: numbered behind the groups
  const char* ups;
  const char* last;
  bool has_stored_mean;
};
constexpr Layout kLayouts[] = {
    {"RCAN", "head.0", ".body.", ".body.", ".body.3.conv_du.0", ".body.3.conv_du.2", nullptr,
     nullptr, "tail.0", "tail.1", true},
    {"BasicSR", "conv_first", ".residual_group.", ".rcab.", ".rcab.3.attention.1",
     ".rcab.3.attention.3", ".conv", "conv_after_body", "upsample", "conv_last", false}};

std::string block_name(const Layout& layout, int64_t group, int64_t block) {
  return fmt::format("body.{}{}{}", group, layout.blocks, block);
}

const Layout* find_layout(const Weights& weights) {
  for (const Layout& layout : kLayouts) {
    const std::string block = block_name(layout, 0, 0);
    if (has_rank(weights, fmt::format("{}{}0.weight", block, layout.convolution), 4) &&
        has_rank(weights, block + layout.squeeze + ".weight", 4) &&
        has_rank(weights, fmt::format("{}.weight", layout.last), 4))
      return &layout;
  }
  return nullptr;
}

struct RcanParameters {
  Layout layout{};
  int64_t channels = 0;
  int64_t unshuffle = 1;
  std::string head;
  int64_t features = 0;
  int64_t kernel = 0;
  int64_t groups = 0;
  int64_t blocks = 0;        // in a group
  int64_t squeezed = 0;      // channels between the two 1x1 convolutions
  std::vector<int64_t> ups;  // the factors of the pixel shuffles
};

bool detect(const Weights& weights) { return find_layout(weights) != nullptr; }

Result<RcanParameters> read_parameters(const Weights& weights) {
  const Layout* const layout = find_layout(weights);
  if (layout == nullptr) return fail(ErrorCode::kModel, "its first block is missing");
  RcanParameters p;
  p.layout = *layout;
  p.head = weights.contains("head.1.weight") ? "head.1" : layout->head;
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, p.head));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, layout->last));
  FOVEA_ASSIGN_OR_RETURN(const auto squeeze,
                         convolution_shape(weights, block_name(*layout, 0, 0) + layout->squeeze));
  p.channels = last.out_channels;
  p.features = first.out_channels;
  p.kernel = first.kernel;
  p.squeezed = squeeze.out_channels;
  // A pixel-unshuffle has no tensors, but it makes the convolution the second of the head.
  while (p.head == "head.1" && p.unshuffle < 4 &&
         p.channels * p.unshuffle * p.unshuffle != first.in_channels)
    ++p.unshuffle;
  if (p.channels * p.unshuffle * p.unshuffle != first.in_channels)
    return fail(ErrorCode::kModel, "it turns {} channels into {}", first.in_channels, p.channels);
  const std::string convolution = fmt::format("{}0.weight", layout->convolution);
  p.groups = count_numbered(weights, "body.", fmt::format("{}0{}", layout->blocks, convolution));
  p.blocks = count_numbered(weights, fmt::format("body.0{}", layout->blocks), convolution);
  for (int64_t i = 0; weights.contains(fmt::format("{}.{}.weight", layout->ups, 2 * i)); ++i) {
    FOVEA_ASSIGN_OR_RETURN(const auto up,
                           convolution_shape(weights, fmt::format("{}.{}", layout->ups, 2 * i)));
    p.ups.push_back(up.out_channels == 9 * p.features ? 3 : 2);
  }
  if (p.ups.size() > 4)
    return fail(ErrorCode::kModel, "{} upsampling layers are more than 4", p.ups.size());
  return p;
}

class RcanBuilder {
 public:
  RcanBuilder(const Weights& weights, const RcanParameters& p)
      : b_(weights, p.channels), weights_(weights), p_(p), layout_(p_.layout) {}

  Result<Graph> build() {
    FOVEA_TRY(read_shift());
    ValueId x = shifted(b_.input(), range_, -range_, "sub_mean");
    if (p_.unshuffle > 1) x = b_.pixel_unshuffle(x, p_.unshuffle, "head.0");
    x = b_.convolution(x, p_.head, p_.features, p_.kernel);
    ValueId y = x;
    for (int64_t g = 0; g < p_.groups; ++g) y = group(y, g);
    y = residual(y, x,
                 layout_.middle != nullptr ? layout_.middle : fmt::format("body.{}", p_.groups));
    for (size_t i = 0; i < p_.ups.size(); ++i) {
      const std::string name = fmt::format("{}.{}", layout_.ups, 2 * i);
      y = b_.convolution(y, name, p_.features * p_.ups[i] * p_.ups[i], 3);
      y = b_.pixel_shuffle(y, p_.ups[i], name + ".shuffle");
    }
    y = b_.convolution(y, layout_.last, p_.channels, p_.kernel);
    return b_.finish(shifted(y, 1.0 / range_, 1.0, "add_mean"));
  }

  double range() const { return range_; }

 private:
  ValueId group(ValueId x, int64_t index) {
    ValueId y = x;
    for (int64_t i = 0; i < p_.blocks; ++i) y = block(y, block_name(layout_, index, i));
    return residual(y, x,
                    layout_.group_end != nullptr
                        ? fmt::format("body.{}{}", index, layout_.group_end)
                        : block_name(layout_, index, p_.blocks));
  }

  // A convolution of y, and x added.
  ValueId residual(ValueId y, ValueId x, const std::string& name) {
    return b_.add(b_.convolution(y, name, p_.features, p_.kernel), 1.0f, x, 1.0f, name + ".add");
  }

  ValueId block(ValueId x, const std::string& name) {
    const std::string convolution = name + layout_.convolution;
    ValueId y = b_.convolution(x, convolution + "0", p_.features, p_.kernel);
    y = b_.convolution(b_.relu(y, convolution + "1"), convolution + "2", p_.features, p_.kernel);
    const std::string squeeze = name + layout_.squeeze, excite = name + layout_.excite;
    ValueId gate = b_.apply(GlobalAverage{}, {y}, name + ".mean");
    gate = b_.relu(b_.convolution(gate, squeeze, p_.squeezed, 1), squeeze + ".relu");
    gate = b_.sigmoid(b_.convolution(gate, excite, p_.features, 1), excite + ".sigmoid");
    return b_.add(b_.multiply(y, gate, name + ".multiply"), 1.0f, x, 1.0f, name + ".add");
  }

  // scale * x + shift * mean
  ValueId shifted(ValueId x, double scale, double shift, const std::string& name) {
    if (mean_.empty()) return x;
    std::vector<float> weight(mean_.size(), static_cast<float>(scale)), bias;
    for (const double mean : mean_) bias.push_back(static_cast<float>(shift * mean));
    return b_.affine(x, weight, bias, name);
  }

  // Networks without a mean of their own layout take pictures as they are.
  Status read_shift() {
    if (layout_.has_stored_mean && !weights_.contains("sub_mean.weight")) return {};
    FOVEA_ASSIGN_OR_RETURN(const PictureMean told, layout_.has_stored_mean
                                                       ? read_picture_mean(weights_, p_.channels)
                                                       : div2k_mean(255.0, p_.channels));
    range_ = told.range;
    mean_ = told.mean;
    for (const std::string& name : told.names) b_.know(name);
    return {};
  }

  GraphBuilder b_;
  const Weights& weights_;
  RcanParameters p_;
  const Layout& layout_;
  double range_ = 1.0;
  std::vector<double> mean_;
};

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const RcanParameters p, read_parameters(weights));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(p.channels, p.channels));
  RcanBuilder builder(weights, p);
  FOVEA_ASSIGN_OR_RETURN(model.graph, builder.build());
  model.scale = model.graph.value(model.graph.output()).scale;
  model.padding_multiple = p.unshuffle;
  model.details = {{"layout", p.layout.name},
                   {"channels", std::to_string(p.channels)},
                   {"n_feats", std::to_string(p.features)},
                   {"n_resgroups", std::to_string(p.groups)},
                   {"n_resblocks", std::to_string(p.blocks)},
                   {"squeezed to", std::to_string(p.squeezed)},
                   {"unshuffle", std::to_string(p.unshuffle)},
                   {"range", fmt::format("{}", builder.range())}};
  return model;
}

}  // namespace

const Architecture kRcan = {"RCAN", &detect, &build};

}  // namespace fovea
