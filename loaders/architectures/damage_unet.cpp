// DamageUNet: this project's network that takes damage off photographs (tools/train): a U-Net
// (Ronneberger et al. 2015, arXiv 1505.04597) of residual blocks whose levels each lie behind a
// pixel unshuffle. It tells what is to be added everywhere, what where there is damage, and the
// logits of a mask of the damage, by which the latter is multiplied.
#include <fmt/format.h>

#include <vector>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

constexpr int64_t kUnshuffle = 2;
constexpr int64_t kPhases = kUnshuffle * kUnshuffle;
constexpr int64_t kMaxLevels = 8;
constexpr float kSlope = 0.1f;  // of its blocks' LeakyReLU

bool detect(const Weights& weights) {
  return has_rank(weights, "enter.weight", 4) && has_rank(weights, "leave.weight", 4) &&
         has_rank(weights, "shrink.0.weight", 4) && has_rank(weights, "grow.0.weight", 4) &&
         has_rank(weights, "middle.0.first.weight", 4);
}

struct Shape {
  int64_t channels = 0;
  std::vector<int64_t> widths;  // features of each level
};

Result<Shape> shape_of(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const auto enter, convolution_shape(weights, "enter"));
  FOVEA_ASSIGN_OR_RETURN(const auto leave, convolution_shape(weights, "leave"));
  Shape shape{enter.in_channels / kPhases, {enter.out_channels}};
  // What is added everywhere, what where there is damage, and the mask.
  if (shape.channels * kPhases != enter.in_channels ||
      leave.out_channels != kPhases * (2 * shape.channels + 1))
    return fail(ErrorCode::kModel,
                "it turns {} channels into {}; 4 n into 4 (2 n + 1) are expected",
                enter.in_channels, leave.out_channels);
  const int64_t steps = count_numbered(weights, "shrink.", ".weight");
  if (steps >= kMaxLevels)
    return fail(ErrorCode::kModel, "{} levels; at most {} are run", steps + 1, kMaxLevels);
  for (int64_t i = 0; i < steps; ++i) {
    FOVEA_ASSIGN_OR_RETURN(const auto next,
                           convolution_shape(weights, fmt::format("shrink.{}", i)));
    shape.widths.push_back(next.out_channels);
  }
  return shape;
}

// What is asked for: the picture or, by the metadata key `output`, the mask as a gray picture.
Result<bool> wants_mask(const Weights& weights) {
  const auto found = weights.metadata.find("output");
  if (found == weights.metadata.end() || found->second == "picture") return false;
  if (found->second == "mask") return true;
  return fail(ErrorCode::kModel, "its metadata key output is \"{}\" (picture or mask)",
              found->second);
}

class DamageUnetBuilder {
 public:
  DamageUnetBuilder(const Weights& weights, const Shape& shape)
      : b_(weights, shape.channels), weights_(weights), shape_(shape) {}

  Result<Graph> build(bool mask_alone) {
    const int64_t steps = std::ssize(shape_.widths) - 1, channels = shape_.channels;
    const int64_t multiple = kUnshuffle << steps;
    const ValueId picture = b_.apply(Pad{PadMode::kReplicate, 0, multiple}, {b_.input()}, "pad");
    ValueId x = b_.convolution(b_.pixel_unshuffle(picture, kUnshuffle, "unshuffle"), "enter",
                               shape_.widths[0], 3);
    std::vector<ValueId> skips;
    for (int64_t i = 0; i < steps; ++i) {
      skips.push_back(blocks(x, fmt::format("down.{}", i)));
      const std::string name = fmt::format("shrink.{}", i);
      x = b_.pixel_unshuffle(skips.back(), kUnshuffle, name + ".unshuffle");
      x = b_.convolution(x, name, shape_.widths[i + 1], 1);
    }
    x = blocks(x, "middle");
    for (int64_t i = steps - 1; i >= 0; --i) {
      const std::string name = fmt::format("grow.{}", i);
      x = b_.convolution(x, name, kPhases * shape_.widths[i], 1);
      x = b_.pixel_shuffle(x, kUnshuffle, name + ".shuffle");
      x = b_.add(skips[i], 1.0f, x, 1.0f, fmt::format("skip.{}", i));
      x = blocks(x, fmt::format("up.{}", i));
    }
    x = b_.convolution(x, "leave", kPhases * (2 * channels + 1), 3);
    x = b_.pixel_shuffle(x, kUnshuffle, "shuffle");
    const ValueId mask = mask_of(b_.slice(x, 2 * channels, 1, "mask.logit"));
    if (mask_alone) return cropped(mask);
    const ValueId everywhere = b_.slice(x, 0, channels, "everywhere");
    const ValueId damage = b_.slice(x, channels, channels, "damage");
    const ValueId inside = b_.multiply(damage, mask, "inside");
    const ValueId result = b_.add(picture, 1.0f, everywhere, 1.0f, "add_everywhere");
    return cropped(b_.add(result, 1.0f, inside, 1.0f, "add_inside"));
  }

 private:
  // 0...1, the same for each channel of the picture.
  ValueId mask_of(ValueId logit) {
    const ValueId mask = b_.sigmoid(logit, "mask");
    if (shape_.channels == 1) return mask;
    return b_.concat(std::vector<ValueId>(shape_.channels, mask), "mask.channels");
  }

  Result<Graph> cropped(ValueId x) {
    return b_.finish(b_.apply(Crop{0, 1}, {x, b_.input()}, "crop"));
  }

  // As many as the file has: convolution, LeakyReLU, convolution, and what went in.
  ValueId blocks(ValueId x, const std::string& name) {
    const int64_t features = b_.channels(x);
    const int64_t number = count_numbered(weights_, name + ".", ".first.weight");
    for (int64_t i = 0; i < number; ++i) {
      const std::string block = fmt::format("{}.{}", name, i);
      ValueId y = b_.convolution(x, block + ".first", features, 3);
      y = b_.convolution(b_.leaky_relu(y, kSlope, block + ".activation"), block + ".second",
                         features, 3);
      x = b_.add(y, 1.0f, x, 1.0f, block + ".add");
    }
    return x;
  }

  GraphBuilder b_;
  const Weights& weights_;
  const Shape& shape_;
};

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const Shape shape, shape_of(weights));
  FOVEA_ASSIGN_OR_RETURN(const bool mask_alone, wants_mask(weights));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(shape.channels, shape.channels));
  FOVEA_ASSIGN_OR_RETURN(model.graph, DamageUnetBuilder(weights, shape).build(mask_alone));
  model.scale = {1, 1};
  model.details = {{"channels", std::to_string(shape.channels)},
                   {"features", fmt::format("{}", fmt::join(shape.widths, "-"))},
                   {"output", mask_alone ? "mask" : "picture"}};
  return model;
}

}  // namespace

const Architecture kDamageUnet = {"DamageUNet", &detect, &build};

}  // namespace fovea
