// BinaryOp, of two blobs or of a blob and a number, and Eltwise.
#include <array>
#include <cfloat>
#include <cmath>
#include <utility>

#include "loaders/formats/ncnn_layers.h"

namespace fovea {
namespace {

// ncnn's numbers of operations.
enum BinaryOperation : int64_t {
  kAdd = 0,
  kSubtract = 1,
  kMultiply = 2,
  kDivide = 3,
  kMaximum = 4,
  kMinimum = 5,
  kReverseSubtract = 7,
  kLastOperation = 18
};

enum EltwiseOperation : int64_t { kProduct = 0, kSum = 1, kEltwiseMaximum = 2 };

tl::unexpected<Error> unsupported(int64_t operation, std::string_view of) {
  return fail(ErrorCode::kModel, "operation {} of {} is not supported", operation, of);
}

// A few bytes of text must not ask for much memory: limits the elements of all tensors that are
// made from single numbers.
constexpr int64_t kMaxConstants = 1 << 22;

// A tensor of `count` times `value`.
Result<ParameterId> add_constant(NcnnBuild& build, std::string name, int64_t count, float value) {
  build.constants += count;
  if (build.constants > kMaxConstants)
    return fail(ErrorCode::kModel, "the network's constants pass {} elements", kMaxConstants);
  const std::vector<float> values(static_cast<size_t>(count), value);
  return build.graph.add_parameter(make_weight(std::move(name), {count}, values));
}

// factor * x + offset, for every channel alike.
Result<ValueId> add_line(const NcnnCall& call, float factor, float offset) {
  // A sum of one term: no tensor is needed for a factor alone.
  if (offset == 0.0f) return call.add(Add{{factor}}, call.inputs);
  const std::string name(call.layer.name);
  Affine op;
  FOVEA_ASSIGN_OR_RETURN(op.bias,
                         add_constant(call.build, name + ".offset", call.channels(), offset));
  if (factor != 1.0f) {
    FOVEA_ASSIGN_OR_RETURN(op.weight,
                           add_constant(call.build, name + ".factor", call.channels(), factor));
  }
  return call.add(op, call.inputs);
}

Result<ValueId> build_with_number(const NcnnCall& call, int64_t operation, float number) {
  switch (operation) {
    case kAdd:
      return add_line(call, 1.0f, number);
    case kSubtract:
      return add_line(call, 1.0f, -number);
    case kMultiply:
      return add_line(call, number, 0.0f);
    case kDivide:
      if (!std::isfinite(1.0f / number))
        return fail(ErrorCode::kModel, "parameter 2 (number) is {}: a division by it overflows",
                    number);
      return add_line(call, 1.0f / number, 0.0f);
    case kMaximum:
      return call.add(Clamp{number, FLT_MAX}, call.inputs);
    case kMinimum:
      return call.add(Clamp{-FLT_MAX, number}, call.inputs);
    case kReverseSubtract:
      return add_line(call, -1.0f, number);
    default:
      return unsupported(operation, "a blob and a number");
  }
}

Result<ValueId> build_of_two(const NcnnCall& call, int64_t operation) {
  switch (operation) {
    case kAdd:
      return call.add(Add{{1.0f, 1.0f}}, call.inputs);
    case kSubtract:
      return call.add(Add{{1.0f, -1.0f}}, call.inputs);
    case kMultiply:
      return call.add(Multiply{}, call.inputs);
    case kReverseSubtract:
      return call.add(Add{{-1.0f, 1.0f}}, call.inputs);
    default:
      return unsupported(operation, "two blobs");
  }
}

Result<ValueId> build_binary_op(const NcnnCall& call) {
  const int64_t operation = call.attributes.whole(0, 0, 0, kLastOperation, "operation");
  const bool with_number = call.attributes.whole(1, 0, 0, 1, "with a number") == 1;
  const float number = call.attributes.number(2, 0.0f, "number");
  FOVEA_TRY(call.attributes.done());
  const size_t need = with_number ? 1 : 2;
  if (call.inputs.size() != need)
    return fail(ErrorCode::kModel, "has {} inputs, expected {}", call.inputs.size(), need);
  return with_number ? build_with_number(call, operation, number) : build_of_two(call, operation);
}

Result<ValueId> build_product(const NcnnCall& call) {
  ValueId product = call.inputs[0];
  for (size_t i = 1; i < call.inputs.size(); ++i) {
    const std::string suffix = i + 1 < call.inputs.size() ? fmt::format("_{}", i) : "";
    FOVEA_ASSIGN_OR_RETURN(product, call.add(Multiply{}, {product, call.inputs[i]}, suffix));
  }
  return product;
}

Result<ValueId> build_eltwise(const NcnnCall& call) {
  const int64_t operation = call.attributes.whole(0, 0, kProduct, kEltwiseMaximum, "operation");
  std::vector<float> factors = call.attributes.numbers(1, "coefficients");
  FOVEA_TRY(call.attributes.done());
  if (!factors.empty() && operation != kSum)
    return fail(ErrorCode::kModel, "parameter 1 (coefficients) is for sums only");
  if (operation == kProduct) return build_product(call);
  if (operation != kSum) return unsupported(operation, "blobs (maximum)");
  if (factors.empty()) factors.assign(call.inputs.size(), 1.0f);
  if (factors.size() != call.inputs.size())
    return fail(ErrorCode::kModel, "parameter 1 has {} coefficients for {} inputs", factors.size(),
                call.inputs.size());
  return call.add(Add{std::move(factors)}, call.inputs);
}

constexpr std::array<NcnnLayerKind, 2> kLayers{{
    {"BinaryOp", 1, 2, 1, build_binary_op},
    {"Eltwise", 2, 64, 1, build_eltwise},
}};

}  // namespace

std::span<const NcnnLayerKind> ncnn_arithmetic_layers() { return kLayers; }

}  // namespace fovea
