// Slice and Pad: channels, and margins of a map.
#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "loaders/formats/onnx/onnx_folding.h"
#include "loaders/formats/onnx/onnx_operators.h"
#include "loaders/formats/text.h"

namespace fovea {
namespace {

constexpr size_t kChannelAxis = 1;
// An axis' sides of a border.
constexpr size_t kHeightAxis = 2;

// What a slice takes away at both ends of an axis.
struct Ends {
  int64_t before = 0;
  int64_t after = 0;
};

// No value where it is not known whatever the picture. Beyond the ends nothing is taken.
std::optional<Ends> cut_ends(Extent start, Extent end, Extent length) {
  const auto whole = length.number();
  // Counted from the other end where negative; INT32_MAX stands for the end in many files.
  const auto before = start.number();
  const auto last = end.number();
  std::optional<int64_t> after = (length - end).number();
  if (last && *last < 0) {
    after = -std::max<int64_t>(*last, std::numeric_limits<int32_t>::min());
  } else if (last && *last >= whole.value_or(std::numeric_limits<int32_t>::max())) {
    after = 0;
  }
  constexpr int64_t kMost = 1 << 20;
  if (!before || !after || std::max(*before, *after) > kMost || *before < -kMost)
    return std::nullopt;
  Ends cut{*before, std::max<int64_t>(*after, 0)};
  if (*before < 0) {
    if (!whole) return std::nullopt;
    cut.before = std::max<int64_t>(*whole + *before, 0);
  }
  return cut;
}

// A slice of rows or columns: with one of the other axis, often another node, it may be a margin.
Result<std::vector<OnnxValue>> build_slice(const OnnxCall& call) {
  FOVEA_ASSIGN_OR_RETURN(const OnnxSlice slice, read_slice(call, 4));
  FOVEA_TRY(sorted_axes(slice.axes, 4));
  const bool further = call.map(0) != nullptr && call.map(0)->border.cuts();
  FOVEA_ASSIGN_OR_RETURN(ValueId x, further ? call.value_without_border(0) : call.value(0));
  ZeroBorder border = call.map(0)->border;
  std::vector<Extent> shape = call.map(0)->view.shape();
  shape[kHeightAxis] = shape[kHeightAxis] + Extent(border.top + border.bottom);
  shape[kHeightAxis + 1] = shape[kHeightAxis + 1] + Extent(border.left + border.right);
  Slice channels{0, call.channels(x)};
  for (size_t i = 0; i < slice.axes.size(); ++i) {
    FOVEA_ASSIGN_OR_RETURN(const size_t axis, onnx_axis(slice.axes[i], 4));
    const auto cut = cut_ends(slice.starts[i], slice.ends[i], shape[axis]);
    if (!cut || slice.steps[i] != 1)
      return fail(ErrorCode::kModel,
                  "cuts axis {} of {} by what is neither whole channels nor a margin", axis,
                  shape_text(shape));
    if (cut->before == 0 && cut->after == 0) continue;
    if (axis == kChannelAxis) {
      channels.begin = cut->before;
      channels.count = call.channels(x) - cut->before - cut->after;
    } else if (axis == kHeightAxis) {
      border.top -= cut->before;
      border.bottom -= cut->after;
    } else if (axis == kHeightAxis + 1) {
      border.left -= cut->before;
      border.right -= cut->after;
    } else {
      return fail(ErrorCode::kModel, "cuts axis {} of {}, of which there is one", axis,
                  shape_text(shape));
    }
  }
  if (channels.count != call.channels(x)) {
    FOVEA_ASSIGN_OR_RETURN(x, call.add(channels, {x}));
  }
  OnnxMap map = call.build.map_of(x);
  map.border = border;
  map.made_by = call.node.type;
  return std::vector<OnnxValue>{OnnxValue(std::move(map))};
}

Result<std::vector<int64_t>> read_pads(const OnnxCall& call, size_t rank) {
  std::vector<int64_t> pads;
  constexpr int64_t kMaxPad = 1 << 20;
  if (call.build.opset < 11) {
    pads = call.attributes.integers("pads", {}, static_cast<int64_t>(2 * rank), -kMaxPad, kMaxPad);
    if (pads.empty()) return fail(ErrorCode::kModel, "has no pads");
    return pads;
  }
  FOVEA_ASSIGN_OR_RETURN(pads, call.integers(1, "pads"));
  std::vector<int64_t> axes;
  if (call.has(3)) {
    FOVEA_ASSIGN_OR_RETURN(axes, call.integers(3, "axes"));
  } else {
    for (size_t i = 0; i < rank; ++i) axes.push_back(static_cast<int64_t>(i));
  }
  if (pads.size() != 2 * axes.size())
    return fail(ErrorCode::kModel, "has {} pads for {} axes", pads.size(), axes.size());
  FOVEA_TRY(sorted_axes(axes, rank));
  std::vector<int64_t> all(2 * rank, 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    FOVEA_ASSIGN_OR_RETURN(const size_t axis, onnx_axis(axes[i], rank));
    all[axis] = pads[i];
    all[rank + axis] = pads[axes.size() + i];
  }
  return all;
}

// How the map goes on beyond its border; no value for a mode that is not supported.
std::optional<PadMode> pad_mode(std::string_view mode, float fill) {
  if (mode == "constant" && fill == 0) return PadMode::kZero;
  if (mode == "reflect") return PadMode::kReflect;
  if (mode == "edge") return PadMode::kReplicate;
  return std::nullopt;
}

Result<std::vector<OnnxValue>> build_pad(const OnnxCall& call) {
  const std::string_view mode = call.attributes.text("mode", "constant");
  float fill = 0;
  if (call.build.opset < 11) {
    fill = call.attributes.real("value", 0);
  } else {
    FOVEA_ASSIGN_OR_RETURN(fill, call.number(2, 0, "value"));
  }
  FOVEA_ASSIGN_OR_RETURN(const std::vector<int64_t> pads, read_pads(call, 4));
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const ValueId x, call.value(0));
  constexpr int64_t kMaxBorder = 255;  // a kernel's that takes it up
  for (const size_t i : {2, 3, 6, 7}) {
    if (pads[i] < -kMaxBorder || pads[i] > kMaxBorder)
      return fail(ErrorCode::kModel, "pads by {}, expected -{}...{}", pads[i], kMaxBorder,
                  kMaxBorder);
  }
  if (pads[0] != 0 || pads[1] != 0 || pads[4] != 0 || pads[5] != 0)
    return fail(ErrorCode::kModel, "pads channels, only rows and columns are supported");
  OnnxMap map = call.build.map_of(x);
  map.border = {pads[2], pads[3], pads[6], pads[7]};
  map.made_by = call.node.type;
  const int64_t margin = pads[2];
  const bool equal = map.border == ZeroBorder{margin, margin, margin, margin};
  if (map.border == ZeroBorder{}) return call.result(x);
  const auto known = pad_mode(mode, fill);
  if (!known)
    return fail(ErrorCode::kModel,
                "pads by {} ({}), only zeros, \"reflect\" and \"edge\" are supported", shown(mode),
                fill);
  // A convolution may take up zeros of any widths; sides that are cut are equal ones.
  if (*known == PadMode::kZero && !map.border.cuts())
    return std::vector<OnnxValue>{OnnxValue(std::move(map))};
  if (!equal)
    return fail(ErrorCode::kModel,
                "pads by {} {} {} {} (top left bottom right), only the same on all sides is "
                "supported",
                pads[2], pads[3], pads[6], pads[7]);
  if (margin < 0) return one(call.added(Crop{-margin}, {x}));
  return one(call.added(Pad{*known, margin}, {x}));
}

constexpr std::array<OnnxOperator, 2> kOperators{{
    {"Slice", 1, 5, fold_slice, build_slice},
    {"Pad", 1, 4, nullptr, build_pad},
}};

}  // namespace

std::span<const OnnxOperator> onnx_margin_operators() { return kOperators; }

}  // namespace fovea
