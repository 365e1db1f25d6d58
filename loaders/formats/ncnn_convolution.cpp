// Convolution and ConvolutionDepthWise with their fused activations.
#include <array>
#include <optional>
#include <utility>

#include "loaders/formats/checked_arithmetic.h"
#include "loaders/formats/ncnn_layers.h"

namespace fovea {
namespace {

constexpr int64_t kMaxKernel = 63;
constexpr int64_t kMaxCount = 0x7fffffff;
// Paddings that stand for "same", with the odd pixel of an even kernel at the end or the start: of
// odd kernels they are one.
constexpr int64_t kPadSameUpper = -233;
constexpr int64_t kPadSameLower = -234;

struct Geometry {
  int64_t out = 0;
  int64_t kernel_w = 0;
  int64_t kernel_h = 0;
  bool bias = false;
  int64_t weight_count = 0;
  int64_t groups = 1;
};

// A fused activation. ncnn's Clip is an operator of its own here.
struct FusedActivation {
  Activation activation;
  std::optional<Clamp> clip;
};

Status check_padding(NcnnAttributes& attributes, const Geometry& geometry) {
  const auto pad = [&](int id, int64_t fallback, std::string_view what) {
    return attributes.whole(id, fallback, kPadSameLower, kMaxKernel, what);
  };
  const int64_t left = pad(4, 0, "left padding");
  const int64_t right = pad(15, left, "right padding");
  const int64_t top = pad(14, left, "top padding");
  const int64_t bottom = pad(16, top, "bottom padding");
  if (left == right && left == top && left == bottom &&
      (left == kPadSameUpper || left == kPadSameLower))
    return {};
  const int64_t want_x = (geometry.kernel_w - 1) / 2;
  const int64_t want_y = (geometry.kernel_h - 1) / 2;
  if (left != want_x || right != want_x || top != want_y || bottom != want_y)
    return fail(ErrorCode::kModel,
                "padding {} {} {} {} (left right top bottom) of a {}x{} kernel, only padding that "
                "keeps the size is supported ({} {} {} {})",
                left, right, top, bottom, geometry.kernel_w, geometry.kernel_h, want_x, want_x,
                want_y, want_y);
  return {};
}

Result<FusedActivation> read_activation(NcnnAttributes& attributes) {
  const int64_t type = attributes.whole(9, 0, 0, 6, "activation type");
  const std::vector<float> numbers = attributes.numbers(10, "activation parameters");
  constexpr std::array<size_t, 7> kCounts = {0, 0, 1, 2, 0, 0, 2};
  const size_t need = kCounts[static_cast<size_t>(type)];
  if (numbers.size() < need)
    return fail(ErrorCode::kModel, "activation type {} needs {} parameters, has {}", type, need,
                numbers.size());
  FusedActivation fused;
  switch (type) {
    case 1:
      fused.activation.kind = ActivationKind::kRelu;
      break;
    case 2:
      fused.activation.kind = ActivationKind::kLeakyRelu;
      fused.activation.negative_slope = numbers[0];
      break;
    case 3:
      fused.clip = Clamp{numbers[0], numbers[1]};
      break;
    case 4:
      fused.activation.kind = ActivationKind::kSigmoid;
      break;
    case 5:
      fused.activation.kind = ActivationKind::kMish;
      break;
    case 6: {
      FOVEA_ASSIGN_OR_RETURN(fused.activation, ncnn_hard_swish(numbers[0], numbers[1]));
      break;
    }
    default:
      break;
  }
  return fused;
}

// The declared number of weights must be out * in / groups * kernel_h * kernel_w.
Result<std::vector<int64_t>> weight_shape(const Geometry& geometry, int64_t channels) {
  if (channels % geometry.groups != 0 || geometry.out % geometry.groups != 0)
    return fail(ErrorCode::kModel, "{} -> {} channels do not divide into {} groups", channels,
                geometry.out, geometry.groups);
  std::vector<int64_t> shape = {geometry.out, channels / geometry.groups, geometry.kernel_h,
                                geometry.kernel_w};
  const std::optional<int64_t> count = checked_element_count(shape);
  if (count != geometry.weight_count)
    return fail(ErrorCode::kModel,
                "parameter 6 (number of weights) is {}, the shape {} asks for {}",
                geometry.weight_count, shape_string(shape), count.value_or(-1));
  return shape;
}

Result<ValueId> build_convolution(const NcnnCall& call, bool grouped) {
  NcnnAttributes& read = call.attributes;
  Geometry geometry;
  geometry.out = read.whole(0, 0, 1, kMaxNcnnChannels, "output channels");
  geometry.kernel_w = read.whole(1, 0, 1, kMaxKernel, "kernel width");
  geometry.kernel_h = read.whole(11, geometry.kernel_w, 1, kMaxKernel, "kernel height");
  read.expect(2, 1, 1, "dilation");
  read.expect(12, 1, 1, "vertical dilation");
  read.expect(3, 1, 1, "stride");
  read.expect(13, 1, 1, "vertical stride");
  geometry.bias = read.whole(5, 0, 0, 1, "bias") == 1;
  geometry.weight_count = read.whole(6, 0, 1, kMaxCount, "number of weights");
  if (grouped) geometry.groups = read.whole(7, 1, 1, kMaxNcnnChannels, "groups");
  read.expect(8, 0, 0, "int8 scales");
  read.expect(19, 0, 0, "weights from a blob");
  const float pad_value = read.number(18, 0.0f, "padding value");
  const Status padding = check_padding(read, geometry);
  auto activation = read_activation(read);
  FOVEA_TRY(read.done());
  FOVEA_TRY(padding);
  if (!activation) return tl::unexpected(std::move(activation.error()));
  if (geometry.kernel_w % 2 == 0 || geometry.kernel_h % 2 == 0)
    return fail(ErrorCode::kModel, "kernel {}x{} is even, only odd kernels are supported",
                geometry.kernel_w, geometry.kernel_h);
  if (pad_value != 0.0f)
    return fail(ErrorCode::kModel, "parameter 18 (padding value) is {}, only 0 is supported",
                pad_value);

  FOVEA_ASSIGN_OR_RETURN(auto shape, weight_shape(geometry, call.channels()));
  const std::string name(call.layer.name);
  FOVEA_ASSIGN_OR_RETURN(auto weight, call.build.bin.read_tagged(name + ".weight", shape));
  Convolution op;
  op.weight = call.build.graph.add_parameter(std::move(weight));
  if (geometry.bias) {
    FOVEA_ASSIGN_OR_RETURN(auto bias, call.build.bin.read_plain(name + ".bias", {geometry.out}));
    op.bias = call.build.graph.add_parameter(std::move(bias));
  }
  op.out_channels = geometry.out;
  op.kernel_h = geometry.kernel_h;
  op.kernel_w = geometry.kernel_w;
  op.groups = geometry.groups;
  op.activation = activation->activation;
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, call.add(std::move(op), {call.inputs[0]}));
  if (!activation->clip) return value;
  return call.add(*activation->clip, {value}, "_clip");
}

constexpr std::array<NcnnLayerKind, 2> kLayers{{
    {"Convolution", 1, 1, 1, [](const NcnnCall& call) { return build_convolution(call, false); }},
    {"ConvolutionDepthWise", 1, 1, 1,
     [](const NcnnCall& call) { return build_convolution(call, true); }},
}};

}  // namespace

std::span<const NcnnLayerKind> ncnn_convolution_layers() { return kLayers; }

}  // namespace fovea
