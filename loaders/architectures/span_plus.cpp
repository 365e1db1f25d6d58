// SPANPlus (umzi, 2024): SPAN (Wan et al. 2024, arXiv 2311.12770) with Mish, of groups of blocks,
// on pictures as they are, with a choice of upsamplers.
#include <fmt/format.h>

#include "loaders/architectures/dysample.h"
#include "loaders/architectures/families.h"
#include "loaders/architectures/parameters.h"
#include "loaders/rewriting/collapse.h"

namespace fovea {
namespace {

enum class Upsampler { kPs, kDys, kConv };

struct SpanPlusParameters {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t features = 0;
  int64_t groups = 0;
  int64_t scale = 1;
  Upsampler upsampler = Upsampler::kPs;
  DySampleParameters dysample;
};

bool detect(const Weights& weights) {
  return has_rank(weights, "feats.0.sk.weight", 4) &&
         has_rank(weights, "feats.1.block_1.c1_r.sk.weight", 4) &&
         has_rank(weights, "feats.1.conv_cat.weight", 4);
}

Result<SpanPlusParameters> read_parameters(const Weights& weights) {
  SpanPlusParameters p;
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, "feats.0.sk"));
  p.in_channels = first.in_channels;
  p.features = first.out_channels;
  while (weights.contains(fmt::format("feats.{}.conv_cat.weight", p.groups + 1))) ++p.groups;
  if (weights.contains("upsampler.offset.weight")) {
    p.upsampler = Upsampler::kDys;
    FOVEA_ASSIGN_OR_RETURN(p.scale, dysample_scale(weights, "upsampler"));
    FOVEA_ASSIGN_OR_RETURN(p.dysample, read_dysample(weights, "upsampler", p.scale));
    p.out_channels = p.dysample.out_channels;
  } else if (weights.contains("upsampler.weight")) {
    p.upsampler = Upsampler::kConv;
    FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, "upsampler"));
    p.out_channels = last.out_channels;
  } else {
    FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, "upsampler.0"));
    FOVEA_ASSIGN_OR_RETURN(const ShuffledChannels split,
                           split_shuffled(weights, p.in_channels, last.out_channels));
    p.out_channels = split.out_channels;
    p.scale = split.factor;
  }
  return p;
}

class SpanPlusBuilder {
 public:
  SpanPlusBuilder(const Weights& weights, const SpanPlusParameters& p)
      : b_(weights, p.in_channels), weights_(weights), p_(p) {}

  Result<Graph> build() {
    ValueId y = collapsed(b_.input(), "feats.0");
    for (int64_t i = 1; i <= p_.groups; ++i) y = group(y, fmt::format("feats.{}", i));
    switch (p_.upsampler) {
      case Upsampler::kDys:
        return b_.finish(dysample(b_, weights_, y, "upsampler", p_.dysample, p_.scale));
      case Upsampler::kConv:
        return b_.finish(b_.convolution(y, "upsampler", p_.out_channels, 3));
      case Upsampler::kPs:
        break;
    }
    y = b_.convolution(y, "upsampler.0", p_.out_channels * p_.scale * p_.scale, 3);
    return b_.finish(p_.scale > 1 ? b_.pixel_shuffle(y, p_.scale, "upsampler.1") : y);
  }

 private:
  ValueId collapsed(ValueId x, const std::string& name) {
    return b_.convolution_of(x, collapse_conv3xc(weights_, name), name);
  }

  ValueId group(ValueId x, const std::string& name) {
    ValueId inside = kNoValue;  // what the last block's first convolution gives, activated
    const ValueId first = block(x, name + ".block_1", inside);
    ValueId y = first;
    for (int64_t i = 0; weights_.contains(fmt::format("{}.block_n.{}.c1_r.sk.weight", name, i));
         ++i)
      y = block(y, fmt::format("{}.block_n.{}", name, i), inside);
    y = collapsed(block(y, name + ".block_end", inside), name + ".conv_2");
    y = b_.concat({x, y, first, inside}, name + ".cat");
    return b_.convolution(y, name + ".conv_cat", p_.features, 1);
  }

  // SPAN's block with Mish, which works in place too: see span.cpp.
  ValueId block(ValueId x, const std::string& name, ValueId& inside) {
    const auto mish = [&](ValueId value, const char* part) {
      return b_.activation(value, ActivationKind::kMish, name + part);
    };
    inside = mish(collapsed(x, name + ".c1_r"), ".act1");
    ValueId y = mish(collapsed(inside, name + ".c2_r"), ".act2");
    y = collapsed(y, name + ".c3_r");
    const std::vector<float> ones(static_cast<size_t>(p_.features), 1.0f);
    const std::vector<float> halves(ones.size(), -0.5f);
    const ValueId attention =
        b_.affine(b_.sigmoid(y, name + ".sigmoid"), ones, halves, name + ".attention");
    return b_.multiply(b_.add(y, 1.0f, x, 1.0f, name + ".add"), attention, name + ".multiply");
  }

  GraphBuilder b_;
  const Weights& weights_;
  SpanPlusParameters p_;
};

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const SpanPlusParameters p, read_parameters(weights));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(p.in_channels, p.out_channels));
  FOVEA_ASSIGN_OR_RETURN(model.graph, SpanPlusBuilder(weights, p).build());
  model.scale = {p.scale, 1};
  const char* const upsamplers[] = {"ps", "dys", "conv"};
  model.details = {{"in_channels", std::to_string(p.in_channels)},
                   {"out_channels", std::to_string(p.out_channels)},
                   {"feature_channels", std::to_string(p.features)},
                   {"groups", std::to_string(p.groups)},
                   {"upsampler", upsamplers[static_cast<int>(p.upsampler)]}};
  return model;
}

}  // namespace

const Architecture kSpanPlus = {"SPANPlus", &detect, &build};

}  // namespace fovea
