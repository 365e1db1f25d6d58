// Operators that regroup, split or join maps.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "loaders/formats/onnx/onnx_folding.h"
#include "loaders/formats/onnx/onnx_operators.h"
#include "loaders/formats/onnx/onnx_tensor_message.h"
#include "loaders/formats/text.h"

namespace fovea {
namespace {

constexpr int64_t kMaxFactor = 16;
constexpr size_t kChannelAxis = 1;

// Input 0 regrouped by `regroup`, a function from its view to another.
template <class Regroup>
Result<std::vector<OnnxValue>> regrouped(const OnnxCall& call, Regroup regroup) {
  if (call.map(0) == nullptr) return fail(ErrorCode::kModel, "input 0 is a constant");
  const OnnxMap& whole = *call.map(0);
  if (!(whole.border == ZeroBorder{}) || whole.unfinished != Unfinished::kNone)
    FOVEA_TRY(call.value(0));
  OnnxMap map = whole;
  FOVEA_ASSIGN_OR_RETURN(map.view, regroup(map.view));
  map.made_by = call.node.type;
  return std::vector<OnnxValue>{OnnxValue(std::move(map))};
}

Result<std::vector<OnnxValue>> build_identity(const OnnxCall& call) {
  FOVEA_TRY(call.attributes.done());
  return std::vector<OnnxValue>{OnnxValue(*call.map(0))};
}

// Between types of real numbers: samples are f32 here, whatever the file's type.
Result<std::vector<OnnxValue>> build_cast(const OnnxCall& call) {
  FOVEA_ASSIGN_OR_RETURN(const DType to, cast_type(call));
  if (!is_floating_point(to))
    return fail(ErrorCode::kModel, "casts a map to {}, which is not supported", to_string(to));
  return std::vector<OnnxValue>{OnnxValue(*call.map(0))};
}

Result<std::vector<OnnxValue>> build_reshape(const OnnxCall& call) {
  const bool zero_keeps = call.attributes.integer("allowzero", 0, 0, 1) == 0;
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const auto shape, call.extents(1, "shape"));
  if (shape.size() > kMaxOnnxRank)
    return fail(ErrorCode::kModel, "reshapes to {} dimensions", shape.size());
  return regrouped(call, [&](const OnnxView& view) { return view.reshape(shape, zero_keeps); });
}

Result<std::vector<OnnxValue>> build_transpose(const OnnxCall& call) {
  const auto order = call.attributes.integers("perm", {}, -1, 0, kMaxOnnxRank - 1);
  FOVEA_TRY(call.attributes.done());
  return regrouped(call, [&](const OnnxView& view) { return view.transpose(order); });
}

Result<std::vector<OnnxValue>> build_unsqueeze(const OnnxCall& call) {
  FOVEA_ASSIGN_OR_RETURN(const auto axes, read_axes(call, 13));
  FOVEA_TRY(call.attributes.done());
  return regrouped(call, [&](OnnxView view) -> Result<OnnxView> {
    if (!axes || view.rank() + axes->size() > kMaxOnnxRank)
      return fail(ErrorCode::kModel, "has no axes, or too many");
    FOVEA_ASSIGN_OR_RETURN(const auto sorted, sorted_axes(*axes, view.rank() + axes->size()));
    for (const size_t at : sorted) {
      FOVEA_ASSIGN_OR_RETURN(view, view.unsqueeze(at));
    }
    return view;
  });
}

Result<std::vector<OnnxValue>> build_squeeze(const OnnxCall& call) {
  FOVEA_ASSIGN_OR_RETURN(const auto axes, read_axes(call, 13));
  FOVEA_TRY(call.attributes.done());
  return regrouped(call, [&](OnnxView view) -> Result<OnnxView> {
    if (!axes) return fail(ErrorCode::kModel, "squeezes a map without naming its axes");
    FOVEA_ASSIGN_OR_RETURN(const auto sorted, sorted_axes(*axes, view.rank()));
    for (size_t i = sorted.size(); i-- > 0;) {
      FOVEA_ASSIGN_OR_RETURN(view, view.squeeze(sorted[i]));
    }
    return view;
  });
}

Result<std::vector<OnnxValue>> build_expand(const OnnxCall& call) {
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const auto shape, call.extents(1, "shape"));
  if (shape.size() > kMaxOnnxRank)
    return fail(ErrorCode::kModel, "expands to {} dimensions", shape.size());
  return regrouped(call, [&](const OnnxView& view) { return view.expand(shape); });
}

Result<std::vector<OnnxValue>> build_split(const OnnxCall& call) {
  constexpr int64_t kMaxParts = 1024;
  const int64_t axis = call.attributes.integer("axis", 0, -4, 3);
  std::vector<int64_t> counts;
  if (call.build.opset < 13) {
    counts = call.attributes.integers("split", {}, -1, 1, 1 << 16);
  } else if (call.has(1)) {
    FOVEA_ASSIGN_OR_RETURN(counts, call.integers(1, "split"));
  }
  const auto outputs = static_cast<int64_t>(call.node.outputs.size());
  const int64_t parts = call.attributes.integer("num_outputs", outputs, 1, kMaxParts);
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const ValueId x, call.value(0));
  FOVEA_ASSIGN_OR_RETURN(const size_t at, onnx_axis(axis, 4));
  const int64_t channels = call.channels(x);
  if (at != kChannelAxis)
    return fail(ErrorCode::kModel, "splits axis {}, only channels are supported", axis);
  if (counts.empty()) {
    if (parts != outputs || channels % parts != 0)
      return fail(ErrorCode::kModel, "splits {} channels into {} parts", channels, parts);
    counts.assign(static_cast<size_t>(parts), channels / parts);
  }
  if (std::cmp_not_equal(counts.size(), outputs))
    return fail(ErrorCode::kModel, "splits into {} parts for {} outputs", counts.size(), outputs);
  std::vector<OnnxValue> made;
  int64_t begin = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < 1 || counts[i] > channels - begin)
      return fail(ErrorCode::kModel, "splits {} channels into {}", channels, shape_string(counts));
    FOVEA_ASSIGN_OR_RETURN(const ValueId part,
                           call.add(Slice{begin, counts[i]}, {x}, fmt::format(".{}", i)));
    made.emplace_back(call.build.map_of(part));
    begin += counts[i];
  }
  if (begin != channels)
    return fail(ErrorCode::kModel, "splits {} channels into {}", channels, shape_string(counts));
  return made;
}

Result<std::vector<OnnxValue>> build_concat(const OnnxCall& call) {
  const int64_t axis = call.attributes.integer("axis", 1, -4, 3);
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const size_t at, onnx_axis(axis, 4));
  if (at != kChannelAxis)
    return fail(ErrorCode::kModel, "joins maps along axis {}, only channels are supported", axis);
  std::vector<ValueId> values;
  for (size_t i = 0; i < call.count(); ++i) {
    FOVEA_ASSIGN_OR_RETURN(values.emplace_back(), call.value(i));
  }
  if (values.size() == 1) return call.result(values[0]);
  return one(call.added(Concat{}, std::move(values)));
}

Result<std::vector<OnnxValue>> build_depth_to_space(const OnnxCall& call) {
  const int64_t factor = call.attributes.integer("blocksize", 0, 1, kMaxFactor);
  const std::string_view mode = call.attributes.text("mode", "DCR");
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(ValueId x, call.value(0));
  if (mode != "CRD" && mode != "DCR")
    return fail(ErrorCode::kModel, "has the mode {}", shown(mode));
  const int64_t area = factor * factor;
  if (call.channels(x) % area != 0)
    return fail(ErrorCode::kModel, "{} channels are no multiple of {}^2", call.channels(x), factor);
  if (factor == 1) return call.result(x);
  if (mode == "DCR") {
    const int64_t outer = call.channels(x) / area;
    std::vector<int64_t> sources;
    for (int64_t c = 0; c < outer; ++c) {
      for (int64_t phase = 0; phase < area; ++phase) sources.push_back(phase * outer + c);
    }
    FOVEA_ASSIGN_OR_RETURN(x, call.pick_channels(x, sources));
  }
  return one(call.added(PixelShuffle{factor}, {x}));
}

Result<std::vector<OnnxValue>> build_space_to_depth(const OnnxCall& call) {
  const int64_t factor = call.attributes.integer("blocksize", 0, 1, kMaxFactor);
  const std::string_view mode = call.attributes.text("mode", "DCR");
  FOVEA_TRY(call.attributes.done());
  if (mode != "CRD" && mode != "DCR")
    return fail(ErrorCode::kModel, "has the mode {}", shown(mode));
  FOVEA_ASSIGN_OR_RETURN(ValueId x, call.value(0));
  if (factor == 1) return call.result(x);
  const int64_t inner = call.channels(x), area = factor * factor;
  FOVEA_ASSIGN_OR_RETURN(x, call.add(PixelUnshuffle{factor}, {x}));
  if (mode == "DCR") {
    std::vector<int64_t> sources;
    for (int64_t phase = 0; phase < area; ++phase) {
      for (int64_t c = 0; c < inner; ++c) sources.push_back(c * area + phase);
    }
    FOVEA_ASSIGN_OR_RETURN(x, call.pick_channels(x, sources));
  }
  return call.result(x);
}

constexpr std::array<OnnxOperator, 11> kOperators{{
    {"Identity", 1, 1, fold_identity, build_identity},
    {"Cast", 1, 1, fold_cast, build_cast},
    {"Reshape", 2, 2, fold_reshape, build_reshape},
    {"Transpose", 1, 1, fold_transpose, build_transpose},
    {"Unsqueeze", 1, 2, fold_unsqueeze, build_unsqueeze},
    {"Squeeze", 1, 2, fold_squeeze, build_squeeze},
    {"Expand", 2, 2, fold_expand, build_expand},
    {"Split", 1, 2, nullptr, build_split},
    {"Concat", 1, 1024, fold_concat, build_concat},
    {"DepthToSpace", 1, 1, nullptr, build_depth_to_space},
    {"SpaceToDepth", 1, 1, nullptr, build_space_to_depth},
}};

}  // namespace

std::span<const OnnxOperator> onnx_shape_operators() { return kOperators; }

}  // namespace fovea
