// Convolutions that are one: those that a graph pads once, before the first, and does not pad again
// (SPAN's branches as they are trained).
#pragma once

#include "loaders/formats/onnx/onnx_operators.h"
#include "loaders/rewriting/collapsed_convolution.h"

namespace fovea {

/// A convolution node with values of its own; named after the node.
Result<ValueId> add_collapsed(const OnnxCall& call, ValueId x, const CollapsedConvolution& made);

/// What a convolution that pads `margin` pixels less than "same" makes of what it makes when
/// padded: further within than its kernel reaches, values are the same.
Result<std::vector<OnnxValue>> without_margin(const OnnxCall& call, Result<ValueId> y,
                                              int64_t margin);

/// Whether a kernel stays within what is left of the map's border, which is the same on all sides.
bool fits_behind(const OnnxMap& map, int64_t kernel);

/// `convolution`, stride 1 and not padded itself, behind what `map` is: its border, or its border
/// and convolutions that still wait. What is left waits for the next. kModel where they cannot be
/// taken together.
Result<OnnxMap> taken_behind(const OnnxCall& call, const OnnxMap& map,
                             CollapsedConvolution convolution);

/// The value of a map with convolutions that wait: of the map itself where they use up its border,
/// else of the padded one. kModel where that is not the same on all sides.
Result<ValueId> add_waiting(const OnnxCall& call, const OnnxMap& map);

/// The sum of a map whose convolutions wait and of `other`, where a convolution of the same value
/// makes that: one convolution. No value where it is not so.
Result<std::optional<ValueId>> add_beside(const OnnxCall& call, const OnnxMap& map, ValueId other);

}  // namespace fovea
