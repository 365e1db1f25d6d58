#include "loaders/formats/tfjs_layers.h"

#include <set>
#include <utility>

#include "loaders/formats/text.h"

namespace fovea {
namespace {

constexpr size_t kMaxLayers = 10'000;
constexpr size_t kMaxInputs = 256;
constexpr size_t kMaxName = 512;

Status check_name(const std::string& name) {
  if (name.empty() || name.size() > kMaxName || has_control_characters(name))
    return fail(ErrorCode::kModel, "a name {} is empty, too long or holds control characters",
                shown(name));
  return {};
}

// [name, node, tensor, {}]: the layer's only result. Keras 3 writes objects.
Result<std::string> parse_inbound(const Json& link) {
  const bool is_link = link.is_array() && (link.size() == 3 || link.size() == 4) &&
                       link[0].is_string() && link[1] == 0 && link[2] == 0 &&
                       (link.size() == 3 || (link[3].is_object() && link[3].empty()));
  if (!is_link)
    return fail(ErrorCode::kModel,
                "reads something else than the only result of a layer; export it with "
                "tensorflowjs_converter from Keras 2");
  return link[0].get<std::string>();
}

Status parse_inputs(const Json& json, TfjsLayer& layer) {
  FOVEA_ASSIGN_OR_RETURN(const Json* nodes, array_member(json, "inbound_nodes"));
  if (nodes->empty()) return {};
  if (nodes->size() != 1)
    return fail(ErrorCode::kModel, "runs {} times; layers that share weights are not supported",
                nodes->size());
  const Json& links = nodes->front();
  if (!links.is_array())
    return fail(ErrorCode::kModel,
                "its inbound_nodes are those of Keras 3; export it with Keras 2");
  if (links.size() > kMaxInputs)
    return fail(ErrorCode::kModel, "has {} inputs, limit {}", links.size(), kMaxInputs);
  for (const Json& link : links) {
    FOVEA_ASSIGN_OR_RETURN(std::string input, parse_inbound(link));
    layer.inputs.push_back(std::move(input));
  }
  return {};
}

Result<TfjsLayer> parse_layer(const Json& json) {
  TfjsLayer layer;
  FOVEA_ASSIGN_OR_RETURN(layer.type, text_member(json, "class_name"));
  FOVEA_TRY(check_name(layer.type));
  FOVEA_ASSIGN_OR_RETURN(layer.config, object_member(json, "config"));
  FOVEA_ASSIGN_OR_RETURN(layer.name, text_member(json, "name"));
  FOVEA_TRY(check_name(layer.name));
  const Status inputs = parse_inputs(json, layer);
  if (!inputs) return fail_in(layer.type + " " + layer.name, inputs.error());
  return layer;
}

// The one layer that [[name, 0, 0]] names.
Result<std::string> only_layer(const Json& config, const char* key) {
  FOVEA_ASSIGN_OR_RETURN(const Json* list, array_member(config, key));
  // One alone may stand without the outer brackets.
  const Json& link = list->size() == 1 ? list->front() : *list;
  if (!link.is_array())
    return fail(ErrorCode::kModel, "{} has {} entries, expected 1", key, list->size());
  if (list->size() != 1 && !(list->size() == 3 && list->front().is_string()))
    return fail(ErrorCode::kModel, "{} has {} entries, expected 1", key, list->size());
  return parse_inbound(link);
}

}  // namespace

Result<TfjsTopology> parse_tfjs_topology(const Json& topology) {
  const Json* inner = find_member(topology, "model_config");
  const Json& model = inner == nullptr ? topology : *inner;
  FOVEA_ASSIGN_OR_RETURN(const std::string type, text_member(model, "class_name"));
  if (type != "Model" && type != "Functional")
    return fail(ErrorCode::kModel, "is a {} network; only Keras' functional ones are supported",
                shown(type));
  FOVEA_ASSIGN_OR_RETURN(const Json* config, object_member(model, "config"));
  FOVEA_ASSIGN_OR_RETURN(const Json* layers, array_member(*config, "layers"));
  if (layers->size() > kMaxLayers)
    return fail(ErrorCode::kModel, "has {} layers, limit {}", layers->size(), kMaxLayers);
  TfjsTopology parsed;
  FOVEA_ASSIGN_OR_RETURN(parsed.input, only_layer(*config, "input_layers"));
  FOVEA_ASSIGN_OR_RETURN(parsed.output, only_layer(*config, "output_layers"));
  std::set<std::string> names;
  for (const Json& json : *layers) {
    FOVEA_ASSIGN_OR_RETURN(TfjsLayer layer, parse_layer(json));
    for (const std::string& input : layer.inputs) {
      if (!names.contains(input))
        return fail(ErrorCode::kModel, "{} {} reads {}, which no layer before it makes", layer.type,
                    layer.name, shown(input));
    }
    if (!names.insert(layer.name).second)
      return fail(ErrorCode::kModel, "the layer {} is there twice", layer.name);
    parsed.layers.push_back(std::move(layer));
  }
  return parsed;
}

}  // namespace fovea
