#include "loaders/formats/tfjs_network.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "loaders/formats/text.h"

namespace fovea {
namespace {

constexpr int64_t kMaxChannels = 65'536;
constexpr int64_t kMaxKernel = 63;
constexpr int64_t kMaxFactor = 16;
constexpr int64_t kMaxScale = 64;

// What training and bookkeeping leave in a config: nothing that inference reads.
bool is_of_training(std::string_view key) {
  for (const std::string_view suffix : {"_initializer", "_regularizer", "_constraint"}) {
    if (key.ends_with(suffix)) return true;
  }
  return key == "name" || key == "trainable" || key == "dtype";
}

// A config may hold what is named here and nothing else: an attribute that is not understood might
// change the result.
Status expect_keys(const TfjsLayer& layer, std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : layer.config->items()) {
    if (is_of_training(key)) continue;
    if (std::find(known.begin(), known.end(), key) == known.end())
      return fail(ErrorCode::kModel, "the attribute {} is not supported", shown(key));
  }
  return {};
}

// Where `key` is there, it must be `expected`.
Status expect(const TfjsLayer& layer, const char* key, const Json& expected) {
  const Json* value = find_member(*layer.config, key);
  if (value == nullptr || *value == expected) return {};
  // A number for both directions may be written as a pair.
  if (value->is_array() && *value == Json::array({expected, expected})) return {};
  return fail(ErrorCode::kModel, "its {} is {}, only {} is supported", key,
              shown(value->dump(-1, ' ', true, Json::error_handler_t::replace)), expected.dump());
}

// A number, or the same for rows and columns.
Result<int64_t> square(const TfjsLayer& layer, const char* key, int64_t high) {
  const Json* value = find_member(*layer.config, key);
  if (value != nullptr && value->is_number()) return whole_member(*layer.config, key, 1, high);
  FOVEA_ASSIGN_OR_RETURN(const std::vector<int64_t> both,
                         wholes_member(*layer.config, key, 1, high, 2));
  if (both.size() != 2 || both[0] != both[1])
    return fail(ErrorCode::kModel, "its {} differs in rows and columns, which is not supported",
                key);
  return both[0];
}

std::string text_or(const TfjsLayer& layer, const char* key, const char* otherwise) {
  const Json* value = find_member(*layer.config, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : otherwise;
}

Result<ActivationKind> activation_kind(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, ActivationKind>, 8> kKinds{{
      {"linear", ActivationKind::kNone},
      {"relu", ActivationKind::kRelu},
      {"sigmoid", ActivationKind::kSigmoid},
      {"tanh", ActivationKind::kTanh},
      {"swish", ActivationKind::kSilu},
      {"silu", ActivationKind::kSilu},
      {"gelu", ActivationKind::kGelu},
      {"mish", ActivationKind::kMish},
  }};
  for (const auto& [known, kind] : kKinds) {
    if (name == known) return kind;
  }
  return fail(ErrorCode::kModel, "the activation {} is not supported", shown(name));
}

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

TfjsNetwork::TfjsNetwork(Graph& graph, const TfjsTopology& topology, const TfjsTensors& tensors)
    : graph_(graph), tensors_(tensors) {
  for (const TfjsLayer& layer : topology.layers) {
    for (const std::string& name : layer.inputs) readers_[name].push_back(&layer);
  }
}

TfjsNetwork::Builder TfjsNetwork::find_builder(const std::string& type) {
  static const std::map<std::string_view, Builder> kBuilders = {
      {"InputLayer", &TfjsNetwork::input},
      {"Conv2D", &TfjsNetwork::convolution},
      {"Activation", &TfjsNetwork::activation},
      {"ReLU", &TfjsNetwork::relu},
      {"LeakyReLU", &TfjsNetwork::leaky_relu},
      {"PReLU", &TfjsNetwork::prelu},
      {"Add", &TfjsNetwork::sum},
      {"Multiply", &TfjsNetwork::product},
      {"Concatenate", &TfjsNetwork::concatenation},
      {"UpSampling2D", &TfjsNetwork::upsampling},
      {"MultiplyBeta", &TfjsNetwork::multiply_beta},
      {"Dropout", &TfjsNetwork::same},
      {"SpatialDropout2D", &TfjsNetwork::same}};
  if (is_tfjs_shuffle(type)) return &TfjsNetwork::pixel_shuffle;
  const auto found = kBuilders.find(type);
  return found == kBuilders.end() ? nullptr : found->second;
}

Status TfjsNetwork::add(const TfjsLayer& layer) {
  const Builder builder = find_builder(layer.type);
  if (builder == nullptr)
    return layer.type == "Lambda"
               ? fail(ErrorCode::kModel,
                      "holds Python code, which is never run; export it with a "
                      "layer of its own for what it does")
               : fail(ErrorCode::kModel, "layers of this class are not supported");
  FOVEA_ASSIGN_OR_RETURN(Piece piece, (this->*builder)(layer));
  int64_t channels = 0;
  for (const ValueId id : piece.parts) {
    const Value& value = graph_.value(id);
    channels += value.channels;
    if (value.scale.value() > kMaxScale)
      return fail(ErrorCode::kModel, "enlarges to {} times the picture, limit {}",
                  to_string(value.scale), kMaxScale);
  }
  if (channels > kMaxChannels)
    return fail(ErrorCode::kModel, "has {} channels, limit {}", channels, kMaxChannels);
  pieces_[layer.name] = std::move(piece);
  return {};
}

Status TfjsNetwork::finish(const std::string& output) {
  if (!pieces_.contains(output))
    return fail(ErrorCode::kModel, "its output {} is no layer", shown(output));
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, whole(output));
  graph_.set_output(value);
  for (const auto& [name, tensor] : tensors_) {
    if (!used_.contains(name))
      return fail(ErrorCode::kModel, "the tensor {} belongs to no layer", name);
  }
  return {};
}

Status TfjsNetwork::expect_inputs(const TfjsLayer& layer, size_t low, size_t high) const {
  if (layer.inputs.size() >= low && layer.inputs.size() <= high) return {};
  return fail(ErrorCode::kModel, "has {} inputs, expected {}...{}", layer.inputs.size(), low, high);
}

Result<ValueId> TfjsNetwork::whole(const std::string& name) {
  Piece& piece = pieces_.at(name);
  if (piece.parts.size() > 1) {
    FOVEA_ASSIGN_OR_RETURN(const ValueId joined, graph_.add(Concat{}, piece.parts, name));
    // Later readers share it; a concatenation of this one still takes the parts.
    if (piece.factor == 1.0f) return joined;
    return graph_.add(Add{{piece.factor}}, {joined}, name + ".factor");
  }
  if (piece.factor != 1.0f) {
    FOVEA_ASSIGN_OR_RETURN(piece.parts.front(), graph_.add(Add{{piece.factor}}, piece.parts, name));
    piece.factor = 1.0f;
  }
  return piece.parts.front();
}

Result<ValueId> TfjsNetwork::only_input(const TfjsLayer& layer) {
  FOVEA_TRY(expect_inputs(layer, 1, 1));
  return whole(layer.inputs.front());
}

Result<std::vector<float>> TfjsNetwork::tensor(const TfjsLayer& layer, const char* suffix,
                                               const std::vector<int64_t>& shape) {
  const std::string name = layer.name + "/" + suffix;
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) return fail(ErrorCode::kModel, "the tensor {} is missing", name);
  if (found->second.shape != shape)
    return fail(ErrorCode::kModel, "the tensor {} is {}, expected {}", name,
                shape_string(found->second.shape), shape_string(shape));
  used_.insert(name);
  return to_f32(found->second);
}

Result<TfjsNetwork::Piece> TfjsNetwork::input(const TfjsLayer& layer) {
  FOVEA_TRY(expect_keys(layer, {"batch_input_shape", "sparse", "ragged"}));
  FOVEA_TRY(expect_inputs(layer, 0, 0));
  if (!pieces_.empty()) return fail(ErrorCode::kModel, "is a second input or not the first layer");
  FOVEA_ASSIGN_OR_RETURN(const Json* shape, array_member(*layer.config, "batch_input_shape"));
  // [batch, rows, columns, channels]: sizes are the caller's, whatever it was trained on.
  const bool is_picture = shape->size() == 4 && (*shape)[3].is_number_unsigned() &&
                          (*shape)[3].get<uint64_t>() >= 1 && (*shape)[3].get<uint64_t>() <= 4;
  if (!is_picture)
    return fail(ErrorCode::kModel, "its shape is not that of a picture of 1...4 channels");
  return Piece{{graph_.add_input((*shape)[3].get<int64_t>(), layer.name)}};
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
  FOVEA_TRY(expect_keys(layer, {"filters", "kernel_size", "strides", "padding", "data_format",
                                "dilation_rate", "groups", "activation", "use_bias"}));
  FOVEA_TRY(expect(layer, "strides", 1));
  FOVEA_TRY(expect(layer, "dilation_rate", 1));
  FOVEA_TRY(expect(layer, "groups", 1));
  FOVEA_TRY(expect(layer, "data_format", "channels_last"));
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, only_input(layer));
  FOVEA_ASSIGN_OR_RETURN(const int64_t filters,
                         whole_member(*layer.config, "filters", 1, kMaxChannels));
  FOVEA_ASSIGN_OR_RETURN(const int64_t kernel, square(layer, "kernel_size", kMaxKernel));
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
                         activate(layer, text_or(layer, "activation", "linear"), result));
  return Piece{{activated}};
}

Result<ValueId> TfjsNetwork::activate(const TfjsLayer& layer, const std::string& name,
                                      ValueId value) {
  FOVEA_ASSIGN_OR_RETURN(const ActivationKind kind, activation_kind(name));
  if (kind == ActivationKind::kNone) return value;
  return graph_.add(Activate{{kind}}, {value}, layer.name + ".activation");
}

Result<TfjsNetwork::Piece> TfjsNetwork::activation(const TfjsLayer& layer) {
  FOVEA_TRY(expect_keys(layer, {"activation"}));
  FOVEA_ASSIGN_OR_RETURN(const std::string name, text_member(*layer.config, "activation"));
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, only_input(layer));
  FOVEA_ASSIGN_OR_RETURN(const ValueId result, activate(layer, name, value));
  return Piece{{result}};
}

Result<TfjsNetwork::Piece> TfjsNetwork::relu(const TfjsLayer& layer) {
  FOVEA_TRY(expect_keys(layer, {"max_value", "negative_slope", "threshold"}));
  FOVEA_TRY(expect(layer, "max_value", nullptr));
  FOVEA_TRY(expect(layer, "negative_slope", 0));
  FOVEA_TRY(expect(layer, "threshold", 0));
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, only_input(layer));
  FOVEA_ASSIGN_OR_RETURN(const ValueId result,
                         graph_.add(Activate{{ActivationKind::kRelu}}, {value}, layer.name));
  return Piece{{result}};
}

Result<TfjsNetwork::Piece> TfjsNetwork::leaky_relu(const TfjsLayer& layer) {
  FOVEA_TRY(expect_keys(layer, {"alpha"}));
  FOVEA_ASSIGN_OR_RETURN(const double alpha, finite_member(*layer.config, "alpha"));
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, only_input(layer));
  const Activation activation{ActivationKind::kLeakyRelu, static_cast<float>(alpha)};
  FOVEA_ASSIGN_OR_RETURN(const ValueId result,
                         graph_.add(Activate{activation}, {value}, layer.name));
  return Piece{{result}};
}

Result<TfjsNetwork::Piece> TfjsNetwork::prelu(const TfjsLayer& layer) {
  FOVEA_TRY(expect_keys(layer, {"shared_axes"}));
  FOVEA_TRY(expect(layer, "shared_axes", Json::array({1, 2})));
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, only_input(layer));
  const int64_t channels = graph_.value(value).channels;
  FOVEA_ASSIGN_OR_RETURN(const std::vector<float> slopes, tensor(layer, "alpha", {1, 1, channels}));
  Activation activation{ActivationKind::kPrelu};
  activation.slopes = graph_.add_parameter(make_weight(layer.name + ".slopes", {channels}, slopes));
  FOVEA_ASSIGN_OR_RETURN(const ValueId result,
                         graph_.add(Activate{activation}, {value}, layer.name));
  return Piece{{result}};
}

Result<TfjsNetwork::Piece> TfjsNetwork::sum(const TfjsLayer& layer) {
  FOVEA_TRY(expect_keys(layer, {}));
  FOVEA_TRY(expect_inputs(layer, 2, 16));
  Add op;
  std::vector<ValueId> values;
  for (const std::string& name : layer.inputs) {
    const Piece& piece = pieces_.at(name);
    if (piece.parts.size() == 1) {
      op.scales.push_back(piece.factor);
      values.push_back(piece.parts.front());
      continue;
    }
    op.scales.push_back(1.0f);
    FOVEA_ASSIGN_OR_RETURN(const ValueId value, whole(name));
    values.push_back(value);
  }
  FOVEA_ASSIGN_OR_RETURN(const ValueId result, graph_.add(std::move(op), values, layer.name));
  return Piece{{result}};
}

Result<TfjsNetwork::Piece> TfjsNetwork::product(const TfjsLayer& layer) {
  FOVEA_TRY(expect_keys(layer, {}));
  FOVEA_TRY(expect_inputs(layer, 2, 2));
  FOVEA_ASSIGN_OR_RETURN(const ValueId a, whole(layer.inputs[0]));
  FOVEA_ASSIGN_OR_RETURN(const ValueId b, whole(layer.inputs[1]));
  FOVEA_ASSIGN_OR_RETURN(const ValueId result, graph_.add(Multiply{}, {a, b}, layer.name));
  return Piece{{result}};
}

Result<TfjsNetwork::Piece> TfjsNetwork::concatenation(const TfjsLayer& layer) {
  FOVEA_TRY(expect_keys(layer, {"axis"}));
  FOVEA_TRY(expect_inputs(layer, 1, 256));
  const Json* axis = find_member(*layer.config, "axis");
  if (axis != nullptr && *axis != Json(3) && *axis != Json(-1))
    return fail(ErrorCode::kModel, "joins another axis than the channels");
  Piece joined;
  for (const std::string& name : layer.inputs) {
    if (pieces_.at(name).factor != 1.0f) FOVEA_TRY(whole(name));
    const Piece& piece = pieces_.at(name);
    joined.parts.insert(joined.parts.end(), piece.parts.begin(), piece.parts.end());
    constexpr size_t kMaxParts = 4096;
    if (joined.parts.size() > kMaxParts)
      return fail(ErrorCode::kModel, "joins more than {} maps", kMaxParts);
  }
  return joined;
}

Result<TfjsNetwork::Piece> TfjsNetwork::upsampling(const TfjsLayer& layer) {
  FOVEA_TRY(expect_keys(layer, {"size", "data_format", "interpolation"}));
  FOVEA_TRY(expect(layer, "data_format", "channels_last"));
  FOVEA_TRY(expect(layer, "interpolation", "nearest"));
  FOVEA_ASSIGN_OR_RETURN(const int64_t factor, square(layer, "size", kMaxFactor));
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, only_input(layer));
  const Resize resize{ResizeFilter::kNearest, Scale{factor, 1}, -0.5, true};
  FOVEA_ASSIGN_OR_RETURN(const ValueId result, graph_.add(resize, {value}, layer.name));
  return Piece{{result}};
}

Result<TfjsNetwork::Piece> TfjsNetwork::multiply_beta(const TfjsLayer& layer) {
  FOVEA_TRY(expect_keys(layer, {"beta"}));
  FOVEA_ASSIGN_OR_RETURN(const double beta, finite_member(*layer.config, "beta"));
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, only_input(layer));
  return Piece{{value}, static_cast<float>(beta)};
}

Result<TfjsNetwork::Piece> TfjsNetwork::pixel_shuffle(const TfjsLayer& layer) {
  FOVEA_TRY(expect_keys(layer, {"scale"}));
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

// Layers that do something in training alone.
Result<TfjsNetwork::Piece> TfjsNetwork::same(const TfjsLayer& layer) {
  FOVEA_ASSIGN_OR_RETURN(const ValueId value, only_input(layer));
  return Piece{{value}};
}

}  // namespace fovea
