// Folds of operators of two tensors, elementwise.
#include "loaders/formats/onnx/onnx_folding.h"

namespace fovea {
namespace {

enum class Binary { kAdd, kSubtract, kMultiply, kDivide, kMaximum, kMinimum };

double apply(Binary op, double a, double b) {
  switch (op) {
    case Binary::kAdd:
      return a + b;
    case Binary::kSubtract:
      return a - b;
    case Binary::kMultiply:
      return a * b;
    case Binary::kDivide:
      return a / b;
    case Binary::kMaximum:
      return a < b ? b : a;
    case Binary::kMinimum:
      return b < a ? b : a;
  }
  return 0;
}

Extent apply(Binary op, const Extent& a, const Extent& b, bool whole) {
  switch (op) {
    case Binary::kAdd:
      return a + b;
    case Binary::kSubtract:
      return a - b;
    case Binary::kMultiply:
      return a * b;
    case Binary::kDivide: {
      const Extent ratio = a / b;
      // Of integers, towards zero.
      if (whole && ratio.is_constant()) return ratio.numerator() / ratio.denominator();
      return ratio;
    }
    case Binary::kMaximum:
    case Binary::kMinimum: {
      const auto left = a.number(), right = b.number();
      if (!left || !right) return a == b ? a : Extent::unknown();
      return (*left < *right) == (op == Binary::kMaximum) ? b : a;
    }
  }
  return Extent::unknown();
}

template <Binary op>
Result<std::vector<OnnxValue>> fold_binary(const OnnxCall& call) {
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const OnnxConstant* a, call.need_constant(0, "left"));
  FOVEA_ASSIGN_OR_RETURN(const OnnxConstant* b, call.need_constant(1, "right"));
  const DType dtype = a->tensor.dtype;
  if (dtype != b->tensor.dtype)
    return fail(ErrorCode::kModel, "mixes {} and {}", to_string(dtype), to_string(b->tensor.dtype));
  FOVEA_ASSIGN_OR_RETURN(auto shape, broadcast_shape(a->shape(), b->shape()));
  FOVEA_ASSIGN_OR_RETURN(const auto left,
                         strided_sources(shape, 0, broadcast_steps(a->shape(), shape), call.build));
  FOVEA_ASSIGN_OR_RETURN(const auto right,
                         strided_sources(shape, 0, broadcast_steps(b->shape(), shape), call.build));
  if (is_floating_point(dtype) && !a->is_symbolic() && !b->is_symbolic()) {
    FOVEA_ASSIGN_OR_RETURN(const std::vector<double> x, to_reals(*a));
    FOVEA_ASSIGN_OR_RETURN(const std::vector<double> y, to_reals(*b));
    std::vector<double> values(left.size());
    // In f64 and then rounded: the same as in the tensors' own type.
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = apply(op, x[static_cast<size_t>(left[i])], y[static_cast<size_t>(right[i])]);
    return std::vector<OnnxValue>{OnnxValue(make_onnx_reals(dtype, std::move(shape), values))};
  }
  FOVEA_ASSIGN_OR_RETURN(const std::vector<Extent> x, to_extents(*a));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<Extent> y, to_extents(*b));
  std::vector<Extent> values(left.size());
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = apply(op, x[static_cast<size_t>(left[i])], y[static_cast<size_t>(right[i])],
                      !is_floating_point(dtype));
    if (!is_floating_point(dtype)) call.build.note(values[i]);
  }
  return std::vector<OnnxValue>{
      OnnxValue(make_onnx_constant(dtype, std::move(shape), std::move(values)))};
}

}  // namespace

Result<std::vector<OnnxValue>> fold_add(const OnnxCall& call) {
  return fold_binary<Binary::kAdd>(call);
}

Result<std::vector<OnnxValue>> fold_subtract(const OnnxCall& call) {
  return fold_binary<Binary::kSubtract>(call);
}

Result<std::vector<OnnxValue>> fold_multiply(const OnnxCall& call) {
  return fold_binary<Binary::kMultiply>(call);
}

Result<std::vector<OnnxValue>> fold_divide(const OnnxCall& call) {
  return fold_binary<Binary::kDivide>(call);
}

Result<std::vector<OnnxValue>> fold_maximum(const OnnxCall& call) {
  return fold_binary<Binary::kMaximum>(call);
}

Result<std::vector<OnnxValue>> fold_minimum(const OnnxCall& call) {
  return fold_binary<Binary::kMinimum>(call);
}

}  // namespace fovea
