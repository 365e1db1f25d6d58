// Operators whose results are numbers: constants, shapes, and functions of them.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "loaders/formats/checked_arithmetic.h"
#include "loaders/formats/onnx/onnx_folding.h"
#include "loaders/formats/onnx/onnx_operators.h"
#include "loaders/formats/onnx/onnx_tensor_message.h"

namespace fovea {
namespace {

Result<std::vector<OnnxValue>> constant(OnnxConstant made) {
  return std::vector<OnnxValue>{OnnxValue(std::move(made))};
}

Result<std::vector<OnnxValue>> fold_constant(const OnnxCall& call) {
  OnnxAttributes& read = call.attributes;
  if (call.node.attributes.size() != 1)
    return fail(ErrorCode::kModel, "has {} attributes, expected its value alone",
                call.node.attributes.size());
  const std::string_view name = call.node.attributes[0].name;
  OnnxConstant made;
  if (name == "value") {
    const OnnxTensor* tensor = read.tensor("value");
    FOVEA_TRY(read.done());
    FOVEA_ASSIGN_OR_RETURN(made.tensor, to_weight(*tensor, call.build.data));
  } else if (name == "value_int") {
    made =
        make_onnx_constant(DType::kI64, {}, {read.integer("value_int", 0, INT64_MIN, INT64_MAX)});
  } else if (name == "value_float") {
    made = make_onnx_reals(DType::kF32, {}, {double{read.real("value_float", 0)}});
  } else if (name == "value_ints") {
    const auto values = read.integers("value_ints", {}, -1, INT64_MIN, INT64_MAX);
    made = make_onnx_constant(DType::kI64, {static_cast<int64_t>(values.size())},
                              {values.begin(), values.end()});
  } else if (name == "value_floats") {
    const std::vector<float> values = read.reals("value_floats");
    made = make_onnx_reals(DType::kF32, {static_cast<int64_t>(values.size())},
                           {values.begin(), values.end()});
  }
  FOVEA_TRY(read.done());
  return constant(std::move(made));
}

Result<std::vector<OnnxValue>> fold_constant_of_shape(const OnnxCall& call) {
  const OnnxTensor* tensor = call.attributes.tensor("value");
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(std::vector<int64_t> shape, call.integers(0, "shape"));
  OnnxConstant value = make_onnx_reals(DType::kF32, {1}, {0.0});
  if (tensor != nullptr) {
    FOVEA_ASSIGN_OR_RETURN(value.tensor, to_weight(*tensor, call.build.data));
  }
  if (value.count() != 1 || shape.size() > kMaxOnnxRank ||
      std::any_of(shape.begin(), shape.end(), [](int64_t n) { return n < 0; }))
    return fail(ErrorCode::kModel, "makes the shape {} of {} values", shape_string(shape),
                value.count());
  FOVEA_ASSIGN_OR_RETURN(
      const auto sources,
      strided_sources(shape, 0, std::vector<int64_t>(shape.size(), 0), call.build));
  FOVEA_ASSIGN_OR_RETURN(OnnxConstant made, picked(value, std::move(shape), sources, call.build));
  return constant(std::move(made));
}

Result<std::vector<OnnxValue>> build_shape(const OnnxCall& call) {
  std::vector<Extent> shape;
  if (const OnnxMap* map = call.map(0)) {
    if (map->waiting) FOVEA_TRY(call.value(0));
    shape = map->view.shape();
    const ZeroBorder& border = map->border;
    if (!(border == ZeroBorder{})) {
      shape[2] = shape[2] + Extent(border.top + border.bottom);
      shape[3] = shape[3] + Extent(border.left + border.right);
    }
  } else {
    FOVEA_ASSIGN_OR_RETURN(const OnnxConstant* from, call.need_constant(0, "data"));
    shape.assign(from->shape().begin(), from->shape().end());
  }
  const auto rank = static_cast<int64_t>(shape.size());
  const auto at = [&](std::string_view name, int64_t fallback) {
    const int64_t index = call.attributes.integer(name, fallback, -64, 64);
    return std::clamp<int64_t>(index < 0 ? index + rank : index, 0, rank);
  };
  const int64_t start = at("start", 0), end = std::max(at("end", rank), start);
  FOVEA_TRY(call.attributes.done());
  return constant(
      make_onnx_constant(DType::kI64, {end - start}, {shape.begin() + start, shape.begin() + end}));
}

Result<std::vector<OnnxValue>> fold_gather(const OnnxCall& call) {
  constexpr int64_t kRank = kMaxOnnxRank;
  const int64_t axis = call.attributes.integer("axis", 0, -kRank, kRank - 1);
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const OnnxConstant* from, call.need_constant(0, "data"));
  FOVEA_ASSIGN_OR_RETURN(const OnnxConstant* which, call.need_constant(1, "indices"));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<int64_t> indices, to_integers(*which));
  const std::vector<int64_t>& shape = from->shape();
  FOVEA_ASSIGN_OR_RETURN(const size_t at, onnx_axis(axis, shape.size()));
  std::vector<int64_t> made(shape.begin(), shape.begin() + static_cast<ptrdiff_t>(at));
  made.insert(made.end(), which->shape().begin(), which->shape().end());
  made.insert(made.end(), shape.begin() + static_cast<ptrdiff_t>(at) + 1, shape.end());
  const auto count = checked_element_count(made);
  if (!count || made.size() > kMaxOnnxRank)
    return fail(ErrorCode::kModel, "makes the shape {}", shape_string(made));
  FOVEA_TRY(call.build.make_room(*count));
  int64_t outer = 1;
  for (size_t i = 0; i < at; ++i) outer *= shape[i];
  const int64_t inner = *count == 0 ? 0 : row_major_steps(shape)[at];
  std::vector<int64_t> sources;
  for (int64_t o = 0; o<outer&& * count> 0; ++o) {
    for (int64_t index : indices) {
      if (index < 0) index += shape[at];
      if (index < 0 || index >= shape[at])
        return fail(ErrorCode::kModel, "gathers index {} of {}", index, shape[at]);
      for (int64_t i = 0; i < inner; ++i) sources.push_back((o * shape[at] + index) * inner + i);
    }
  }
  FOVEA_ASSIGN_OR_RETURN(OnnxConstant result, picked(*from, std::move(made), sources, call.build));
  return constant(std::move(result));
}

enum class Unary { kFloor, kCeil, kRound, kSqrt, kNeg };

template <Unary op>
Result<std::vector<OnnxValue>> fold_unary(const OnnxCall& call) {
  FOVEA_TRY(call.attributes.done());
  const OnnxConstant& from = *call.constant(0);
  FOVEA_TRY(call.build.make_room(from.count()));
  if (from.is_symbolic() || !is_floating_point(from.tensor.dtype)) {
    FOVEA_ASSIGN_OR_RETURN(std::vector<Extent> values, to_extents(from));
    for (Extent& value : values) {
      if (op == Unary::kNeg) {
        value = Extent(0) - value;
      } else if (op == Unary::kSqrt || (value.is_constant() && value.denominator() != 1)) {
        value = Extent::unknown();
      }
      // What depends on the picture is a whole number: its sides are multiples.
      call.build.note(value);
    }
    return constant(make_onnx_constant(from.tensor.dtype, from.shape(), std::move(values)));
  }
  FOVEA_ASSIGN_OR_RETURN(std::vector<double> values, to_reals(from));
  for (double& value : values) {
    value = op == Unary::kFloor   ? std::floor(value)
            : op == Unary::kCeil  ? std::ceil(value)
            : op == Unary::kRound ? std::nearbyint(value)
            : op == Unary::kSqrt  ? std::sqrt(value)
                                  : -value;
  }
  return constant(make_onnx_reals(from.tensor.dtype, from.shape(), values));
}

Result<std::vector<OnnxValue>> build_neg(const OnnxCall& call) {
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const ValueId x, call.value(0));
  return one(call.added(Add{{-1.0f}}, {x}));
}

constexpr std::array<OnnxOperator, 9> kOperators{{
    {"Constant", 0, 0, fold_constant, nullptr},
    {"ConstantOfShape", 1, 1, fold_constant_of_shape, nullptr},
    {"Shape", 1, 1, build_shape, build_shape},
    {"Gather", 2, 2, fold_gather, nullptr},
    {"Floor", 1, 1, fold_unary<Unary::kFloor>, nullptr},
    {"Ceil", 1, 1, fold_unary<Unary::kCeil>, nullptr},
    {"Round", 1, 1, fold_unary<Unary::kRound>, nullptr},
    {"Neg", 1, 1, fold_unary<Unary::kNeg>, build_neg},
    {"Sqrt", 1, 1, fold_unary<Unary::kSqrt>, nullptr},
}};

}  // namespace

std::span<const OnnxOperator> onnx_constant_operators() { return kOperators; }

}  // namespace fovea
