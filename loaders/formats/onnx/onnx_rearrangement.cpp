// Which of the engine's rearrangements a regrouped map is.
#include <algorithm>

#include "loaders/formats/onnx/onnx_view.h"

namespace fovea {
namespace {

constexpr int64_t kMaxChannels = 1 << 16;
constexpr int64_t kMaxFactor = 16;

// The channels that an index over `parts` means, in order of the index; each part's contribution is
// its stride times `weight_of` its axis. Empty where it is no plain list.
template <class WeightOf>
std::vector<int64_t> enumerate(const std::vector<AxisPart>& parts, WeightOf weight_of) {
  std::vector<int64_t> values = {0};
  for (const AxisPart& part : parts) {
    const std::optional<int64_t> length = part.length.number();
    const std::optional<int64_t> step = weight_of(part);
    if (!length || !step || *length < 1 || *length > kMaxChannels) return {};
    if (values.size() > static_cast<size_t>(kMaxChannels / *length)) return {};
    std::vector<int64_t> next;
    for (const int64_t value : values) {
      for (int64_t i = 0; i < *length; ++i) next.push_back(value + i * *step);
    }
    values = std::move(next);
  }
  return values;
}

// The factor by which `parts` are `axis` times a part of the channels (enlarged), if they are.
struct Enlarged {
  int64_t factor = 1;
  int64_t stride = 0;  // of the channels
};

std::optional<Enlarged> enlarged(const std::vector<AxisPart>& parts,
                                 const std::vector<AxisPart>& axis) {
  if (parts == axis) return Enlarged{};
  if (parts.size() != axis.size() + 1 || !std::equal(axis.begin(), axis.end(), parts.begin()))
    return std::nullopt;
  const AxisPart& inner = parts.back();
  const auto factor = inner.length.number();
  const auto stride = inner.stride.number();
  if (inner.axis != MapAxis::kChannels || !factor || !stride || *factor > kMaxFactor)
    return std::nullopt;
  return Enlarged{*factor, *stride};
}

// The factor by which `parts` are every n-th index of the side `axis`.
std::optional<int64_t> reduced(const std::vector<AxisPart>& parts,
                               const std::vector<AxisPart>& axis) {
  if (axis.size() != 1) return std::nullopt;
  // One row of the picture is left, of a length that is the factor: nothing tells it apart.
  if (parts.size() != 1 || parts[0].axis != axis[0].axis) return std::nullopt;
  const auto factor = parts[0].stride.number();
  if (!factor || *factor < 1 || *factor > kMaxFactor ||
      !(parts[0].length * parts[0].stride == axis[0].length))
    return std::nullopt;
  return *factor;
}

std::optional<MapRearrangement> shuffle(const OnnxView& view, const OnnxView& map) {
  const auto rows = enlarged(view.parts(2), map.parts(2));
  const auto columns = enlarged(view.parts(3), map.parts(3));
  if (!rows || !columns || rows->factor != columns->factor) return std::nullopt;
  const std::vector<int64_t> outer =
      enumerate(view.parts(1), [](const AxisPart& part) -> std::optional<int64_t> {
        if (part.axis == MapAxis::kRepeated) return 0;
        if (part.axis != MapAxis::kChannels) return std::nullopt;
        return part.stride.number();
      });
  if (outer.empty()) return std::nullopt;
  MapRearrangement result;
  result.factor = rows->factor;
  if (result.factor > 1) result.kind = MapRearrangement::Kind::kShuffle;
  if (std::cmp_greater(outer.size(), kMaxChannels / (result.factor * result.factor)))
    return std::nullopt;
  for (const int64_t channel : outer) {
    for (int64_t u = 0; u < result.factor; ++u) {
      for (int64_t v = 0; v < result.factor; ++v)
        result.channels.push_back(channel + u * rows->stride + v * columns->stride);
    }
  }
  return result;
}

std::optional<MapRearrangement> unshuffle(const OnnxView& view, const OnnxView& map) {
  const auto factor = reduced(view.parts(2), map.parts(2));
  if (!factor || *factor < 2 || reduced(view.parts(3), map.parts(3)) != factor) return std::nullopt;
  MapRearrangement result;
  result.kind = MapRearrangement::Kind::kUnshuffle;
  result.factor = *factor;
  result.channels = enumerate(view.parts(1), [&](const AxisPart& part) -> std::optional<int64_t> {
    if (part.axis == MapAxis::kRepeated) return 0;
    const auto stride = part.stride.number();
    if (!stride || part.axis == MapAxis::kChannels)
      return stride ? std::optional(*stride * *factor * *factor) : std::nullopt;
    // Inner rows count a whole line of phases, inner columns one.
    return part.axis == MapAxis::kHeight ? *stride * *factor : *stride;
  });
  if (result.channels.empty()) return std::nullopt;
  return result;
}

}  // namespace

std::optional<MapRearrangement> rearrangement(const OnnxView& view, const OnnxView& map) {
  if (view.rank() != 4 || map.rank() != 4 || !view.parts(0).empty()) return std::nullopt;
  if (auto found = shuffle(view, map)) return found;
  return unshuffle(view, map);
}

}  // namespace fovea
