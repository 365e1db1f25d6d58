// RTMoSR (umzi, 2025): MoSR's blocks with RMS norms, the depthwise convolution on the map
// unshuffled by 2 beside its largest values, optionally squeeze and excitation; every convolution
// is trained with branches, which are one convolution here.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/parameters.h"
#include "loaders/rewriting/collapse.h"

namespace fovea {
namespace {

constexpr double kEpsilon = 1e-6;

struct RtmosrParameters {
  std::string first;  // the first convolution's name
  int64_t unshuffle = 1;
  int64_t channels = 0;
  int64_t dim = 0;
  int64_t hidden = 0;
  int64_t blocks = 0;
  int64_t factor = 1;  // of the pixel shuffle
  bool has_gate = false;
  bool has_plain_end = false;  // of a block: a 1x1 convolution without branches
};

bool detect(const Weights& weights) {
  return has_rank(weights, "body.0.fc1.conv_3x3_rep.weight", 4) &&
         has_rank(weights, "body.0.norm.scale", 1) &&
         has_rank(weights, "to_img.0.conv_3x3_rep.weight", 4);
}

CollapsedConvolution times(CollapsedConvolution convolution, double factor) {
  for (double& value : convolution.weight) value *= factor;
  for (double& value : convolution.bias) value *= factor;
  return convolution;
}

// A convolution of `kernel` by two tensors of any names.
Result<CollapsedConvolution> read_pair(const Weights& weights, const std::string& weight,
                                       const std::string& bias, int64_t kernel) {
  CollapsedConvolution made;
  FOVEA_ASSIGN_OR_RETURN(made.weight, read_values(weights, weight, 4));
  FOVEA_ASSIGN_OR_RETURN(made.bias, read_values(weights, bias, 1));
  const auto& shape = weights.find(weight)->shape;
  made.out_channels = shape[0];
  made.in_channels = shape[1];
  made.kernel = kernel;
  made.names = {weight, bias};
  if (shape[2] != kernel || shape[3] != kernel)
    return fail(ErrorCode::kModel, "tensor {} has shape {}, expected [out, in, {}, {}]", weight,
                shape_string(shape), kernel, kernel);
  FOVEA_TRY(check(made));
  return made;
}

// RepConv: three branches, each times its share. Files with branches have the merged convolution
// too, as stale as SPAN's; files without have nothing else.
Result<CollapsedConvolution> rep_convolution(const Weights& weights, const std::string& name) {
  const std::string merged = name + ".conv_3x3_rep";
  if (!weights.contains(name + ".alpha")) return read_convolution(weights, merged);
  FOVEA_ASSIGN_OR_RETURN(const std::vector<double> alpha, read_values(weights, name + ".alpha", 1));
  if (alpha.size() != 3)
    return fail(ErrorCode::kModel, "tensor {}.alpha has {} elements, expected 3", name,
                alpha.size());
  const std::string first = name + ".conv1.";
  FOVEA_ASSIGN_OR_RETURN(const auto k0, read_pair(weights, first + "k0", first + "b0", 1));
  FOVEA_ASSIGN_OR_RETURN(const auto k1, read_pair(weights, first + "k1", first + "b1", 3));
  FOVEA_ASSIGN_OR_RETURN(const auto sequence, behind(k0, k1));
  FOVEA_ASSIGN_OR_RETURN(const auto plain, read_convolution(weights, name + ".conv2"));
  FOVEA_ASSIGN_OR_RETURN(const auto third, collapse_conv3xc(weights, name + ".conv3"));
  FOVEA_ASSIGN_OR_RETURN(auto sum, beside(times(sequence, alpha[0]), times(plain, alpha[1])));
  FOVEA_ASSIGN_OR_RETURN(sum, beside(sum, times(third, alpha[2])));
  for (const char* stale : {".weight", ".bias"}) sum.names.push_back(merged + stale);
  sum.names.push_back(name + ".alpha");
  return sum;
}

// OmniShift: the map and depthwise convolutions of 1x1, 3x3 and 5x5, each times its channels'
// shares.
Result<CollapsedConvolution> omni_shift(const Weights& weights, const std::string& name) {
  const std::string merged = name + ".conv5x5_reparam";
  const WeightTensor* stored = weights.find(name + ".conv5x5.weight");
  if (stored == nullptr) stored = weights.find(merged + ".weight");
  const int64_t channels = stored != nullptr && !stored->shape.empty() ? stored->shape[0] : 0;
  if (!weights.contains(name + ".alpha1"))
    return read_convolution(weights, merged, Bias::kStored, channels);
  CollapsedConvolution sum;
  for (int64_t i = 0; i < 4; ++i) {
    const std::string share = fmt::format("{}.alpha{}", name, i + 1);
    FOVEA_ASSIGN_OR_RETURN(const std::vector<double> alpha, read_values(weights, share, 4));
    const int64_t kernel = 2 * i - 1;  // of the convolutions
    CollapsedConvolution branch;
    if (i == 0) {
      branch = {channels, channels, 1, channels, {}, {}, {}};
      branch.weight.assign(static_cast<size_t>(channels), 1.0);
      branch.bias.assign(static_cast<size_t>(channels), 0.0);
    } else {
      FOVEA_ASSIGN_OR_RETURN(
          branch, read_convolution(weights, fmt::format("{}.conv{}x{}", name, kernel, kernel),
                                   Bias::kStored, channels));
    }
    if (static_cast<int64_t>(alpha.size()) != branch.out_channels ||
        branch.out_channels != channels)
      return fail(ErrorCode::kModel, "tensor {} has {} elements, expected {}", share, alpha.size(),
                  channels);
    const size_t taps = branch.weight.size() / alpha.size();
    for (size_t n = 0; n < branch.weight.size(); ++n) branch.weight[n] *= alpha[n / taps];
    for (size_t c = 0; c < alpha.size(); ++c) branch.bias[c] *= alpha[c];
    branch.names.push_back(share);
    if (i == 0) {
      sum = branch;
    } else {
      FOVEA_ASSIGN_OR_RETURN(sum, beside(sum, branch));
    }
  }
  for (const char* stale : {".weight", ".bias"}) sum.names.push_back(merged + stale);
  return sum;
}

Result<RtmosrParameters> read_parameters(const Weights& weights) {
  RtmosrParameters p;
  const bool is_plain = weights.contains("to_feat.conv_3x3_rep.weight");
  p.first = is_plain ? "to_feat" : "to_feat.1";
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, p.first + ".conv_3x3_rep"));
  FOVEA_ASSIGN_OR_RETURN(const auto fc1, convolution_shape(weights, "body.0.fc1.conv_3x3_rep"));
  FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, "to_img.0.conv_3x3_rep"));
  p.channels = 3;
  p.dim = first.out_channels;
  p.hidden = fc1.out_channels / 2;
  while (!is_plain && p.unshuffle < 4 &&
         p.channels * p.unshuffle * p.unshuffle != first.in_channels)
    ++p.unshuffle;
  if (p.channels * p.unshuffle * p.unshuffle != first.in_channels || fc1.out_channels % 2 != 0 ||
      p.dim > p.hidden)
    return fail(ErrorCode::kModel, "it turns {} channels into {}, and those into {}",
                first.in_channels, p.dim, fc1.out_channels);
  FOVEA_ASSIGN_OR_RETURN(const auto split,
                         split_shuffled(weights, p.channels, last.out_channels, p.unshuffle));
  p.factor = split.factor;
  if (split.out_channels != p.channels || p.factor % p.unshuffle != 0)
    return fail(ErrorCode::kModel, "it gives {} channels x{} of a picture unshuffled by {}",
                split.out_channels, p.factor, p.unshuffle);
  p.blocks = count_numbered(weights, "body.", ".norm.scale");
  p.has_gate = weights.contains("body.0.conv.2.squeezing.0.weight");
  p.has_plain_end = weights.contains("body.0.fc2.weight");
  return p;
}

class RtmosrBuilder {
 public:
  RtmosrBuilder(const Weights& weights, const RtmosrParameters& p)
      : b_(weights, p.channels), weights_(weights), p_(p) {}

  Result<Graph> build() {
    ValueId y = b_.input();
    if (p_.unshuffle > 1) y = b_.pixel_unshuffle(y, p_.unshuffle, "to_feat.0");
    y = rep(y, p_.first);
    for (int64_t i = 0; i < p_.blocks; ++i) y = block(y, fmt::format("body.{}", i));
    y = rep(y, "to_img.0");
    if (p_.factor > 1) y = b_.pixel_shuffle(y, p_.factor, "to_img.1");
    const ValueId base = b_.upsample_nearest(b_.input(), p_.factor / p_.unshuffle, "base");
    return b_.finish(b_.add(y, 1.0f, base, 1.0f, "add"));
  }

 private:
  ValueId rep(ValueId x, const std::string& name) {
    return b_.convolution_of(x, rep_convolution(weights_, name), name);
  }

  ValueId mish(ValueId x, const std::string& name) {
    return b_.activation(x, ActivationKind::kMish, name);
  }

  ValueId block(ValueId x, const std::string& name) {
    ChannelNorm norm{false, kEpsilon, b_.parameter(name + ".norm.scale", {p_.dim}),
                     b_.parameter(name + ".norm.offset", {p_.dim})};
    norm.adds_to_root = true;
    ValueId y = rep(b_.apply(norm, {x}, name + ".norm"), name + ".fc1");
    const ValueId gate = mish(b_.slice(y, 0, p_.hidden, name + ".gate"), name + ".act");
    ValueId seen = b_.slice(y, 2 * p_.hidden - p_.dim, p_.dim, name + ".split");
    seen = b_.pixel_shuffle(shifted(seen, name + ".conv"), 2, name + ".conv.3");
    const int64_t passing = p_.hidden - p_.dim;
    if (passing > 0)
      seen = b_.concat({b_.slice(y, p_.hidden, passing, name + ".pass"), seen}, name + ".cat");
    y = b_.multiply(gate, seen, name + ".multiply");
    y = p_.has_plain_end ? b_.convolution(y, name + ".fc2", p_.dim, 1) : rep(y, name + ".fc2");
    return b_.add(mish(y, name + ".act2"), 1.0f, x, 1.0f, name + ".add");
  }

  // On the map unshuffled by 2 and what a convolution makes of each square's largest value.
  ValueId shifted(ValueId x, const std::string& name) {
    const ValueId unshuffled = b_.pixel_unshuffle(x, 2, name + ".0.pu");
    ValueId y = b_.apply(Pool{PoolKind::kMax, 2, 2, 0}, {x}, name + ".0.poll.0");
    y = b_.add(unshuffled, 1.0f, rep(y, name + ".0.poll.1"), 1.0f, name + ".0.add");
    y = b_.convolution_of(y, omni_shift(weights_, name + ".1"), name + ".1");
    if (!p_.has_gate) return y;
    const std::string squeezing = name + ".2.squeezing.";
    const auto shape = convolution_shape(weights_, squeezing + "0");
    ValueId gate = b_.apply(GlobalAverage{}, {y}, name + ".2.mean");
    gate = b_.convolution(gate, squeezing + "0", shape ? shape->out_channels : 0, 1);
    gate = b_.convolution(b_.relu(gate, squeezing + "1"), squeezing + "2", 4 * p_.dim, 1);
    // Hardsigmoid: x / 6 + 1/2 within 0...1.
    const auto count = static_cast<size_t>(4 * p_.dim);
    gate = b_.affine(gate, std::vector<float>(count, 1.0f / 6), std::vector<float>(count, 0.5f),
                     squeezing + "3");
    gate = b_.apply(Clamp{0.0f, 1.0f}, {gate}, squeezing + "3.clamp");
    return b_.multiply(y, gate, name + ".2.multiply");
  }

  GraphBuilder b_;
  const Weights& weights_;
  RtmosrParameters p_;
};

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const RtmosrParameters p, read_parameters(weights));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(p.channels, p.channels));
  FOVEA_ASSIGN_OR_RETURN(model.graph, RtmosrBuilder(weights, p).build());
  model.scale = {p.factor / p.unshuffle, 1};
  // Blocks unshuffle once more.
  model.padding_multiple = 2 * p.unshuffle;
  model.details = {{"dim", std::to_string(p.dim)},       {"n_blocks", std::to_string(p.blocks)},
                   {"hidden", std::to_string(p.hidden)}, {"unshuffle", std::to_string(p.unshuffle)},
                   {"se", p.has_gate ? "yes" : "no"},    {"dccm", p.has_plain_end ? "no" : "yes"}};
  return model;
}

}  // namespace

const Architecture kRtmosr = {"RTMoSR", &detect, &build};

}  // namespace fovea
