// Folds of the operators that regroup, cut or join tensors.
#include <algorithm>

#include "loaders/formats/checked_arithmetic.h"
#include "loaders/formats/onnx/onnx_folding.h"
#include "loaders/formats/onnx/onnx_tensor_message.h"

namespace fovea {
namespace {

Result<std::vector<OnnxValue>> constant(Result<OnnxConstant> made) {
  if (!made) return tl::unexpected(std::move(made.error()));
  return std::vector<OnnxValue>{OnnxValue(std::move(*made))};
}

// Of an axis of `length`, from which index to which a slice goes: as NumPy clamps.
struct Range {
  int64_t begin = 0;
  int64_t count = 0;
};

Range clamped(int64_t start, int64_t end, int64_t step, int64_t length) {
  const auto from_end = [&](int64_t at) { return at < 0 ? at + length : at; };
  // Backwards, the index before the first is an end too.
  const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? length : length - 1;
  const int64_t begin = std::clamp(from_end(start), step > 0 ? low : 0, high);
  const int64_t stop = std::clamp(from_end(end), low, high);
  if (length == 0 || (step > 0 ? stop <= begin : stop >= begin)) return {};
  return {begin, step > 0 ? (stop - begin - 1) / step + 1 : (begin - stop - 1) / -step + 1};
}

}  // namespace

Result<std::vector<OnnxValue>> fold_identity(const OnnxCall& call) {
  FOVEA_TRY(call.attributes.done());
  return std::vector<OnnxValue>{OnnxValue(*call.constant(0))};
}

Result<DType> cast_type(const OnnxCall& call) {
  const int64_t type = call.attributes.integer("to", 0, 0, 64);
  call.attributes.ignore("saturate");  // of float8
  FOVEA_TRY(call.attributes.done());
  const std::optional<DType> dtype = onnx_dtype(type);
  if (!dtype || *dtype == DType::kU8 || *dtype == DType::kBool)
    return fail(ErrorCode::kModel, "casts to {}, which is not supported", onnx_type_name(type));
  return *dtype;
}

Result<std::vector<OnnxValue>> fold_cast(const OnnxCall& call) {
  FOVEA_ASSIGN_OR_RETURN(const DType to, cast_type(call));
  const OnnxConstant& from = *call.constant(0);
  FOVEA_TRY(call.build.make_room(from.count()));
  if (is_floating_point(to) && !from.is_symbolic()) {
    FOVEA_ASSIGN_OR_RETURN(const std::vector<double> values, to_reals(from));
    return constant(make_onnx_reals(to, from.shape(), values));
  }
  FOVEA_ASSIGN_OR_RETURN(std::vector<Extent> values, to_extents(from));
  if (!is_floating_point(to)) {
    for (Extent& value : values) {
      // Towards zero; of what depends on the picture nothing is cut off, as its sides are
      // multiples.
      if (value.is_constant() && value.denominator() != 1)
        value = Extent(value.numerator() / value.denominator());
      call.build.note(value);
    }
  }
  return constant(make_onnx_constant(to, from.shape(), std::move(values)));
}

Result<std::vector<OnnxValue>> fold_concat(const OnnxCall& call) {
  std::vector<const OnnxConstant*> parts;
  for (size_t i = 0; i < call.count(); ++i) {
    FOVEA_ASSIGN_OR_RETURN(const OnnxConstant* part, call.need_constant(i, "a part"));
    parts.push_back(part);
  }
  constexpr int64_t kRank = kMaxOnnxRank;
  const int64_t axis = call.attributes.integer("axis", 1, -kRank, kRank - 1);
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const size_t at, onnx_axis(axis, parts[0]->shape().size()));
  return constant(concatenated(parts, at, call.build));
}

Result<std::vector<OnnxValue>> fold_expand(const OnnxCall& call) {
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const auto wanted, call.integers(1, "shape"));
  const OnnxConstant& from = *call.constant(0);
  for (const int64_t length : wanted) {
    if (length < 0) return fail(ErrorCode::kModel, "expands to {}", shape_string(wanted));
  }
  if (wanted.size() > kMaxOnnxRank)
    return fail(ErrorCode::kModel, "expands to {} dimensions", wanted.size());
  FOVEA_ASSIGN_OR_RETURN(auto shape, broadcast_shape(from.shape(), wanted));
  FOVEA_ASSIGN_OR_RETURN(
      const auto sources,
      strided_sources(shape, 0, broadcast_steps(from.shape(), shape), call.build));
  return constant(picked(from, std::move(shape), sources, call.build));
}

Result<std::vector<OnnxValue>> fold_reshape(const OnnxCall& call) {
  const bool zero_keeps = call.attributes.integer("allowzero", 0, 0, 1) == 0;
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(std::vector<int64_t> wanted, call.integers(1, "shape"));
  const OnnxConstant& from = *call.constant(0);
  if (wanted.size() > kMaxOnnxRank)
    return fail(ErrorCode::kModel, "reshapes to {} dimensions", wanted.size());
  int64_t known = 1;
  std::optional<size_t> inferred;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == 0 && zero_keeps && i < from.shape().size()) wanted[i] = from.shape()[i];
    if (wanted[i] == -1 && !inferred) {
      inferred = i;
      continue;
    }
    const auto product = checked_multiply(known, wanted[i]);
    if (wanted[i] < 0 || !product)
      return fail(ErrorCode::kModel, "reshapes {} to {}", shape_string(from.shape()),
                  shape_string(wanted));
    known = *product;
  }
  if (inferred) wanted[*inferred] = known == 0 ? 0 : from.count() / known;
  if (checked_element_count(wanted) != from.count())
    return fail(ErrorCode::kModel, "reshapes {} to {}: their elements differ",
                shape_string(from.shape()), shape_string(wanted));
  return constant(reshaped(from, std::move(wanted)));
}

Result<std::vector<OnnxValue>> fold_slice(const OnnxCall& call) {
  const OnnxConstant& from = *call.constant(0);
  FOVEA_ASSIGN_OR_RETURN(const OnnxSlice slice, read_slice(call, from.shape().size()));
  std::vector<int64_t> shape = from.shape();
  std::vector<int64_t> steps = row_major_steps(shape);
  int64_t start = 0;
  for (size_t i = 0; i < slice.axes.size(); ++i) {
    FOVEA_ASSIGN_OR_RETURN(const size_t axis, onnx_axis(slice.axes[i], shape.size()));
    const auto first = slice.starts[i].number(), last = slice.ends[i].number();
    constexpr int64_t kMaxStep = 1 << 20;
    if (!first || !last || slice.steps[i] == 0 || std::abs(slice.steps[i]) > kMaxStep)
      return fail(ErrorCode::kModel, "slices a constant by what is not understood");
    const Range range = clamped(*first, *last, slice.steps[i], shape[axis]);
    start += range.begin * steps[axis];
    shape[axis] = range.count;
    steps[axis] *= slice.steps[i];
  }
  FOVEA_ASSIGN_OR_RETURN(const auto sources, strided_sources(shape, start, steps, call.build));
  return constant(picked(from, std::move(shape), sources, call.build));
}

Result<std::vector<OnnxValue>> fold_squeeze(const OnnxCall& call) {
  FOVEA_ASSIGN_OR_RETURN(const auto axes, read_axes(call, 13));
  FOVEA_TRY(call.attributes.done());
  const OnnxConstant& from = *call.constant(0);
  std::vector<int64_t> shape = from.shape();
  if (!axes) {
    std::erase(shape, 1);
    return constant(reshaped(from, std::move(shape)));
  }
  FOVEA_ASSIGN_OR_RETURN(const auto sorted, sorted_axes(*axes, shape.size()));
  for (size_t i = sorted.size(); i-- > 0;) {
    if (shape[sorted[i]] != 1)
      return fail(ErrorCode::kModel, "squeezes axis {} of {}", sorted[i],
                  shape_string(from.shape()));
    shape.erase(shape.begin() + static_cast<ptrdiff_t>(sorted[i]));
  }
  return constant(reshaped(from, std::move(shape)));
}

Result<std::vector<OnnxValue>> fold_unsqueeze(const OnnxCall& call) {
  FOVEA_ASSIGN_OR_RETURN(const auto axes, read_axes(call, 13));
  FOVEA_TRY(call.attributes.done());
  if (!axes) return fail(ErrorCode::kModel, "has no axes");
  const OnnxConstant& from = *call.constant(0);
  std::vector<int64_t> shape = from.shape();
  if (shape.size() + axes->size() > kMaxOnnxRank)
    return fail(ErrorCode::kModel, "makes {} dimensions", shape.size() + axes->size());
  FOVEA_ASSIGN_OR_RETURN(const auto sorted, sorted_axes(*axes, shape.size() + axes->size()));
  for (const size_t at : sorted) shape.insert(shape.begin() + static_cast<ptrdiff_t>(at), 1);
  return constant(reshaped(from, std::move(shape)));
}

Result<std::vector<OnnxValue>> fold_transpose(const OnnxCall& call) {
  const OnnxConstant& from = *call.constant(0);
  std::vector<int64_t> order;
  for (size_t i = from.shape().size(); i-- > 0;) order.push_back(static_cast<int64_t>(i));
  order = call.attributes.integers("perm", order, static_cast<int64_t>(order.size()), 0,
                                   kMaxOnnxRank - 1);
  FOVEA_TRY(call.attributes.done());
  FOVEA_TRY(sorted_axes(order, from.shape().size()));
  const std::vector<int64_t> own = row_major_steps(from.shape());
  std::vector<int64_t> shape, steps;
  for (const int64_t axis : order) {
    shape.push_back(from.shape()[static_cast<size_t>(axis)]);
    steps.push_back(own[static_cast<size_t>(axis)]);
  }
  FOVEA_ASSIGN_OR_RETURN(const auto sources, strided_sources(shape, 0, steps, call.build));
  return constant(picked(from, std::move(shape), sources, call.build));
}

}  // namespace fovea
