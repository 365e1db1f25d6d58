#include "loaders/formats/ncnn_input.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "loaders/formats/checked_arithmetic.h"

namespace fovea {
namespace {

// Layers whose output has the channels of their first input.
constexpr std::array<std::string_view, 15> kKeepChannels = {
    "Split",   "Noop",  "Dropout", "Interp", "BinaryOp", "Eltwise",   "ReLU", "PReLU",
    "Sigmoid", "Swish", "TanH",    "GELU",   "Mish",     "HardSwish", "Clip"};

// A whole number as the file has it; anything strange is refused later, when the layer is built.
int64_t whole_or(const NcnnLayer& layer, int id, int64_t fallback) {
  const auto found = layer.parameters.find(id);
  if (found == layer.parameters.end() || found->second.values.empty() || !found->second.is_whole)
    return fallback;
  return static_cast<int64_t>(found->second.values[0]);
}

// The channels that `layer` must read, where its weights tell.
std::optional<int64_t> channels_read(const NcnnLayer& layer) {
  if (layer.type == "Convolution" || layer.type == "ConvolutionDepthWise") {
    const int64_t width = whole_or(layer, 1, 0);
    const auto area = checked_multiply(width, whole_or(layer, 11, width));
    const auto taps = area ? checked_multiply(*area, whole_or(layer, 0, 0)) : std::nullopt;
    const auto weights = checked_multiply(
        whole_or(layer, 6, 0), layer.type == "Convolution" ? int64_t{1} : whole_or(layer, 7, 1));
    if (!taps || !weights || *taps < 1 || *weights % *taps != 0) return std::nullopt;
    return *weights / *taps;
  }
  if (layer.type == "BatchNorm" || layer.type == "Scale") return whole_or(layer, 0, 0);
  if (layer.type == "PReLU" && whole_or(layer, 0, 0) > 1) return whole_or(layer, 0, 0);
  return std::nullopt;
}

}  // namespace

Result<int64_t> ncnn_input_channels(const std::vector<NcnnLayer>& layers) {
  const NcnnLayer& input = layers.front();
  if (const int64_t declared = whole_or(input, 2, 0); declared > 0) return declared;

  // Blobs whose channels are known as a multiple of the input's.
  std::map<std::string_view, int64_t> multiples = {{input.outputs[0], 1}};
  for (const NcnnLayer& layer : layers) {
    if (layer.inputs.empty()) continue;
    const auto known = multiples.find(layer.inputs[0]);
    if (known == multiples.end()) continue;
    const int64_t multiple = known->second;
    const std::optional<int64_t> channels = channels_read(layer);
    if (channels && *channels > 0 && *channels % multiple == 0) return *channels / multiple;
    if (layer.type == "Reorg") {
      const int64_t factor = std::clamp<int64_t>(whole_or(layer, 0, 1), 1, 16);
      if (const auto next = checked_multiply(multiple, factor * factor))
        multiples[layer.outputs[0]] = *next;
    } else if (std::find(kKeepChannels.begin(), kKeepChannels.end(), layer.type) !=
               kKeepChannels.end()) {
      for (const std::string_view output : layer.outputs) multiples[output] = multiple;
    }
  }
  return fail(ErrorCode::kModel,
              "nothing tells how many channels the picture has; add 2=3 to the Input layer");
}

}  // namespace fovea
