#include "loaders/formats/tfjs_network.h"

#include <string_view>
#include <utility>

#include "loaders/formats/text.h"
#include "loaders/formats/tfjs_attributes.h"

namespace fovea {
namespace {

constexpr int64_t kMaxScale = 64;

}  // namespace

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
  if (channels > kMaxTfjsChannels)
    return fail(ErrorCode::kModel, "has {} channels, limit {}", channels, kMaxTfjsChannels);
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
  FOVEA_TRY(expect_tfjs_keys(layer, {"batch_input_shape", "sparse", "ragged"}));
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

}  // namespace fovea
