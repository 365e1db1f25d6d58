#include "loaders/formats/ncnn.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "loaders/formats/graph_structure.h"
#include "loaders/formats/ncnn_input.h"
#include "loaders/formats/ncnn_layers.h"

namespace fovea {
namespace {

// Adds the layers to a graph, one after the other, and keeps which blob is which value.
class Network {
 public:
  Network(Graph& graph, NcnnBin& bin) : build_{graph, bin} {}

  Status add_input(const NcnnLayer& layer, int64_t channels) {
    NcnnAttributes attributes(layer);
    // Hints for one picture size; the size is the caller's here.
    attributes.whole(0, 0, 0, kMaxHint, "width");
    attributes.whole(1, 0, 0, kMaxHint, "height");
    attributes.whole(2, 0, 0, kMaxNcnnChannels, "channels");
    FOVEA_TRY(attributes.done());
    if (layer.type != "Input" || !layer.inputs.empty() || layer.outputs.size() != 1)
      return fail(ErrorCode::kModel, "the first layer is not an Input without inputs");
    values_[layer.outputs[0]] = build_.graph.add_input(channels, std::string(layer.outputs[0]));
    return {};
  }

  Status add_layer(const NcnnLayer& layer) {
    const NcnnLayerKind* kind = find_ncnn_layer(layer.type);
    if (kind == nullptr &&
        (layer.type == "Quantize" || layer.type == "Dequantize" || layer.type == "Requantize"))
      return fail(ErrorCode::kModel,
                  "the network is quantised to int8, which is not supported; use the one that "
                  "ncnn2int8 made it of");
    if (kind == nullptr)
      return fail(ErrorCode::kModel, "layers of the type {} are not supported", layer.type);
    if (layer.inputs.size() < kind->min_inputs || layer.inputs.size() > kind->max_inputs)
      return fail(ErrorCode::kModel, "has {} inputs, expected {}...{}", layer.inputs.size(),
                  kind->min_inputs, kind->max_inputs);
    if (layer.outputs.size() > kind->max_outputs)
      return fail(ErrorCode::kModel, "has {} outputs, expected {}", layer.outputs.size(),
                  kind->max_outputs);
    std::vector<ValueId> inputs;
    for (const std::string_view name : layer.inputs) {
      const auto found = values_.find(name);
      if (found == values_.end())
        return fail(ErrorCode::kModel, "reads the blob {}, which no layer before it makes", name);
      inputs.push_back(found->second);
      read_.insert(name);
    }
    NcnnAttributes attributes(layer);
    FOVEA_ASSIGN_OR_RETURN(const ValueId value, kind->build({layer, attributes, inputs, build_}));
    for (const std::string_view name : layer.outputs) {
      if (!values_.emplace(name, value).second)
        return fail(ErrorCode::kModel, "makes the blob {}, which another layer makes", name);
    }
    return {};
  }

  // The one blob that nothing reads is the network's output.
  Status set_output(const std::vector<NcnnLayer>& layers) {
    std::vector<std::string_view> unread;
    for (const NcnnLayer& layer : layers) {
      for (const std::string_view name : layer.outputs) {
        if (!read_.contains(name)) unread.push_back(name);
      }
    }
    if (unread.empty()) return fail(ErrorCode::kModel, "every blob is read: there is no output");
    if (unread.size() > 1)
      return fail(ErrorCode::kModel,
                  "{} blobs are read by no layer ({}, {}...), expected 1, the "
                  "output",
                  unread.size(), unread[0], unread[1]);
    build_.graph.set_output(values_.at(unread[0]));
    return {};
  }

 private:
  static constexpr int64_t kMaxHint = 1 << 30;

  NcnnBuild build_;
  std::map<std::string_view, ValueId> values_;
  std::set<std::string_view> read_;
};

}  // namespace

const NcnnLayerKind* find_ncnn_layer(std::string_view type) {
  for (const auto& kinds : {ncnn_convolution_layers(), ncnn_pointwise_layers(),
                            ncnn_arithmetic_layers(), ncnn_shape_layers()}) {
    for (const NcnnLayerKind& kind : kinds) {
      if (kind.type == type) return &kind;
    }
  }
  return nullptr;
}

Result<Model> read_ncnn(const FileBytes& param, const FileBytes& bin) {
  const std::string_view text(reinterpret_cast<const char*>(param.data.get()), param.size);
  if (text.size() > kMaxNcnnParamBytes)
    return fail(ErrorCode::kModel, "is {} bytes, limit {}; give the text .param of one network",
                text.size(), kMaxNcnnParamBytes);
  FOVEA_ASSIGN_OR_RETURN(const std::vector<NcnnLayer> layers, parse_ncnn_param(text));
  FOVEA_ASSIGN_OR_RETURN(const int64_t channels, ncnn_input_channels(layers));

  Model model;
  NcnnBin weights(bin);
  Network network(model.graph, weights);
  for (const NcnnLayer& layer : layers) {
    auto status =
        &layer == &layers.front() ? network.add_input(layer, channels) : network.add_layer(layer);
    if (!status) return fail_in(describe(layer), std::move(status.error()));
  }
  FOVEA_TRY(weights.expect_end());
  FOVEA_TRY(network.set_output(layers));

  FOVEA_TRY(fit_picture(model));
  model.format = "ncnn";
  describe_structure(model);
  return model;
}

}  // namespace fovea
