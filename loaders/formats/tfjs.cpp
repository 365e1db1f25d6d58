#include "loaders/formats/tfjs.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "loaders/architectures/parameters.h"
#include "loaders/formats/tfjs_network.h"

namespace fovea {
namespace {

bool has_layer(const TfjsTopology& topology, std::string_view name) {
  return std::any_of(topology.layers.begin(), topology.layers.end(),
                     [&](const TfjsLayer& layer) { return layer.name == name; });
}

// idealo's image-super-resolution names its layers in these ways.
std::string_view family(const TfjsTopology& topology) {
  if (has_layer(topology, "F_m1") && has_layer(topology, "GFF_1") && has_layer(topology, "UPN1"))
    return "RDN";
  if (has_layer(topology, "Pre_blocks_conv") && has_layer(topology, "post_blocks_conv"))
    return "RRDN";
  return "convolutional network";
}

// What the network's values are of samples in 0...1. UpscalerJS, which publishes these families,
// trains and runs RDN on 0...255 and RRDN on 0...1 (thekevinscott/UpscalerJS, issue 355).
Result<float> range_of(const Json& root, std::string_view architecture) {
  const Json* metadata = find_member(root, "userDefinedMetadata");
  if (metadata != nullptr && find_member(*metadata, "range") != nullptr) {
    FOVEA_ASSIGN_OR_RETURN(const double range, finite_member(*metadata, "range"));
    if (range != 1 && range != 255)
      return fail(ErrorCode::kModel, "userDefinedMetadata.range is {}, expected 1 or 255", range);
    return static_cast<float>(range);
  }
  if (architecture == "RDN") return 255.0f;
  if (architecture == "RRDN") return 1.0f;
  return fail(ErrorCode::kModel,
              "nothing tells whether its values are 0...1 or 0...255; add \"userDefinedMetadata\": "
              "{{\"range\": 1}}, or 255, to the json");
}

void add_metadata(const Json& root, Model& model) {
  const Json* metadata = find_member(root, "userDefinedMetadata");
  if (metadata == nullptr || !metadata->is_object()) return;
  for (const auto& [key, value] : metadata->items()) {
    if (value.is_string()) model.metadata[key] = value.get<std::string>();
  }
}

Result<Model> build(const Json& root, const TfjsShardReader& read_shard) {
  if (const Json* format = find_member(root, "format");
      format != nullptr && *format != Json("layers-model"))
    return fail(ErrorCode::kModel,
                "is no layers model; convert the Keras model with tensorflowjs_converter "
                "--output_format=tfjs_layers_model");
  if (find_member(root, "modelTopology") == nullptr)
    return fail(ErrorCode::kModel,
                "is JSON without a modelTopology; give the model.json of a TensorFlow.js layers "
                "model");
  FOVEA_ASSIGN_OR_RETURN(const Json* json, object_member(root, "modelTopology"));
  FOVEA_ASSIGN_OR_RETURN(const TfjsTopology topology, parse_tfjs_topology(*json));
  FOVEA_ASSIGN_OR_RETURN(const Json* manifest, array_member(root, "weightsManifest"));
  FOVEA_ASSIGN_OR_RETURN(const TfjsTensors tensors, read_tfjs_weights(*manifest, read_shard));

  Model model;
  TfjsNetwork network(model.graph, topology, tensors);
  for (const TfjsLayer& layer : topology.layers) {
    const Status status = network.add(layer);
    if (!status) return fail_in(layer.type + " " + layer.name, status.error());
  }
  if (topology.layers.empty() || topology.layers.front().name != topology.input)
    return fail(ErrorCode::kModel, "its first layer is not its input");
  FOVEA_TRY(network.finish(topology.output));

  const Value& output = model.graph.value(model.graph.output());
  FOVEA_ASSIGN_OR_RETURN(
      model.colour, colour_mode(model.graph.value(model.graph.input()).channels, output.channels));
  model.scale = output.scale;
  model.format = "TensorFlow.js";
  model.architecture = family(topology);
  FOVEA_ASSIGN_OR_RETURN(model.range, range_of(root, model.architecture));
  add_metadata(root, model);
  const auto convolutions =
      std::count_if(topology.layers.begin(), topology.layers.end(),
                    [](const TfjsLayer& layer) { return layer.type == "Conv2D"; });
  model.details = {{"layers", std::to_string(topology.layers.size())},
                   {"convolutions", std::to_string(convolutions)},
                   {"range", model.range == 1.0f ? "0...1" : "0...255"}};
  return model;
}

}  // namespace

Result<Model> read_tfjs(const FileBytes& json, const TfjsShardReader& read_shard) {
  if (json.size > kMaxTfjsJsonBytes)
    return fail(ErrorCode::kModel, "is {} bytes, limit {}; give the model.json of one network",
                json.size, kMaxTfjsJsonBytes);
  const std::string_view text(reinterpret_cast<const char*>(json.data.get()), json.size);
  FOVEA_ASSIGN_OR_RETURN(const Json root, parse_strict_json(text, kMaxTfjsDepth));
  return build(root, read_shard);
}

}  // namespace fovea
