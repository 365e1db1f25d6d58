// FBCNN (Jiang et al. 2021, arXiv 2109.14573): a U-Net of residual blocks that removes JPEG
// artifacts. It predicts the picture's quality factor from the mean of its deepest features, and
// that, through a few fully connected layers, scales and shifts the residuals of the way up.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"
#include "loaders/rewriting/strided_convolution.h"
#include "loaders/rewriting/transposed_convolution.h"

namespace fovea {
namespace {

constexpr int64_t kLevels = 3;
constexpr int64_t kMultiple = 8;  // three halvings

bool detect(const Weights& weights) {
  return has_rank(weights, "m_head.weight", 4) && has_rank(weights, "m_down1.0.res.0.weight", 4) &&
         has_rank(weights, "to_gamma_3.0.weight", 2) && has_rank(weights, "m_tail.weight", 4);
}

class FbcnnBuilder {
 public:
  FbcnnBuilder(const Weights& weights, int64_t channels, int64_t features)
      : b_(weights, channels), weights_(weights), channels_(channels), features_(features) {}

  Result<Graph> build() {
    FOVEA_TRY(check_layers());
    ValueId y = b_.apply(Pad{PadMode::kReplicate, 0, kMultiple}, {b_.input()}, "pad");
    ValueId skips[kLevels + 1];
    y = skips[0] = b_.convolution(y, "m_head", features_, 3);
    for (int64_t level = 1; level <= kLevels; ++level) y = skips[level] = down(y, level);
    y = blocks(y, "m_body_encoder", count("m_body_encoder"));
    const ValueId embedding = embedded(quality(y));
    y = blocks(y, "m_body_decoder", count("m_body_decoder"));
    for (int64_t level = kLevels; level > 0; --level)
      y = up(b_.add(y, 1.0f, skips[level], 1.0f, fmt::format("skip{}", level)), embedding, level);
    y = b_.add(y, 1.0f, skips[0], 1.0f, "skip0");
    y = b_.convolution(y, "m_tail", channels_, 3);
    return b_.finish(b_.apply(Crop{0, 1}, {y, b_.input()}, "crop"));
  }

 private:
  // What the names do not tell: that ups and downs are convolutions, and by 2.
  Status check_layers() const {
    for (int64_t level = 1; level <= kLevels; ++level) {
      for (const std::string& name : {down_name(level), fmt::format("m_up{}.0", level)}) {
        const WeightTensor* tensor = weights_.find(name + ".weight");
        if (tensor == nullptr) return fail(ErrorCode::kModel, "tensor {}.weight is missing", name);
        if (tensor->shape.size() != 4 || tensor->shape[2] != 2 || tensor->shape[3] != 2)
          return fail(ErrorCode::kModel, "tensor {} has shape {}, expected [.., .., 2, 2]",
                      tensor->name, shape_string(tensor->shape));
      }
    }
    return {};
  }

  int64_t count(const std::string& name) const {
    return count_numbered(weights_, name + ".", ".res.0.weight");
  }

  std::string down_name(int64_t level) const {
    const std::string name = fmt::format("m_down{}", level);
    return fmt::format("{}.{}", name, count(name));
  }

  // Convolution, ReLU, convolution.
  ValueId pair(ValueId x, const std::string& name) {
    const int64_t channels = b_.channels(x);
    const ValueId y = b_.relu(b_.convolution(x, name + ".res.0", channels, 3), name + ".res.1");
    return b_.convolution(y, name + ".res.2", channels, 3);
  }

  ValueId blocks(ValueId x, const std::string& name, int64_t number) {
    for (int64_t i = 0; i < number; ++i) {
      const std::string block = fmt::format("{}.{}", name, i);
      x = b_.add(pair(x, block), 1.0f, x, 1.0f, block + ".add");
    }
    return x;
  }

  ValueId down(ValueId x, int64_t level) {
    const std::string name = fmt::format("m_down{}", level);
    x = blocks(x, name, count(name));
    const std::string last = down_name(level);
    const auto read = read_convolution(weights_, last);
    if (!read) return b_.convolution_of(x, read, last);
    const auto moved = rewrite_strided(*read, {2, 0, 0});
    if (!moved) return b_.convolution_of(x, tl::unexpected(moved.error()), last);
    return b_.convolution_of(b_.pixel_unshuffle(x, 2, last + ".unshuffle"), moved->convolution,
                             last);
  }

  ValueId up(ValueId x, ValueId embedding, int64_t level) {
    const std::string name = fmt::format("m_up{}", level);
    auto read = read_transposed_convolution(weights_, name + ".0");
    if (!read) return b_.shuffled_convolution_of(x, tl::unexpected(read.error()), name + ".0");
    read->stride = 2;
    x = b_.shuffled_convolution_of(x, rewrite_transposed(*read), name + ".0");
    const std::string gamma_name = fmt::format("to_gamma_{}", level);
    const std::string beta_name = fmt::format("to_beta_{}", level);
    const ValueId gamma = b_.sigmoid(connected(embedding, gamma_name + ".0"), gamma_name + ".1");
    const ValueId beta = b_.activation(connected(embedding, beta_name + ".0"),
                                       ActivationKind::kTanh, beta_name + ".1");
    for (int64_t i = 1; weights_.contains(fmt::format("{}.{}.res.0.weight", name, i)); ++i) {
      const std::string block = fmt::format("{}.{}", name, i);
      ValueId y = b_.multiply(pair(x, block), gamma, block + ".gamma");
      y = b_.add(y, 1.0f, beta, 1.0f, block + ".beta");
      x = b_.add(x, 1.0f, y, 1.0f, block + ".add");
    }
    return x;
  }

  // A fully connected layer of one pixel: a 1x1 convolution.
  ValueId connected(ValueId x, const std::string& name) {
    const auto read = [&]() -> Result<CollapsedConvolution> {
      CollapsedConvolution made;
      FOVEA_ASSIGN_OR_RETURN(made.weight, read_values(weights_, name + ".weight", 2));
      FOVEA_ASSIGN_OR_RETURN(made.bias, read_values(weights_, name + ".bias", 1));
      const auto& shape = weights_.find(name + ".weight")->shape;
      made.out_channels = shape[0];
      made.in_channels = shape[1];
      made.kernel = 1;
      made.names = {name + ".weight", name + ".bias"};
      FOVEA_TRY(check(made));
      return made;
    };
    return b_.convolution_of(x, read(), name);
  }

  // The quality factor, 0...1, behind the residual blocks, a mean and what has no tensors.
  ValueId quality(ValueId x) {
    const int64_t number = count("qf_pred");
    x = b_.apply(GlobalAverage{}, {blocks(x, "qf_pred", number)}, "qf_pred.mean");
    for (int64_t i = 0; i < 3; ++i) {
      const int64_t index = number + 2 + 2 * i;
      x = connected(x, fmt::format("qf_pred.{}", index));
      const std::string activation = fmt::format("qf_pred.{}", index + 1);
      x = i < 2 ? b_.relu(x, activation) : b_.sigmoid(x, activation);
    }
    return x;
  }

  ValueId embedded(ValueId x) {
    for (int64_t i = 0; i < 3; ++i)
      x = b_.relu(connected(x, fmt::format("qf_embed.{}", 2 * i)),
                  fmt::format("qf_embed.{}", 2 * i + 1));
    return x;
  }

  GraphBuilder b_;
  const Weights& weights_;
  int64_t channels_;
  int64_t features_;
};

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, "m_head"));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, "m_tail"));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(first.in_channels, last.out_channels));
  FOVEA_ASSIGN_OR_RETURN(model.graph,
                         FbcnnBuilder(weights, first.in_channels, first.out_channels).build());
  model.scale = {1, 1};
  model.details = {{"channels", std::to_string(first.in_channels)},
                   {"features", std::to_string(first.out_channels)},
                   {"quality factor", "predicted"}};
  return model;
}

}  // namespace

const Architecture kFbcnn = {"FBCNN", &detect, &build};

}  // namespace fovea
