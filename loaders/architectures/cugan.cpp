// Real-CUGAN (bilibili, 2022) and waifu2x's CUnet (nagadomi, 2018): two U-Nets of convolutions
// without padding behind each other, the second's result added to the first's; their channels are
// gated by means over the whole picture. The picture is mirrored beforehand, for as far as all
// layers take away.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/parameters.h"
#include "loaders/architectures/valid_layers.h"

namespace fovea {
namespace {

constexpr float kSlope = 0.1f;
constexpr int64_t kSecondTakes = 20;  // pixels that the second U-Net takes away on each side
// The range in which the pro networks work.
constexpr float kProScale = 0.7f;
constexpr float kProShift = 0.15f;

// What the variants differ in.
struct CuganParameters {
  std::string_view name;
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t scale = 0;
  int64_t margin = 0;    // of the padding
  int64_t multiple = 0;  // of which the padded picture's sides are, without the margin
  int64_t unshuffle = 1;
  int64_t up_stride = 0;   // of the first U-Net's last layer; 0: a plain convolution
  int64_t up_padding = 0;  // of a transposed one
  bool has_final = false;  // a convolution, a shuffle and the picture added to it
  bool is_pro = false;
};

bool detect(const Weights& weights) {
  for (const char* name :
       {"unet1.conv1.conv.0.weight", "unet1.conv2.seblock.conv1.weight", "unet1.conv_bottom.weight",
        "unet2.conv1.conv.0.weight", "unet2.conv4_up.weight", "unet2.conv5.weight"}) {
    if (!has_rank(weights, name, 4)) return false;
  }
  return true;
}

Result<CuganParameters> read_parameters(const Weights& weights) {
  CuganParameters p;
  FOVEA_ASSIGN_OR_RETURN(const auto first, convolution_shape(weights, "unet1.conv1.conv.0"));
  FOVEA_ASSIGN_OR_RETURN(const auto bottom, convolution_shape(weights, "unet2.conv_bottom"));
  const WeightTensor* up = weights.find("unet1.conv_bottom.weight");
  if (up == nullptr || up->shape.size() != 4)
    return fail(ErrorCode::kModel, "tensor unet1.conv_bottom.weight of four dimensions is missing");
  const int64_t kernel = up->shape[2];
  p.in_channels = first.in_channels;
  p.out_channels = bottom.out_channels;
  p.is_pro = weights.contains("pro");
  p.multiple = 2;
  if (weights.contains("conv_final.weight")) {
    FOVEA_ASSIGN_OR_RETURN(const auto last, convolution_shape(weights, "conv_final"));
    p.has_final = true;
    p.out_channels = last.out_channels / 4;
    // A network of four channels to one for x4 would look the same; there is none.
    const bool is_fast = p.in_channels == last.out_channels;
    p.unshuffle = is_fast ? 2 : 1;
    p.in_channels /= p.unshuffle * p.unshuffle;
    p.name = is_fast ? "x2 fast" : "x4";
    p.scale = is_fast ? 2 : 4;
    p.margin = is_fast ? 38 : 19;
    // The unshuffled map has to be even once more.
    if (is_fast) p.multiple = 4;
  } else if (kernel == 5) {
    p.name = "x3";
    p.scale = 3;
    p.margin = 14;
    p.multiple = 4;
  } else if (kernel == 4) {
    p.name = "x2";
    p.scale = 2;
    p.margin = 18;
  } else {
    p.name = "CUnet x1";
    p.scale = 1;
    p.margin = 28;
    p.multiple = 4;
  }
  if (kernel == 5) {
    p.up_stride = 3;
    p.up_padding = 2;
  } else if (kernel == 4) {
    p.up_stride = 2;
    p.up_padding = 3;
  } else if (kernel != 3) {
    return fail(ErrorCode::kModel, "tensor {} has a kernel of {}, expected 3, 4 or 5", up->name,
                kernel);
  }
  return p;
}

class CuganBuilder {
 public:
  CuganBuilder(const Weights& weights, const CuganParameters& p)
      : b_(weights, p.in_channels), layers_(b_, weights), weights_(weights), p_(p) {}

  Result<Graph> build() {
    const ValueId picture =
        p_.is_pro ? scaled(b_.input(), kProScale, kProShift, "pro.in") : b_.input();
    b_.know("pro");
    // waifu2x repeats the border, Real-CUGAN mirrors the picture.
    const PadMode mode = p_.scale == 1 ? PadMode::kReplicate : PadMode::kReflect;
    ValueId padded = b_.apply(Pad{mode, p_.margin, p_.multiple}, {picture}, "pad");
    if (p_.unshuffle > 1) padded = b_.pixel_unshuffle(padded, p_.unshuffle, "inv");
    const Bordered first = first_net({padded, 0});
    const Bordered second = second_net(first);
    Bordered y = layers_.add(first, kSecondTakes, second, "add");
    if (p_.has_final) {
      y = layers_.convolution(y, "conv_final", 4 * p_.out_channels, 3);
      // One more pixel goes before the shuffle, as it does in the network.
      y = {b_.pixel_shuffle(y.map, 2, "ps"), 2 * (y.margin + 1)};
    }
    // To the picture's own size: what it was padded by for even sides goes too.
    ValueId output = b_.apply(Crop{y.margin, p_.scale}, {y.map, b_.input()}, "crop");
    if (p_.has_final) {
      const ValueId base = b_.upsample_nearest(picture, p_.scale, "base");
      output = b_.add(output, 1.0f, base, 1.0f, "add_base");
    }
    if (p_.is_pro) output = scaled(output, 1 / kProScale, -kProShift / kProScale, "pro.out");
    return b_.finish(output);
  }

 private:
  ValueId scaled(ValueId x, float scale, float shift, const std::string& name) {
    const auto channels = static_cast<size_t>(b_.channels(x));
    return b_.affine(x, std::vector<float>(channels, scale), std::vector<float>(channels, shift),
                     name);
  }

  // The channels that a layer's tensor says it makes.
  int64_t width(const std::string& name) const {
    const WeightTensor* tensor = weights_.find(name + ".weight");
    return tensor != nullptr && tensor->shape.size() == 4 ? tensor->shape[0] : 0;
  }

  Bordered activated(const Bordered& x, const std::string& name) {
    return layers_.leaky_relu(x, kSlope, name + ".relu");
  }

  Bordered convolved(const Bordered& x, const std::string& name) {
    return layers_.convolution(x, name, width(name), 3);
  }

  Bordered pair(const Bordered& x, const std::string& name, bool has_gate) {
    Bordered y = activated(convolved(x, name + ".conv.0"), name + ".conv.0");
    y = activated(convolved(y, name + ".conv.2"), name + ".conv.2");
    return has_gate ? layers_.squeeze_and_excite(y, name + ".seblock") : y;
  }

  Bordered down(const Bordered& x, const std::string& name) {
    return activated(layers_.halved(x, name), name);
  }

  Bordered up(const Bordered& x, const std::string& name) {
    return activated(layers_.transposed(x, name, 2, 0), name);
  }

  Bordered bottom(const Bordered& x, const std::string& name, int64_t stride) {
    return stride == 0 ? convolved(x, name) : layers_.transposed(x, name, stride, p_.up_padding);
  }

  Bordered first_net(const Bordered& x) {
    const Bordered x1 = pair(x, "unet1.conv1", false);
    const Bordered x2 = pair(down(x1, "unet1.conv1_down"), "unet1.conv2", true);
    const Bordered sum = layers_.add(x1, 4, up(x2, "unet1.conv2_up"), "unet1.add");
    const Bordered x3 = activated(convolved(sum, "unet1.conv3"), "unet1.conv3");
    return bottom(x3, "unet1.conv_bottom", p_.up_stride);
  }

  Bordered second_net(const Bordered& x) {
    const Bordered x1 = pair(x, "unet2.conv1", false);
    const Bordered x2 = pair(down(x1, "unet2.conv1_down"), "unet2.conv2", true);
    const Bordered x3 = pair(down(x2, "unet2.conv2_down"), "unet2.conv3", true);
    const Bordered inner = layers_.add(x2, 4, up(x3, "unet2.conv3_up"), "unet2.add1");
    const Bordered x4 = pair(inner, "unet2.conv4", true);
    const Bordered outer = layers_.add(x1, 16, up(x4, "unet2.conv4_up"), "unet2.add2");
    const Bordered x5 = activated(convolved(outer, "unet2.conv5"), "unet2.conv5");
    return bottom(x5, "unet2.conv_bottom", 0);
  }

  GraphBuilder b_;
  ValidLayers layers_;
  const Weights& weights_;
  CuganParameters p_;
};

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const CuganParameters p, read_parameters(weights));
  Model model;
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_mode(p.in_channels, p.out_channels));
  FOVEA_ASSIGN_OR_RETURN(model.graph, CuganBuilder(weights, p).build());
  model.scale = {p.scale, 1};
  model.details = {{"variant", std::string(p.name)},
                   {"in_channels", std::to_string(p.in_channels)},
                   {"out_channels", std::to_string(p.out_channels)},
                   {"pro", p.is_pro ? "yes" : "no"}};
  return model;
}

}  // namespace

const Architecture kRealCugan = {"Real-CUGAN", &detect, &build};

}  // namespace fovea
