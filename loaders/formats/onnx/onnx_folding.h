// Tensors that do not depend on the picture, rearranged without changing an element.
#pragma once

#include <cstdint>
#include <vector>

#include "loaders/formats/onnx/onnx_operators.h"

namespace fovea {

/// The elements of `from` whose indices are `sources`, as a tensor of `shape`.
Result<OnnxConstant> picked(const OnnxConstant& from, std::vector<int64_t> shape,
                            const std::vector<int64_t>& sources, OnnxBuild& build);

/// The same elements in another shape of as many.
OnnxConstant reshaped(OnnxConstant from, std::vector<int64_t> shape);

/// The elements of `parts`, one after the other along `axis`.
Result<OnnxConstant> concatenated(const std::vector<const OnnxConstant*>& parts, size_t axis,
                                  OnnxBuild& build);

/// For each dimension of a result, how far one step along it goes in `shape`: 0 where it is
/// broadcast from a length of 1.
std::vector<int64_t> broadcast_steps(const std::vector<int64_t>& shape,
                                     const std::vector<int64_t>& result);

/// The shape that two shapes broadcast to. kModel where they do not.
Result<std::vector<int64_t>> broadcast_shape(const std::vector<int64_t>& a,
                                             const std::vector<int64_t>& b);

/// start + sum of index[d] * steps[d] over all indices of `shape`, in their order. kModel where
/// they are more than constants may be.
Result<std::vector<int64_t>> strided_sources(const std::vector<int64_t>& shape, int64_t start,
                                             const std::vector<int64_t>& steps, OnnxBuild& build);

/// The row-major steps of a tensor of `shape`.
std::vector<int64_t> row_major_steps(const std::vector<int64_t>& shape);

/// Folds of the operators that onnx_shape.cpp has for maps.
Result<std::vector<OnnxValue>> fold_cast(const OnnxCall& call);
Result<std::vector<OnnxValue>> fold_concat(const OnnxCall& call);
Result<std::vector<OnnxValue>> fold_expand(const OnnxCall& call);
Result<std::vector<OnnxValue>> fold_identity(const OnnxCall& call);
Result<std::vector<OnnxValue>> fold_reshape(const OnnxCall& call);
Result<std::vector<OnnxValue>> fold_slice(const OnnxCall& call);
Result<std::vector<OnnxValue>> fold_squeeze(const OnnxCall& call);
Result<std::vector<OnnxValue>> fold_transpose(const OnnxCall& call);
Result<std::vector<OnnxValue>> fold_unsqueeze(const OnnxCall& call);

/// Folds of the operators that onnx_arithmetic.cpp has for maps.
Result<std::vector<OnnxValue>> fold_add(const OnnxCall& call);
Result<std::vector<OnnxValue>> fold_subtract(const OnnxCall& call);
Result<std::vector<OnnxValue>> fold_multiply(const OnnxCall& call);
Result<std::vector<OnnxValue>> fold_divide(const OnnxCall& call);
Result<std::vector<OnnxValue>> fold_maximum(const OnnxCall& call);
Result<std::vector<OnnxValue>> fold_minimum(const OnnxCall& call);

/// What both folds and maps read of a node's attributes and inputs.
struct OnnxSlice {
  std::vector<int64_t> axes;
  std::vector<Extent> starts;
  std::vector<Extent> ends;
  std::vector<int64_t> steps;
};
Result<OnnxSlice> read_slice(const OnnxCall& call, size_t rank);

/// The axes of Squeeze, Unsqueeze and reductions: an attribute before opset `since`, then input 1.
/// No value where there are none.
Result<std::optional<std::vector<int64_t>>> read_axes(const OnnxCall& call, int64_t since);

/// `axes` of `rank` dimensions, each once, in rising order.
Result<std::vector<size_t>> sorted_axes(const std::vector<int64_t>& axes, size_t rank);

/// Whether Cast's attribute `to` is a type of real numbers. kModel for types that are not known.
Result<DType> cast_type(const OnnxCall& call);

}  // namespace fovea
