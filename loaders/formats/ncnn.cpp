#include "loaders/formats/ncnn.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "loaders/formats/ncnn_input.h"
#include "loaders/formats/ncnn_layers.h"
#include "loaders/formats/ncnn_structure.h"

namespace fovea {
namespace {

constexpr int64_t kMaxScale = 64;
constexpr int64_t kMaxPaddingMultiple = 256;

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

Result<ColourMode> colour_of(int64_t in, int64_t out) {
  if (in == 3 && out == 3) return ColourMode::kRgb;
  if (in == 1 && out == 1) return ColourMode::kGray;
  if (in == 4 && out == 4) return ColourMode::kRgba;
  if (in == 1 && out == 3) return ColourMode::kGrayToRgb;
  return fail(ErrorCode::kModel,
              "{} -> {} channels are no picture's, expected 3 -> 3, 1 -> 1, "
              "4 -> 4 or 1 -> 3",
              in, out);
}

// The smallest multiple of the picture's sides for which every map's size is a whole number: the
// sizes that a pixel-unshuffle needs, and at which rounding rules of resizes do not matter.
Result<int64_t> padding_multiple(const Graph& graph) {
  int64_t multiple = 1;
  for (const Value& value : graph.values()) {
    if (value.scale.denominator <= kMaxPaddingMultiple)
      multiple = std::lcm(multiple, value.scale.denominator);
    if (value.scale.denominator > kMaxPaddingMultiple || multiple > kMaxPaddingMultiple)
      return fail(ErrorCode::kModel,
                  "{} has the scale {}: sides that are multiples of more than {} are not supported",
                  value.name, to_string(value.scale), kMaxPaddingMultiple);
  }
  return multiple;
}

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

  const Value& output = model.graph.value(model.graph.output());
  FOVEA_ASSIGN_OR_RETURN(model.colour, colour_of(channels, output.channels));
  if (output.scale.value() > kMaxScale || output.scale.value() < 1.0 / kMaxScale)
    return fail(ErrorCode::kModel, "the output's scale {} is not within 1/{}...{}",
                to_string(output.scale), kMaxScale, kMaxScale);
  model.scale = output.scale;
  FOVEA_ASSIGN_OR_RETURN(model.padding_multiple, padding_multiple(model.graph));
  model.format = "ncnn";
  describe_structure(layers, model);
  return model;
}

}  // namespace fovea
