// Operators of two tensors, elementwise: of numbers, of a map and numbers, and of two maps.
#include <algorithm>
#include <array>
#include <cfloat>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

#include "loaders/formats/onnx/onnx_collapse.h"
#include "loaders/formats/onnx/onnx_folding.h"
#include "loaders/formats/onnx/onnx_operators.h"

namespace fovea {
namespace {

enum class Binary { kAdd, kSubtract, kMultiply, kDivide, kMaximum, kMinimum };

// Numbers for a map: one, or one a channel.
Result<std::vector<float>> channel_numbers(const OnnxConstant& constant) {
  std::vector<int64_t> shape = constant.shape();
  if (constant.count() != 1) {
    // Aligned at the end: [C, 1, 1] or [1, C, 1, 1].
    const size_t rank = shape.size();
    const bool per_channel = (rank == 3 || rank == 4) && shape[rank - 1] == 1 &&
                             shape[rank - 2] == 1 && (rank == 3 || shape[0] == 1);
    if (!per_channel)
      return fail(
          ErrorCode::kModel,
          "joins a map with constants of the shape {}, only one number, or one a channel, is "
          "supported",
          shape_string(shape));
  }
  FOVEA_ASSIGN_OR_RETURN(const std::vector<double> values, to_reals(constant));
  std::vector<float> numbers(values.begin(), values.end());
  return numbers;
}

// weight * x + bias of input `index`, one number each or one a channel.
Result<OnnxValue> affine(const OnnxCall& call, size_t index, std::vector<float> weight,
                         std::vector<float> bias) {
  FOVEA_ASSIGN_OR_RETURN(ValueId x, call.value(index));
  const auto count = static_cast<int64_t>(std::max(weight.size(), bias.size()));
  if (call.channels(x) == 1 && count > 1) {
    FOVEA_ASSIGN_OR_RETURN(
        x, call.pick_channels(x, std::vector<int64_t>(static_cast<size_t>(count), 0)));
  }
  const int64_t channels = call.channels(x);
  if (count != 1 && count != channels)
    return fail(ErrorCode::kModel, "joins {} channels with {} numbers", channels, count);
  Affine op;
  for (auto [values, id, suffix] :
       {std::tuple{&weight, &op.weight, ".weight"}, std::tuple{&bias, &op.bias, ".bias"}}) {
    if (values->empty()) continue;
    if (values->size() == 1) values->assign(static_cast<size_t>(channels), values->front());
    FOVEA_TRY(call.build.make_room(channels));
    FOVEA_ASSIGN_OR_RETURN(*id, call.parameter(suffix, {channels}, *values));
  }
  return call.added(op, {x});
}

// A map times one number: left for an Add behind it, which takes factors.
Result<OnnxValue> scaled(const OnnxCall& call, size_t index, float factor) {
  if (!std::isfinite(factor)) return fail(ErrorCode::kModel, "multiplies by {}", factor);
  if (call.map(index)->unfinished != Unfinished::kNone || call.map(index)->waiting ||
      call.map(index)->factor != 1.0f)
    FOVEA_TRY(call.value_without_border(index));
  OnnxMap map = *call.map(index);
  map.factor = factor;
  map.made_by = call.node.type;
  return OnnxValue(std::move(map));
}

bool is_number(const std::vector<float>& numbers, float value) {
  return numbers.size() == 1 && numbers[0] == value;
}

Result<OnnxValue> build_with_numbers(const OnnxCall& call, Binary op, size_t map_index) {
  const OnnxConstant& constant = *call.constant(1 - map_index);
  FOVEA_ASSIGN_OR_RETURN(std::vector<float> numbers, channel_numbers(constant));
  const OnnxMap& map = *call.map(map_index);
  if (constant.shape().size() > map.view.rank())
    return fail(ErrorCode::kModel, "joins a map of {} dimensions with constants of {}",
                map.view.rank(), constant.shape().size());
  if (map.unfinished == Unfinished::kErf && op == Binary::kAdd && is_number(numbers, 1.0f)) {
    OnnxMap next = map;
    next.unfinished = Unfinished::kOnePlusErf;
    return OnnxValue(std::move(next));
  }
  if (map.unfinished == Unfinished::kTwiceGelu && op == Binary::kMultiply &&
      is_number(numbers, 0.5f))
    return call.added(Activate{{ActivationKind::kGelu}}, {map.id});
  switch (op) {
    case Binary::kAdd:
      return affine(call, map_index, {}, std::move(numbers));
    case Binary::kSubtract:
      if (map_index == 1) return affine(call, map_index, {-1.0f}, std::move(numbers));
      for (float& number : numbers) number = -number;
      return affine(call, map_index, {}, std::move(numbers));
    case Binary::kDivide:
      if (map_index == 1) return fail(ErrorCode::kModel, "divides by a map");
      for (float& number : numbers) number = static_cast<float>(1.0 / double{number});
      [[fallthrough]];
    case Binary::kMultiply:
      if (numbers.size() == 1) return scaled(call, map_index, numbers[0]);
      return affine(call, map_index, std::move(numbers), {});
    case Binary::kMaximum:
    case Binary::kMinimum: {
      if (numbers.size() != 1 || std::isnan(numbers[0]))
        return fail(ErrorCode::kModel, "compares with {} numbers, only one is supported",
                    numbers.size());
      FOVEA_ASSIGN_OR_RETURN(const ValueId x, call.value(map_index));
      const float bound = std::clamp(numbers[0], -FLT_MAX, FLT_MAX);
      return call.added(op == Binary::kMaximum ? Clamp{bound, FLT_MAX} : Clamp{-FLT_MAX, bound},
                        {x});
    }
  }
  return fail(ErrorCode::kModel, "is not supported");
}

// x times a function of the same x that is an activation's other half.
std::optional<Activation> activation_of_product(const OnnxMap& x, const OnnxMap& half) {
  if (x.id != half.id || x.unfinished != Unfinished::kNone || !(x.border == ZeroBorder{}) ||
      !(x.view == half.view))
    return std::nullopt;
  if (half.unfinished == Unfinished::kTanhSoftplus && x.factor == 1.0f)
    return Activation{ActivationKind::kMish};
  if (half.unfinished == Unfinished::kOnePlusErf && x.factor == 0.5f)
    return Activation{ActivationKind::kGelu};
  return std::nullopt;
}

bool is_sigmoid_of(const OnnxCall& call, ValueId maybe, ValueId x) {
  const Node* maker = call.build.maker(maybe);
  const auto* activate = maker != nullptr ? std::get_if<Activate>(&maker->op) : nullptr;
  return activate != nullptr && activate->activation.kind == ActivationKind::kSigmoid &&
         maker->inputs[0] == x;
}

// `id` with as many channels as `other`, of one: as NumPy repeats it.
Result<ValueId> repeated_like(const OnnxCall& call, ValueId id, ValueId other) {
  const int64_t channels = call.channels(other);
  if (call.channels(id) != 1 || channels == 1) return id;
  return call.pick_channels(id, std::vector<int64_t>(static_cast<size_t>(channels), 0));
}

// Whether `a` is one pixel for the whole picture and `b` is not: the engine wants the map first.
bool goes_behind(const OnnxCall& call, ValueId a, ValueId b) {
  const auto is_pixel = [&](ValueId id) {
    return call.build.graph.value(id).scale == kPictureWide;
  };
  return is_pixel(a) && !is_pixel(b);
}

Result<OnnxValue> build_product(const OnnxCall& call) {
  for (const auto& [i, j] : {std::pair{0, 1}, std::pair{1, 0}}) {
    const OnnxMap& x = *call.map(static_cast<size_t>(i));
    const OnnxMap& half = *call.map(static_cast<size_t>(j));
    if (const auto activation = activation_of_product(x, half))
      return call.added(Activate{*activation}, {x.id});
    if (x.id == half.id && half.unfinished == Unfinished::kOnePlusErf && x.factor == 1.0f &&
        x.unfinished == Unfinished::kNone && x.border == ZeroBorder{} && x.view == half.view) {
      OnnxMap next = half;
      next.unfinished = Unfinished::kTwiceGelu;
      return OnnxValue(std::move(next));
    }
  }
  FOVEA_ASSIGN_OR_RETURN(ValueId a, call.value(0));
  FOVEA_ASSIGN_OR_RETURN(ValueId b, call.value(1));
  if (is_sigmoid_of(call, b, a)) return call.added(Activate{{ActivationKind::kSilu}}, {a});
  if (is_sigmoid_of(call, a, b)) return call.added(Activate{{ActivationKind::kSilu}}, {b});
  FOVEA_ASSIGN_OR_RETURN(const ValueId left, repeated_like(call, a, b));
  FOVEA_ASSIGN_OR_RETURN(const ValueId right, repeated_like(call, b, a));
  if (goes_behind(call, left, right)) return call.added(Multiply{}, {right, left});
  return call.added(Multiply{}, {left, right});
}

Result<OnnxValue> build_sum(const OnnxCall& call, float sign) {
  for (size_t i = 0; i < 2 && sign == 1.0f; ++i) {
    const OnnxMap &waiting = *call.map(i), &other = *call.map(1 - i);
    if (!waiting.waiting || other.waiting || !(other.view == call.build.map_of(other.id).view) ||
        other.factor != 1.0f || !(other.border == ZeroBorder{}) ||
        other.unfinished != Unfinished::kNone)
      continue;
    FOVEA_ASSIGN_OR_RETURN(const auto both, add_beside(call, waiting, other.id));
    if (both) return OnnxValue(call.build.map_of(*both));
  }
  std::array<ValueId, 2> values{};
  std::vector<float> factors;
  for (size_t i = 0; i < 2; ++i) {
    FOVEA_ASSIGN_OR_RETURN(values[i], call.value_without_factor(i));
    if (!(call.map(i)->border == ZeroBorder{})) {
      FOVEA_ASSIGN_OR_RETURN(values[i], call.value(i));
    }
    factors.push_back(call.map(i)->factor * (i == 1 ? sign : 1.0f));
  }
  FOVEA_ASSIGN_OR_RETURN(ValueId a, repeated_like(call, values[0], values[1]));
  FOVEA_ASSIGN_OR_RETURN(ValueId b, repeated_like(call, values[1], values[0]));
  if (goes_behind(call, a, b)) {
    std::swap(a, b);
    std::swap(factors[0], factors[1]);
  }
  return call.added(Add{std::move(factors)}, {a, b});
}

template <Binary op>
Result<std::vector<OnnxValue>> build_binary(const OnnxCall& call) {
  FOVEA_TRY(call.attributes.done());
  for (size_t i = 0; i < 2; ++i) {
    if (!call.has(i)) return fail(ErrorCode::kModel, "input {} is missing", i);
    if (call.constant(i) != nullptr) return one(build_with_numbers(call, op, 1 - i));
  }
  switch (op) {
    case Binary::kAdd:
      return one(build_sum(call, 1.0f));
    case Binary::kSubtract:
      return one(build_sum(call, -1.0f));
    case Binary::kMultiply:
      return one(build_product(call));
    default:
      return fail(ErrorCode::kModel, "of two maps is not supported");
  }
}

Result<std::vector<OnnxValue>> build_many(const OnnxCall& call) {
  FOVEA_TRY(call.attributes.done());
  std::vector<ValueId> values;
  std::vector<float> factors;
  for (size_t i = 0; i < call.count(); ++i) {
    FOVEA_ASSIGN_OR_RETURN(values.emplace_back(), call.value(i));
    factors.push_back(1.0f);
  }
  std::stable_sort(values.begin(), values.end(),
                   [&](ValueId a, ValueId b) { return goes_behind(call, b, a); });
  return one(call.added(Add{std::move(factors)}, std::move(values)));
}

constexpr std::array<OnnxOperator, 7> kOperators{{
    {"Add", 2, 2, fold_add, build_binary<Binary::kAdd>},
    {"Sub", 2, 2, fold_subtract, build_binary<Binary::kSubtract>},
    {"Mul", 2, 2, fold_multiply, build_binary<Binary::kMultiply>},
    {"Div", 2, 2, fold_divide, build_binary<Binary::kDivide>},
    {"Max", 2, 2, fold_maximum, build_binary<Binary::kMaximum>},
    {"Min", 2, 2, fold_minimum, build_binary<Binary::kMinimum>},
    {"Sum", 1, 64, nullptr, build_many},
}};

}  // namespace

std::span<const OnnxOperator> onnx_arithmetic_operators() { return kOperators; }

}  // namespace fovea
