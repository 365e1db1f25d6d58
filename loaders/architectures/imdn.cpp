// IMDN (Hui et al. 2019, arXiv 1909.11856): blocks that distil a part of what each convolution
// gives and go on with the rest; all parts are weighed by their mean and standard deviation over
// the whole picture. Its smaller forms, of the AIM 2019 and RTC challenges, do not weigh them, nor
// join all blocks' results.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

constexpr float kSlope = 0.05f;

// What the layouts in use call the parts: the authors' own, and that of one nn.Sequential, theirs
// of IMDN_RTC and KAIR's.
struct Layout {
  const char* name;
  const char* first;
  const char* block;  // with the block's number behind it
  int64_t number;     // of the first block
  const char* steps[3];
  const char* fourth;
  const char* fusion;
  const char* attention;  // none: nothing is weighed
  const char* join;       // of all blocks' results; none: the last one goes on
  const char* low;        // none: numbered behind the blocks
  const char* up;
};
constexpr Layout kLayouts[] = {{"IMDN",
                                "fea_conv",
                                "IMDB",
                                1,
                                {".c1", ".c2", ".c3"},
                                ".c4",
                                ".c5",
                                ".cca",
                                "c.0",
                                "LR_conv",
                                "upsampler.0"},
                               {"IMDN_RTC",
                                "model.0",
                                "model.1.sub.",
                                0,
                                {".c1", ".c2", ".c3"},
                                ".c4",
                                ".c5",
                                nullptr,
                                nullptr,
                                nullptr,
                                "model.2"},
                               {"KAIR",
                                "model.0",
                                "model.1.sub.",
                                0,
                                {".conv1.0", ".conv2.0", ".conv3.0"},
                                ".conv4",
                                ".conv1x1",
                                nullptr,
                                nullptr,
                                nullptr,
                                "model.2"}};

std::string block_name(const Layout& layout, int64_t index) {
  return fmt::format("{}{}", layout.block, layout.number + index);
}

const Layout* find_layout(const Weights& weights) {
  for (const Layout& layout : kLayouts) {
    const std::string block = block_name(layout, 0);
    if (has_rank(weights, fmt::format("{}.weight", layout.first), 4) &&
        has_rank(weights, fmt::format("{}{}.weight", block, layout.steps[0]), 4) &&
        has_rank(weights, fmt::format("{}{}.weight", block, layout.fusion), 4) &&
        (layout.attention == nullptr) == !weights.contains(block + ".cca.conv_du.0.weight"))
      return &layout;
  }
  return nullptr;
}

struct ImdnParameters {
  Layout layout{};
  int64_t in_channels = 0;
  int64_t features = 0;
  int64_t blocks = 0;
  int64_t distilled = 0;   // of a step's features
  int64_t squeezed = 0;    // channels between the attention's convolutions
  int64_t low_kernel = 0;  // of the convolution behind the blocks
  ShuffledChannels last;
};

bool detect(const Weights& weights) { return find_layout(weights) != nullptr; }

class ImdnBuilder {
 public:
  ImdnBuilder(const Weights& weights, const ImdnParameters& p)
      : b_(weights, p.in_channels), p_(p), layout_(p_.layout) {}

  Result<Graph> build(const std::string& low) {
    const ValueId x = b_.convolution(b_.input(), layout_.first, p_.features, 3);
    std::vector<ValueId> results;
    ValueId y = x;
    for (int64_t i = 0; i < p_.blocks; ++i) {
      y = block(y, block_name(layout_, i));
      results.push_back(y);
    }
    if (layout_.join != nullptr) {
      const std::string join = layout_.join;
      y = b_.convolution(b_.concat(results, "cat"), join, p_.features, 1);
      y = activated(y, join + ".act");
    }
    y = b_.add(b_.convolution(y, low, p_.features, p_.low_kernel), 1.0f, x, 1.0f, "add");
    const int64_t factor = p_.last.factor;
    y = b_.convolution(y, layout_.up, p_.last.out_channels * factor * factor, 3);
    return b_.finish(factor > 1 ? b_.pixel_shuffle(y, factor, "upsampler.1") : y);
  }

 private:
  ValueId activated(ValueId x, const std::string& name) { return b_.leaky_relu(x, kSlope, name); }

  ValueId block(ValueId x, const std::string& name) {
    std::vector<ValueId> parts;
    ValueId y = x;
    for (const char* step : layout_.steps) {
      const std::string part = name + step;
      y = activated(b_.convolution(y, part, p_.features, 3), part + ".act");
      parts.push_back(b_.slice(y, 0, p_.distilled, part + ".distilled"));
      y = b_.slice(y, p_.distilled, p_.features - p_.distilled, part + ".remaining");
    }
    parts.push_back(b_.convolution(y, name + layout_.fourth, p_.distilled, 3));
    y = b_.concat(parts, name + ".cat");
    if (layout_.attention != nullptr) y = attention(y, name + layout_.attention);
    y = b_.convolution(y, name + layout_.fusion, p_.features, 1);
    return b_.add(y, 1.0f, x, 1.0f, name + ".add");
  }

  ValueId attention(ValueId x, const std::string& name) {
    const ValueId contrast = b_.apply(GlobalAverage{true}, {x}, name + ".contrast");
    const ValueId mean = b_.apply(GlobalAverage{false}, {x}, name + ".avg_pool");
    ValueId y = b_.add(contrast, 1.0f, mean, 1.0f, name + ".add");
    y = b_.relu(b_.convolution(y, name + ".conv_du.0", p_.squeezed, 1), name + ".conv_du.1");
    y = b_.convolution(y, name + ".conv_du.2", b_.channels(x), 1);
    return b_.multiply(x, b_.sigmoid(y, name + ".conv_du.3"), name + ".multiply");
  }

  GraphBuilder b_;
  ImdnParameters p_;
  const Layout& layout_;
};

Result<Model> build(const Weights& weights) {
  const Layout* const layout = find_layout(weights);
  if (layout == nullptr)
    return fail(ErrorCode::kModel, "its first convolution or block is missing");
  ImdnParameters p;
  p.layout = *layout;
  const std::string block = block_name(*layout, 0);
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, layout->first));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, layout->up));
  FOVEA_ASSIGN_OR_RETURN(const auto fourth, convolution_shape(weights, block + layout->fourth));
  if (layout->attention != nullptr) {
    FOVEA_ASSIGN_OR_RETURN(
        const auto squeeze,
        convolution_shape(weights, fmt::format("{}{}.conv_du.0", block, layout->attention)));
    p.squeezed = squeeze.out_channels;
  }
  p.in_channels = first.in_channels;
  p.features = first.out_channels;
  p.distilled = fourth.out_channels;
  if (p.distilled >= p.features)
    return fail(ErrorCode::kModel, "it distils {} of {} channels", p.distilled, p.features);
  while (
      weights.contains(fmt::format("{}{}.weight", block_name(*layout, p.blocks), layout->steps[0])))
    ++p.blocks;
  const std::string low = layout->low != nullptr ? layout->low : block_name(*layout, p.blocks);
  FOVEA_ASSIGN_OR_RETURN(const auto behind, convolution_shape(weights, low));
  p.low_kernel = behind.kernel;
  FOVEA_ASSIGN_OR_RETURN(p.last, split_shuffled(weights, p.in_channels, last.out_channels));
  ImdnBuilder builder(weights, p);
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.graph, builder.build(low));
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(p.in_channels, p.last.out_channels));
  model.scale = {p.last.factor, 1};
  model.details = {{"layout", layout->name},
                   {"in_channels", std::to_string(p.in_channels)},
                   {"out_channels", std::to_string(p.last.out_channels)},
                   {"nf", std::to_string(p.features)},
                   {"num_modules", std::to_string(p.blocks)},
                   {"distilled", std::to_string(p.distilled)}};
  return model;
}

}  // namespace

const Architecture kImdn = {"IMDN", &detect, &build};

}  // namespace fovea
