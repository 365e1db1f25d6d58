// Convolutions and the pixel shuffles behind them.
#include <string_view>
#include <utility>

#include "loaders/formats/text.h"
#include "loaders/formats/tfjs_attributes.h"
#include "loaders/formats/tfjs_network.h"

namespace fovea {
namespace {

constexpr int64_t kMaxKernel = 63;
constexpr int64_t kMaxFactor = 16;

// Where TensorFlow's depth_to_space has channel (dy r + dx) C + c, PixelShuffle has c r^2 + dy r +
// dx: the place in the former of channel `k` of the latter.
int64_t depth_to_space_channel(int64_t k, int64_t factor, int64_t channels) {
  const int64_t phases = factor * factor;
  return k % phases * (channels / phases) + k / phases;
}

// (rows, columns, in, out) to (out, in, rows, columns), the outputs in the order that `source`
// tells.
template <class Source>
std::vector<float> to_convolution_order(const std::vector<float>& kernel, int64_t size, int64_t in,
                                        int64_t out, Source source) {
  std::vector<float> weights(kernel.size());
  size_t to = 0;
  for (int64_t o = 0; o < out; ++o) {
    for (int64_t i = 0; i < in; ++i) {
      for (int64_t at = 0; at < size * size; ++at)
        weights[to++] = kernel[static_cast<size_t>((at * in + i) * out + source(o))];
    }
  }
  return weights;
}

}  // namespace

bool is_tfjs_shuffle(const std::string& type) {
  constexpr std::string_view kName = "PixelShuffle";
  if (type == kName) return true;
  if (!type.starts_with(kName) || !type.ends_with("x")) return false;
  const std::string_view digits =
      std::string_view(type).substr(kName.size(), type.size() - kName.size() - 1);
  return digits.size() == 1 && digits[0] >= '1' && digits[0] <= '9';
}

Result<int64_t> tfjs_shuffle_factor(const TfjsLayer& layer) {
  const bool in_name = layer.type.ends_with('x');
  const int64_t named = in_name ? layer.type[layer.type.size() - 2] - '0' : 0;
  if (find_member(*layer.config, "scale") == nullptr) {
    if (in_name) return named;
    return fail(ErrorCode::kModel, "nothing tells its scale; set \"scale\" in its config");
  }
  FOVEA_ASSIGN_OR_RETURN(const int64_t scale, whole_member(*layer.config, "scale", 1, kMaxFactor));
  if (in_name && scale != named)
    return fail(ErrorCode::kModel, "its scale is {}, its class says {}", scale, named);
  return scale;
}

// The factor of the PixelShuffle layers that alone read `name`; 0 where others do.
int64_t TfjsNetwork::shuffle_behind(const std::string& name) const {
  const auto found = readers_.find(name);
  if (found == readers_.end() || found->second.size() != 1) return 0;
  const TfjsLayer& reader = *found->second.front();
  if (!is_tfjs_shuffle(reader.type)) return 0;
  const auto factor = tfjs_shuffle_factor(reader);
  return factor ? *factor : 0;
}

Result<TfjsNetwork::Piece> TfjsNetwork::convolution(const TfjsLayer& layer) {
  FOVEA_TRY(expect_tfjs_keys(layer, {"filters", "kernel_size", "strides", "padding", "data_format",
                                     "dilation_rate", "groups", "activation", "use_bias"}));
  FOVEA_TRY(expect_tfjs(layer, "strides", 1));
  FOVEA_TRY(expect_tfjs(layer, "dilation_rate", 1));
  FOVEA_TRY(expect_tfjs(layer, "groups", 1));
  FOVEA_TRY(expect_tfjs(layer, "data_format", "channels_last"));
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, only_input(layer));
  FOVEA_ASSIGN_OR_RETURN(const int64_t filters,
                         whole_member(*layer.config, "filters", 1, kMaxTfjsChannels));
  FOVEA_ASSIGN_OR_RETURN(const int64_t kernel, tfjs_square(layer, "kernel_size", kMaxKernel));
  if (kernel % 2 == 0)
    return fail(ErrorCode::kModel, "its kernel {0}x{0} is even, which is not supported", kernel);
  // A kernel of one pixel needs no padding, whatever it is called.
  if (kernel > 1) {
    FOVEA_ASSIGN_OR_RETURN(const std::string padding, text_member(*layer.config, "padding"));
    if (padding != "same")
      return fail(ErrorCode::kModel, "its padding is {}, only same is supported", shown(padding));
  }
  const Json* use_bias = find_member(*layer.config, "use_bias");
  const bool has_bias = use_bias == nullptr || *use_bias != Json(false);

  const int64_t in = graph_.value(value).channels;
  FOVEA_ASSIGN_OR_RETURN(const std::vector<float> weights,
                         tensor(layer, "kernel", {kernel, kernel, in, filters}));
  const int64_t factor = shuffle_behind(layer.name);
  const bool permutes = factor > 1 && filters % (factor * factor) == 0;
  if (permutes) permuted_.insert(layer.name);
  const auto source = [&](int64_t k) {
    return permutes ? depth_to_space_channel(k, factor, filters) : k;
  };
  Convolution op;
  op.out_channels = filters;
  op.kernel_h = op.kernel_w = kernel;
  op.weight =
      graph_.add_parameter(make_weight(layer.name + ".weight", {filters, in, kernel, kernel},
                                       to_convolution_order(weights, kernel, in, filters, source)));
  if (has_bias) {
    FOVEA_ASSIGN_OR_RETURN(const std::vector<float> bias, tensor(layer, "bias", {filters}));
    std::vector<float> ordered(bias.size());
    for (int64_t k = 0; k < filters; ++k)
      ordered[static_cast<size_t>(k)] = bias[static_cast<size_t>(source(k))];
    op.bias = graph_.add_parameter(make_weight(layer.name + ".bias", {filters}, ordered));
  }
  FOVEA_ASSIGN_OR_RETURN(const ValueId result, graph_.add(std::move(op), {value}, layer.name));
  FOVEA_ASSIGN_OR_RETURN(const ValueId activated,
                         activate(layer, tfjs_text_or(layer, "activation", "linear"), result));
  return Piece{{activated}};
}

Result<TfjsNetwork::Piece> TfjsNetwork::pixel_shuffle(const TfjsLayer& layer) {
  FOVEA_TRY(expect_tfjs_keys(layer, {"scale"}));
  FOVEA_ASSIGN_OR_RETURN(const int64_t factor, tfjs_shuffle_factor(layer));
  FOVEA_ASSIGN_OR_RETURN(ValueId value, only_input(layer));
  const int64_t channels = graph_.value(value).channels;
  if (channels % (factor * factor) != 0)
    return fail(ErrorCode::kModel, "its {} channels are no multiple of {}^2", channels, factor);
  if (factor > 1 && !permuted_.contains(layer.inputs.front())) {
    // The order of the channels by a convolution that picks each: exact, and rarely needed.
    if (channels > 4096)
      return fail(ErrorCode::kModel, "has {} channels, limit {}", channels, 4096);
    Convolution op;
    op.out_channels = channels;
    op.kernel_h = op.kernel_w = 1;
    std::vector<float> picks(static_cast<size_t>(channels * channels), 0.0f);
    for (int64_t k = 0; k < channels; ++k)
      picks[static_cast<size_t>(k * channels + depth_to_space_channel(k, factor, channels))] = 1;
    op.weight =
        graph_.add_parameter(make_weight(layer.name + ".order", {channels, channels, 1, 1}, picks));
    FOVEA_ASSIGN_OR_RETURN(value, graph_.add(std::move(op), {value}, layer.name + ".order"));
  }
  FOVEA_ASSIGN_OR_RETURN(value, graph_.add(PixelShuffle{factor}, {value}, layer.name));
  return Piece{{value}};
}

}  // namespace fovea
