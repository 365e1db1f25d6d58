// PLKSR (Lee et al. 2024, arXiv 2404.11848) and RealPLKSR (neosr, 2024): blocks of a channel mixer,
// a large kernel over the first channels, an attention that is a convolution and a sigmoid, and a
// 1x1 convolution. RealPLKSR normalises: behind each block by groups over the whole picture, or
// before it over each pixel's channels.
#include <fmt/format.h>

#include <charconv>

#include "loaders/architectures/dysample.h"
#include "loaders/architectures/families.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

constexpr double kGroupNormEpsilon = 1e-5;
constexpr double kLayerNormEpsilon = 1e-6;

struct PlksrParameters {
  bool is_real = false;
  int64_t in_channels = 0;
  int64_t dim = 0;
  int64_t blocks = 0;
  int64_t last = 0;  // index of the last convolution
  ShuffledChannels out;
  std::string mixer;
  int64_t mixed = 0;  // channels between the mixer's convolutions
  int64_t mixer_kernels[2] = {};
  bool is_rectangular = false;  // the large kernel is a sum of three
  int64_t large_channels = 0;
  int64_t large_kernel = 0;
  int64_t small_kernel = 0;  // of the rectangular one's short sides
  bool has_attention = false;
  bool has_layer_norm = false;
  int64_t norm_groups = 0;  // 0: no group norm
  bool has_dysample = false;
  DySampleParameters dysample;
};

bool has_feats(const Weights& weights) {
  return has_rank(weights, "feats.0.weight", 4) && has_rank(weights, "feats.1.refine.weight", 4);
}

bool detect_plksr(const Weights& weights) {
  return has_feats(weights) && has_rank(weights, "feats.1.channe_mixer.0.weight", 4);
}

bool detect_real_plksr(const Weights& weights) {
  return has_feats(weights) && has_rank(weights, "feats.1.channel_mixer.0.weight", 4);
}

// 4 in every published network; no tensor tells it.
Result<int64_t> norm_groups(const Weights& weights, int64_t dim) {
  int64_t groups = 4;
  const auto told = weights.metadata.find("norm_groups");
  if (told != weights.metadata.end()) {
    const std::string& text = told->second;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), groups);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || groups < 1)
      return fail(ErrorCode::kModel, "metadata norm_groups is \"{}\", no number of groups", text);
  }
  if (dim % groups != 0)
    return fail(ErrorCode::kModel, "{} channels do not divide into {} groups of its norms", dim,
                groups);
  return groups;
}

Status read_large_kernel(const Weights& weights, PlksrParameters& p) {
  if (weights.contains("feats.1.lk.convs.0.weight"))
    return fail(ErrorCode::kModel,
                "its large kernels are sums of dilated ones, and how far they are dilated is in no "
                "tensor; a model with its kernels merged would run");
  p.is_rectangular = weights.contains("feats.1.lk.mn_conv.weight");
  if (!p.is_rectangular) {
    FOVEA_ASSIGN_OR_RETURN(const auto large, convolution_shape(weights, "feats.1.lk.conv"));
    p.large_channels = large.in_channels;
    p.large_kernel = large.kernel;
  } else {
    FOVEA_ASSIGN_OR_RETURN(const auto small, convolution_shape(weights, "feats.1.lk.nn_conv"));
    const WeightTensor* tall = weights.find("feats.1.lk.mn_conv.weight");
    if (tall->shape.size() != 4 || tall->shape[2] % 2 == 0)
      return fail(ErrorCode::kModel,
                  "tensor {} has shape {}, expected [out, in, k, {}] with an odd k", tall->name,
                  shape_string(tall->shape), small.kernel);
    p.large_channels = small.in_channels;
    p.large_kernel = tall->shape[2];
    p.small_kernel = small.kernel;
  }
  if (p.large_channels > p.dim)
    return fail(ErrorCode::kModel, "its large kernel reads {} of {} channels", p.large_channels,
                p.dim);
  return {};
}

Result<PlksrParameters> read_parameters(const Weights& weights) {
  PlksrParameters p;
  p.is_real = detect_real_plksr(weights);
  p.mixer = p.is_real ? "channel_mixer" : "channe_mixer";
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, "feats.0"));
  p.in_channels = first.in_channels;
  p.dim = first.out_channels;
  while (weights.contains(fmt::format("feats.{}.refine.weight", p.blocks + 1))) ++p.blocks;
  // Behind RealPLKSR's blocks stands a dropout, which has no tensors.
  p.last = p.blocks + (p.is_real ? 2 : 1);
  FOVEA_ASSIGN_OR_RETURN(const auto last,
                         convolution_shape(weights, fmt::format("feats.{}", p.last)));
  FOVEA_ASSIGN_OR_RETURN(p.out, split_shuffled(weights, p.in_channels, last.out_channels));
  if (p.out.out_channels != p.in_channels)
    return fail(ErrorCode::kModel, "it adds {} channels to {}", p.in_channels, p.out.out_channels);
  for (const int i : {0, 1}) {
    FOVEA_ASSIGN_OR_RETURN(
        const auto mixer, convolution_shape(weights, fmt::format("feats.1.{}.{}", p.mixer, 2 * i)));
    if (i == 0) p.mixed = mixer.out_channels;
    p.mixer_kernels[i] = mixer.kernel;
  }
  FOVEA_TRY(read_large_kernel(weights, p));
  p.has_attention = weights.contains("feats.1.attn.f.0.weight");
  p.has_layer_norm = p.is_real && weights.contains("feats.1.layer_norm.weight");
  if (p.is_real && !p.has_layer_norm) {
    FOVEA_ASSIGN_OR_RETURN(p.norm_groups, norm_groups(weights, p.dim));
  }
  p.has_dysample = p.is_real && weights.contains("to_img.offset.weight");
  if (p.has_dysample) {
    FOVEA_ASSIGN_OR_RETURN(p.dysample, read_dysample(weights, "to_img", p.out.factor));
    if (p.dysample.out_channels != p.in_channels)
      return fail(ErrorCode::kModel, "to_img makes {} channels of {}", p.dysample.out_channels,
                  p.in_channels);
  }
  return p;
}

class PlksrBuilder {
 public:
  PlksrBuilder(const Weights& weights, const PlksrParameters& p)
      : b_(weights, p.in_channels), weights_(weights), p_(p) {}

  Result<Graph> build() {
    ValueId y = b_.convolution(b_.input(), "feats.0", p_.dim, 3);
    for (int64_t i = 1; i <= p_.blocks; ++i) y = block(y, fmt::format("feats.{}", i));
    const int64_t scale = p_.out.factor;
    y = b_.convolution(y, fmt::format("feats.{}", p_.last), p_.in_channels * scale * scale, 3);
    // Each of the input's channels is added to all that become its pixels: the picture enlarged by
    // repetition.
    const ValueId base = b_.upsample_nearest(b_.input(), scale, "base");
    if (!p_.has_dysample) {
      if (scale > 1) y = b_.pixel_shuffle(y, scale, "to_img");
      return b_.finish(b_.add(y, 1.0f, base, 1.0f, "add"));
    }
    const ValueId repeated = scale > 1 ? b_.pixel_unshuffle(base, scale, "repeat_op") : base;
    y = b_.add(y, 1.0f, repeated, 1.0f, "add");
    return b_.finish(dysample(b_, weights_, y, "to_img", p_.dysample, scale));
  }

 private:
  ValueId block(ValueId x, const std::string& name) {
    ValueId y = x;
    if (p_.has_layer_norm) y = b_.layer_norm(y, name + ".layer_norm", kLayerNormEpsilon);
    const std::string mixer = fmt::format("{}.{}", name, p_.mixer);
    y = b_.convolution(y, mixer + ".0", p_.mixed, p_.mixer_kernels[0]);
    y = b_.activation(y, p_.is_real ? ActivationKind::kMish : ActivationKind::kGelu, mixer + ".1");
    y = b_.convolution(y, mixer + ".2", p_.dim, p_.mixer_kernels[1]);
    y = partly_large(y, name + ".lk");
    if (p_.has_attention) {
      const ValueId gate = b_.convolution(y, name + ".attn.f.0", p_.dim, 3);
      y = b_.multiply(y, b_.sigmoid(gate, name + ".attn.f.1"), name + ".attn");
    }
    y = b_.convolution(y, name + ".refine", p_.dim, 1);
    if (p_.norm_groups > 0) y = b_.group_norm(y, name + ".norm", p_.norm_groups, kGroupNormEpsilon);
    return b_.add(y, 1.0f, x, 1.0f, name + ".add");
  }

  // The first channels through the large kernel, the others as they are.
  ValueId partly_large(ValueId x, const std::string& name) {
    const int64_t rest = p_.dim - p_.large_channels;
    const ValueId some = rest == 0 ? x : b_.slice(x, 0, p_.large_channels, name + ".split");
    ValueId y = kNoValue;
    if (p_.is_rectangular) {
      const int64_t m = p_.large_kernel, n = p_.small_kernel;
      y = b_.add(rectangle(some, name + ".mn_conv", m, n), 1.0f,
                 rectangle(some, name + ".nm_conv", n, m), 1.0f, name + ".add1");
      y = b_.add(y, 1.0f, rectangle(some, name + ".nn_conv", n, n), 1.0f, name + ".add2");
    } else {
      y = b_.convolution(some, name + ".conv", p_.large_channels, p_.large_kernel);
    }
    if (rest == 0) return y;
    return b_.concat({y, b_.slice(x, p_.large_channels, rest, name + ".rest")}, name + ".cat");
  }

  ValueId rectangle(ValueId x, const std::string& name, int64_t kernel_h, int64_t kernel_w) {
    Convolution op;
    op.weight =
        b_.parameter(name + ".weight", {p_.large_channels, p_.large_channels, kernel_h, kernel_w});
    op.bias = b_.parameter(name + ".bias", {p_.large_channels});
    op.out_channels = p_.large_channels;
    op.kernel_h = kernel_h;
    op.kernel_w = kernel_w;
    if (op.weight == kNoParameter || op.bias == kNoParameter) return kNoValue;
    return b_.apply(op, {x}, name);
  }

  GraphBuilder b_;
  const Weights& weights_;
  PlksrParameters p_;
};

std::string_view mixer_name(const PlksrParameters& p) {
  if (p.mixer_kernels[0] == 1) return "ICCM";
  return p.mixer_kernels[1] == 1 ? "CCM" : "DCCM";
}

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const PlksrParameters p, read_parameters(weights));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(p.in_channels, p.in_channels));
  FOVEA_ASSIGN_OR_RETURN(model.graph, PlksrBuilder(weights, p).build());
  model.scale = {p.out.factor, 1};
  model.details = {{"dim", std::to_string(p.dim)},
                   {"n_blocks", std::to_string(p.blocks)},
                   {"kernel_size", std::to_string(p.large_kernel)},
                   {"large kernel on", fmt::format("{} channels", p.large_channels)},
                   {"use_ea", p.has_attention ? "yes" : "no"}};
  if (p.is_real) {
    const std::string groups = fmt::format("group norm of {}", p.norm_groups);
    model.details.emplace_back("norm", p.has_layer_norm ? "layer norm" : groups);
    model.details.emplace_back("dysample", p.has_dysample ? "yes" : "no");
  } else {
    model.details.emplace_back("ccm_type", mixer_name(p));
    model.details.emplace_back("lk_type", p.is_rectangular ? "RectSparsePLK" : "PLK");
  }
  return model;
}

}  // namespace

const Architecture kPlksr = {"PLKSR", &detect_plksr, &build};
const Architecture kRealPlksr = {"RealPLKSR", &detect_real_plksr, &build};

}  // namespace fovea
