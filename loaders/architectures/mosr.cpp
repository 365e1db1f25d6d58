// MoSR (neosr, 2024, after MambaOut, arXiv 2405.07992): blocks of a layer norm over channels, a
// convolution whose result is split into a gate, what passes as it is and what a depthwise
// convolution sees, and a convolution of their product.
#include <fmt/format.h>

#include "loaders/architectures/dysample.h"
#include "loaders/architectures/families.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

constexpr double kEpsilon = 1e-6;
constexpr int64_t kEnsemble = 8;  // results of which gps takes the mean

enum class Upsampler { kPs, kGps, kDys };

struct MosrParameters {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t dim = 0;
  int64_t blocks = 0;
  int64_t hidden = 0;
  int64_t depthwise = 0;  // channels that the depthwise convolution sees
  int64_t kernel = 0;     // of that one
  int64_t scale = 0;
  Upsampler upsampler = Upsampler::kPs;
  DySampleParameters dysample;
};

bool detect(const Weights& weights) {
  return has_rank(weights, "gblocks.0.weight", 4) && has_rank(weights, "gblocks.1.fc1.weight", 4) &&
         has_rank(weights, "gblocks.1.conv.weight", 4) &&
         has_rank(weights, "gblocks.1.norm.weight", 1);
}

Status read_upsampler(const Weights& weights, MosrParameters& p) {
  if (weights.contains("upsampler.init_pos")) {
    p.upsampler = Upsampler::kDys;
    FOVEA_ASSIGN_OR_RETURN(p.scale, dysample_scale(weights, "upsampler"));
    FOVEA_ASSIGN_OR_RETURN(p.dysample, read_dysample(weights, "upsampler", p.scale));
    p.out_channels = p.dysample.out_channels;
    return {};
  }
  const bool is_mean = weights.contains("upsampler.in_to_k.weight");
  if (is_mean) p.upsampler = Upsampler::kGps;
  FOVEA_ASSIGN_OR_RETURN(const auto last,
                         convolution_shape(weights, is_mean ? "upsampler.in_to_k" : "upsampler.0"));
  const int64_t together = is_mean ? kEnsemble : 1;
  if (last.out_channels % together != 0)
    return fail(ErrorCode::kModel, "upsampler.in_to_k makes {} channels, no multiple of {}",
                last.out_channels, together);
  FOVEA_ASSIGN_OR_RETURN(const ShuffledChannels split,
                         split_shuffled(weights, p.in_channels, last.out_channels / together));
  p.out_channels = split.out_channels;
  p.scale = split.factor;
  return {};
}

Result<MosrParameters> read_parameters(const Weights& weights) {
  MosrParameters p;
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, "gblocks.0"));
  FOVEA_ASSIGN_OR_RETURN(const auto fc1, convolution_shape(weights, "gblocks.1.fc1"));
  FOVEA_ASSIGN_OR_RETURN(const auto depthwise, convolution_shape(weights, "gblocks.1.conv"));
  p.in_channels = first.in_channels;
  p.dim = first.out_channels;
  p.hidden = fc1.out_channels / 2;
  p.depthwise = depthwise.out_channels;
  p.kernel = depthwise.kernel;
  if (fc1.out_channels % 2 != 0 || p.depthwise > p.hidden)
    return fail(ErrorCode::kModel, "gblocks.1.fc1 makes {} channels, of which {} are to be half",
                fc1.out_channels, p.depthwise);
  while (weights.contains(fmt::format("gblocks.{}.fc1.weight", p.blocks + 1))) ++p.blocks;
  FOVEA_TRY(read_upsampler(weights, p));
  return p;
}

class MosrBuilder {
 public:
  MosrBuilder(const Weights& weights, const MosrParameters& p)
      : b_(weights, p.in_channels), weights_(weights), p_(p) {}

  Result<Graph> build() {
    ValueId y = b_.convolution(b_.input(), "gblocks.0", p_.dim, 3);
    for (int64_t i = 1; i <= p_.blocks; ++i) y = block(y, fmt::format("gblocks.{}", i));
    y = mixed(y, p_.blocks + 1, 2 * p_.dim);
    y = mixed(y, p_.blocks + 3, p_.dim);
    y = b_.convolution(y, fmt::format("gblocks.{}", p_.blocks + 5), p_.dim, 1);
    y = b_.add(y, 1.0f, lowered(shortcut()), 1.0f, "add");
    return b_.finish(upsampled(y));
  }

 private:
  ValueId mish(ValueId x, const std::string& name) {
    return b_.activation(x, ActivationKind::kMish, name);
  }

  ValueId mixed(ValueId x, int64_t index, int64_t out_channels) {
    const ValueId y = b_.convolution(x, fmt::format("gblocks.{}", index), out_channels, 3);
    return mish(y, fmt::format("gblocks.{}", index + 1));
  }

  // x - 1/2
  ValueId lowered(ValueId x) {
    const auto channels = static_cast<size_t>(p_.dim);
    return b_.affine(x, std::vector<float>(channels, 1.0f), std::vector<float>(channels, -0.5f),
                     "lowered");
  }

  ValueId block(ValueId x, const std::string& name) {
    ValueId y = b_.layer_norm(x, name + ".norm", kEpsilon);
    y = b_.convolution(y, name + ".fc1", 2 * p_.hidden, 3);
    const ValueId gate = mish(b_.slice(y, 0, p_.hidden, name + ".gate"), name + ".act");
    ValueId seen = b_.slice(y, 2 * p_.hidden - p_.depthwise, p_.depthwise, name + ".split");
    seen = b_.grouped_convolution(seen, name + ".conv", p_.depthwise, p_.kernel, p_.depthwise);
    const int64_t passing = p_.hidden - p_.depthwise;
    if (passing > 0)
      seen = b_.concat({b_.slice(y, p_.hidden, passing, name + ".pass"), seen}, name + ".cat");
    y = b_.convolution(b_.multiply(gate, seen, name + ".multiply"), name + ".fc2", p_.dim, 3);
    return b_.add(mish(y, name + ".act2"), 1.0f, lowered(x), 1.0f, name + ".add");
  }

  ValueId shortcut() {
    ValueId y = mish(b_.convolution(b_.input(), "shortcut.block.0", p_.dim, 3), "shortcut.block.1");
    y = mish(b_.convolution(y, "shortcut.block.2", p_.dim, 3), "shortcut.block.3");
    const ValueId beside = b_.convolution(b_.input(), "shortcut.conv11", p_.dim, 1);
    return b_.add(y, 1.0f, beside, 1.0f, "shortcut.add");
  }

  ValueId upsampled(ValueId x) {
    switch (p_.upsampler) {
      case Upsampler::kDys:
        return dysample(b_, weights_, x, "upsampler", p_.dysample, p_.scale);
      case Upsampler::kGps:
        x = b_.convolution_of(x, mean_of_ensemble(), "upsampler.in_to_k");
        break;
      case Upsampler::kPs:
        x = b_.convolution(x, "upsampler.0", p_.out_channels * p_.scale * p_.scale, 3);
        break;
    }
    return p_.scale > 1 ? b_.pixel_shuffle(x, p_.scale, "upsampler.1") : x;
  }

  // The mean of what a convolution's eight parts give is what their mean gives.
  Result<CollapsedConvolution> mean_of_ensemble() const {
    FOVEA_ASSIGN_OR_RETURN(CollapsedConvolution all,
                           read_convolution(weights_, "upsampler.in_to_k"));
    CollapsedConvolution mean = all;
    mean.out_channels = all.out_channels / kEnsemble;
    const auto average = [](std::vector<double>& values) {
      const size_t part = values.size() / kEnsemble;
      for (size_t n = part; n < values.size(); ++n) values[n % part] += values[n];
      values.resize(part);
      for (double& value : values) value /= kEnsemble;
    };
    average(mean.weight);
    average(mean.bias);
    return mean;
  }

  GraphBuilder b_;
  const Weights& weights_;
  MosrParameters p_;
};

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const MosrParameters p, read_parameters(weights));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(p.in_channels, p.out_channels));
  FOVEA_ASSIGN_OR_RETURN(model.graph, MosrBuilder(weights, p).build());
  model.scale = {p.scale, 1};
  const char* const upsamplers[] = {"ps", "gps", "dys"};
  model.details = {{"in_channels", std::to_string(p.in_channels)},
                   {"out_channels", std::to_string(p.out_channels)},
                   {"dim", std::to_string(p.dim)},
                   {"n_block", std::to_string(p.blocks)},
                   {"hidden", std::to_string(p.hidden)},
                   {"kernel_size", std::to_string(p.kernel)},
                   {"upsampler", upsamplers[static_cast<int>(p.upsampler)]}};
  return model;
}

}  // namespace

const Architecture kMosr = {"MoSR", &detect, &build};

}  // namespace fovea
