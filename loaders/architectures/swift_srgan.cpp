// Swift-SRGAN (Krishnan & Krishnan 2021, arXiv 2111.14320): SRGAN's generator of convolutions a
// channel followed by 1x1 convolutions, into which batch normalisation is folded.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"
#include "loaders/rewriting/batch_norm.h"

namespace fovea {
namespace {

bool detect(const Weights& weights) {
  return has_rank(weights, "initial.cnn.depthwise.weight", 4) &&
         has_rank(weights, "final_conv.pointwise.weight", 4);
}

// The kernel of convolution NAME.depthwise (channels, 1, k, k).
Result<int64_t> depthwise_kernel(const Weights& weights, const std::string& name) {
  FOVEA_ASSIGN_OR_RETURN(const auto shape, convolution_shape(weights, name + ".depthwise"));
  return shape.kernel;
}

class SwiftSrganBuilder {
 public:
  SwiftSrganBuilder(const Weights& weights, int64_t channels, int64_t features)
      : b_(weights, channels), weights_(weights), channels_(channels), features_(features) {}

  Result<Graph> build(int64_t blocks, int64_t ups) {
    FOVEA_ASSIGN_OR_RETURN(const int64_t first, depthwise_kernel(weights_, "initial.cnn"));
    FOVEA_ASSIGN_OR_RETURN(const int64_t last, depthwise_kernel(weights_, "final_conv"));
    ValueId x = separable(b_.input(), "initial.cnn", features_, first);
    x = b_.prelu(x, "initial.act");
    ValueId y = x;
    for (int64_t i = 0; i < blocks; ++i) {
      const std::string name = fmt::format("residual.{}", i);
      const ValueId one = b_.prelu(normalised(y, name + ".block1"), name + ".block1.act");
      const ValueId two = normalised(one, name + ".block2");
      b_.know(name + ".block2.act.weight");  // there, and not used
      y = b_.add(y, 1.0f, two, 1.0f, name + ".add");
    }
    y = b_.add(normalised(y, "convblock"), 1.0f, x, 1.0f, "convblock.add");
    b_.know("convblock.act.weight");
    for (int64_t u = 0; u < ups; ++u) {
      const std::string name = fmt::format("upsampler.{}", u);
      y = separable(y, name + ".conv", 4 * features_, 3);
      y = b_.prelu(b_.pixel_shuffle(y, 2, name + ".ps"), name + ".act");
    }
    y = separable(y, "final_conv", channels_, last);
    const std::vector<float> halves(static_cast<size_t>(channels_), 0.5f);
    y = b_.activation(y, ActivationKind::kTanh, "tanh");
    return b_.finish(b_.affine(y, halves, halves, "samples"));
  }

 private:
  ValueId separable(ValueId x, const std::string& name, int64_t out_channels, int64_t kernel) {
    const int64_t in = name == "initial.cnn" ? channels_ : features_;
    x = b_.grouped_convolution(x, name + ".depthwise", in, kernel, in);
    return b_.convolution(x, name + ".pointwise", out_channels, 1);
  }

  // NAME.cnn without biases, then NAME.bn.
  ValueId normalised(ValueId x, const std::string& name) {
    x = b_.grouped_convolution(x, name + ".cnn.depthwise", features_, 3, features_, Bias::kNone);
    return b_.convolution_of(x, folded(name), name + ".cnn.pointwise");
  }

  Result<CollapsedConvolution> folded(const std::string& name) {
    FOVEA_ASSIGN_OR_RETURN(auto point,
                           read_convolution(weights_, name + ".cnn.pointwise", Bias::kNone));
    FOVEA_ASSIGN_OR_RETURN(const auto affine, read_batch_norm(weights_, name + ".bn"));
    return followed_by(std::move(point), affine);
  }

  GraphBuilder b_;
  const Weights& weights_;
  int64_t channels_;
  int64_t features_;
};

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, "initial.cnn.pointwise"));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, "final_conv.pointwise"));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(first.in_channels, last.out_channels));
  if (first.in_channels != last.out_channels)
    return fail(ErrorCode::kModel, "it turns {} channels into {}", first.in_channels,
                last.out_channels);
  const int64_t blocks = count_numbered(weights, "residual.", ".block1.cnn.depthwise.weight");
  const int64_t ups = count_numbered(weights, "upsampler.", ".conv.depthwise.weight");
  // x32 is more than any published network, and keeps 2^n within range.
  if (ups > 5) return fail(ErrorCode::kModel, "{} upsampling layers are more than 5", ups);
  SwiftSrganBuilder builder(weights, first.in_channels, first.out_channels);
  FOVEA_ASSIGN_OR_RETURN(model.graph, builder.build(blocks, ups));
  model.scale = model.graph.value(model.graph.output()).scale;
  model.details = {{"channels", std::to_string(first.in_channels)},
                   {"num_feat", std::to_string(first.out_channels)},
                   {"num_block", std::to_string(blocks)}};
  return model;
}

}  // namespace

const Architecture kSwiftSrgan = {"Swift-SRGAN", &detect, &build};

}  // namespace fovea
