// IMDN (Hui et al. 2019, arXiv 1909.11856): blocks that distil a part of what each convolution
// gives and go on with the rest; all parts are weighed by their mean and standard deviation over
// the whole picture.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

constexpr float kSlope = 0.05f;

struct ImdnParameters {
  int64_t in_channels = 0;
  int64_t features = 0;
  int64_t distilled = 0;  // of a step's features
  int64_t squeezed = 0;   // channels between the attention's convolutions
  ShuffledChannels last;
};

bool detect(const Weights& weights) {
  return has_rank(weights, "fea_conv.weight", 4) && has_rank(weights, "IMDB1.c1.weight", 4) &&
         has_rank(weights, "IMDB1.cca.conv_du.0.weight", 4) &&
         has_rank(weights, "LR_conv.weight", 4);
}

class ImdnBuilder {
 public:
  ImdnBuilder(const Weights& weights, const ImdnParameters& p)
      : b_(weights, p.in_channels), weights_(weights), p_(p) {}

  Result<Graph> build() {
    const ValueId x = b_.convolution(b_.input(), "fea_conv", p_.features, 3);
    std::vector<ValueId> results;
    ValueId y = x;
    while (weights_.contains(fmt::format("IMDB{}.c1.weight", results.size() + 1))) {
      y = block(y, fmt::format("IMDB{}", results.size() + 1));
      results.push_back(y);
    }
    blocks_ = results.size();
    y = activated(b_.convolution(b_.concat(results, "cat"), "c.0", p_.features, 1), "c.1");
    y = b_.add(b_.convolution(y, "LR_conv", p_.features, 3), 1.0f, x, 1.0f, "add");
    const int64_t factor = p_.last.factor;
    y = b_.convolution(y, "upsampler.0", p_.last.out_channels * factor * factor, 3);
    return b_.finish(factor > 1 ? b_.pixel_shuffle(y, factor, "upsampler.1") : y);
  }

  size_t blocks() const { return blocks_; }

 private:
  ValueId activated(ValueId x, const std::string& name) { return b_.leaky_relu(x, kSlope, name); }

  ValueId block(ValueId x, const std::string& name) {
    std::vector<ValueId> parts;
    ValueId y = x;
    for (const char* step : {".c1", ".c2", ".c3"}) {
      const std::string part = name + step;
      y = activated(b_.convolution(y, part, p_.features, 3), part + ".act");
      parts.push_back(b_.slice(y, 0, p_.distilled, part + ".distilled"));
      y = b_.slice(y, p_.distilled, p_.features - p_.distilled, part + ".remaining");
    }
    parts.push_back(b_.convolution(y, name + ".c4", p_.distilled, 3));
    y = attention(b_.concat(parts, name + ".cat"), name + ".cca");
    return b_.add(b_.convolution(y, name + ".c5", p_.features, 1), 1.0f, x, 1.0f, name + ".add");
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
  const Weights& weights_;
  ImdnParameters p_;
  size_t blocks_ = 0;
};

Result<Model> build(const Weights& weights) {
  ImdnParameters p;
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, "fea_conv"));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, "upsampler.0"));
  FOVEA_ASSIGN_OR_RETURN(const auto fourth, convolution_shape(weights, "IMDB1.c4"));
  FOVEA_ASSIGN_OR_RETURN(const auto squeeze, convolution_shape(weights, "IMDB1.cca.conv_du.0"));
  p.in_channels = first.in_channels;
  p.features = first.out_channels;
  p.distilled = fourth.out_channels;
  p.squeezed = squeeze.out_channels;
  if (p.distilled >= p.features)
    return fail(ErrorCode::kModel, "it distils {} of {} channels", p.distilled, p.features);
  FOVEA_ASSIGN_OR_RETURN(p.last, split_shuffled(weights, p.in_channels, last.out_channels));
  ImdnBuilder builder(weights, p);
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.graph, builder.build());
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(p.in_channels, p.last.out_channels));
  model.scale = {p.last.factor, 1};
  model.details = {{"in_channels", std::to_string(p.in_channels)},
                   {"out_channels", std::to_string(p.last.out_channels)},
                   {"nf", std::to_string(p.features)},
                   {"num_modules", std::to_string(builder.blocks())},
                   {"distilled", std::to_string(p.distilled)}};
  return model;
}

}  // namespace

const Architecture kImdn = {"IMDN", &detect, &build};

}  // namespace fovea
