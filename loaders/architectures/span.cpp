// SPAN (Wan et al. 2024, arXiv 2311.12770): six blocks of three convolutions whose last result is
// both added to the block's input and, through a sigmoid, the attention that weighs the sum. No
// parameters of its own beyond the convolutions; the convolutions are trained with branches.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"
#include "loaders/rewriting/collapse.h"

namespace fovea {
namespace {

constexpr int64_t kBlocks = 6;
// The mean of the training pictures' colours, and the range that SPAN's layers see.
constexpr float kMean[] = {0.4488f, 0.4371f, 0.4040f};
constexpr float kRange = 255.0f;

struct SpanParameters {
  int64_t in_channels = 0;
  int64_t feature_channels = 0;
  ShuffledChannels last;
  bool is_normalised = true;
};

bool detect(const Weights& weights) {
  return weights.contains("conv_1.sk.weight") && weights.contains("block_1.c1_r.sk.weight") &&
         weights.contains("conv_cat.weight") && weights.contains("upsampler.0.weight");
}

Result<SpanParameters> read_parameters(const Weights& weights) {
  SpanParameters p;
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, "conv_1.sk"));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, "upsampler.0"));
  p.in_channels = first.in_channels;
  p.feature_channels = first.out_channels;
  FOVEA_ASSIGN_OR_RETURN(p.last, split_shuffled(weights, p.in_channels, last.out_channels));
  // Trainers put an empty tensor of this name into networks that take pictures as they are.
  p.is_normalised = !weights.contains("no_norm");
  if (p.is_normalised && p.in_channels != 3)
    return fail(ErrorCode::kModel, "its colours are normalised as three channels, and it has {}",
                p.in_channels);
  return p;
}

class SpanBuilder {
 public:
  SpanBuilder(const Weights& weights, const SpanParameters& p)
      : b_(weights, p.in_channels), weights_(weights), p_(p) {}

  Result<Graph> build() {
    ValueId x = b_.input();
    if (p_.is_normalised) x = normalised(x);
    b_.know("no_norm");
    const ValueId first = collapsed(x, "conv_1");
    ValueId y = first;
    ValueId after_first = kNoValue;  // block 1's result
    ValueId inside_last = kNoValue;  // what the last block's first convolution gives, activated
    for (int64_t i = 1; i <= kBlocks; ++i) {
      y = block(y, fmt::format("block_{}", i), inside_last);
      if (i == 1) after_first = y;
    }
    y = collapsed(y, "conv_2");
    y = b_.concat({first, y, after_first, inside_last}, "concat");
    y = b_.convolution(y, "conv_cat", p_.feature_channels, 1);
    y = b_.convolution(y, "upsampler.0", p_.last.out_channels * p_.last.factor * p_.last.factor, 3);
    if (p_.last.factor > 1) y = b_.pixel_shuffle(y, p_.last.factor, "upsampler.1");
    return b_.finish(y);
  }

 private:
  // (x - mean) * range
  ValueId normalised(ValueId x) {
    std::vector<float> bias;
    for (const float mean : kMean) bias.push_back(-mean * kRange);
    return b_.affine(x, std::vector<float>(bias.size(), kRange), bias, "normalise");
  }

  // (x + c) * (sigmoid(c) - 1/2), c the third convolution's result. The paper's code hands on the
  // first one's result, which its activation has changed in place by then.
  ValueId block(ValueId x, const std::string& name, ValueId& after_first) {
    after_first = b_.silu(collapsed(x, name + ".c1_r"), name + ".act1");
    ValueId y = b_.silu(collapsed(after_first, name + ".c2_r"), name + ".act2");
    y = collapsed(y, name + ".c3_r");
    const std::vector<float> ones(static_cast<size_t>(p_.feature_channels), 1.0f);
    const std::vector<float> halves(ones.size(), -0.5f);
    const ValueId attention =
        b_.affine(b_.sigmoid(y, name + ".sigmoid"), ones, halves, name + ".attention");
    return b_.multiply(b_.add(y, 1.0f, x, 1.0f, name + ".add"), attention, name + ".multiply");
  }

  ValueId collapsed(ValueId x, const std::string& name) {
    return b_.convolution_of(x, collapse_conv3xc(weights_, name), name);
  }

  GraphBuilder b_;
  const Weights& weights_;
  SpanParameters p_;
};

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const SpanParameters p, read_parameters(weights));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(p.in_channels, p.last.out_channels));
  FOVEA_ASSIGN_OR_RETURN(model.graph, SpanBuilder(weights, p).build());
  model.scale = model.graph.value(model.graph.output()).scale;
  model.details = {{"in_channels", std::to_string(p.in_channels)},
                   {"out_channels", std::to_string(p.last.out_channels)},
                   {"feature_channels", std::to_string(p.feature_channels)},
                   {"norm", p.is_normalised ? "yes" : "no"}};
  return model;
}

}  // namespace

const Architecture kSpan = {"SPAN", &detect, &build};

}  // namespace fovea
