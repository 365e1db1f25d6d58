#include "loaders/formats/onnx/onnx_operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "loaders/formats/checked_arithmetic.h"
#include "loaders/formats/onnx/onnx_collapse.h"
#include "loaders/formats/onnx/onnx_surplus.h"

namespace fovea {
namespace {

// Elements that no byte of the file stands for; a picture of 512 x 512 times 16.
constexpr int64_t kMaxMade = 1 << 22;
// Four times the largest published network's weights.
constexpr int64_t kMaxConstants = int64_t{1} << 26;

}  // namespace

Status OnnxBuild::make_room(int64_t count) {
  // Weights that are rewritten grow by a few times; what is made of nothing is small.
  const auto limit = kMaxMade + 4 * static_cast<int64_t>(data.file.size + data.beside.total());
  const auto sum = checked_add(constants, count);
  if (count < 0 || !sum || *sum > limit)
    return fail(ErrorCode::kModel, "the network's constants pass {} elements", limit);
  constants = *sum;
  return {};
}

Status OnnxBuild::use(int64_t count) {
  // A byte of the files is at most one element; what is made has a limit of its own.
  const auto limit = kMaxConstants + static_cast<int64_t>(data.file.size + data.beside.total());
  const auto sum = checked_add(used, count);
  if (!sum || *sum > limit)
    return fail(ErrorCode::kModel,
                "the network uses its tensors so often that they pass {} elements", limit);
  used = *sum;
  return {};
}

void OnnxBuild::note(const Extent& extent) {
  if (!extent.known() || extent.is_constant()) return;
  // Too large a multiple is refused in the end: this one stays within range until then.
  constexpr int64_t kTooLarge = 1 << 20;
  multiple = std::min(std::lcm(multiple, std::min(extent.denominator(), kTooLarge)), kTooLarge);
}

Extent OnnxBuild::scaled(Extent side, ValueId id) const {
  const Scale scale = graph.value(id).scale;
  return side * Extent(scale.numerator) / Extent(scale.denominator) + Extent(surplus_of(id));
}

int64_t OnnxBuild::surplus_of(ValueId id) const {
  const auto found = surplus_.find(id);
  return found == surplus_.end() ? 0 : found->second;
}

void OnnxBuild::set_surplus(ValueId id, int64_t surplus) {
  if (surplus != 0) surplus_[id] = surplus;
}

OnnxMap OnnxBuild::map_of(ValueId id) const {
  OnnxMap map;
  map.id = id;
  map.view = OnnxView(graph.value(id).channels, height_of(id), width_of(id));
  return map;
}

const Node* OnnxBuild::maker(ValueId id) const {
  // Every value but the input, which is the first, is the output of the next node.
  return id == graph.input() ? nullptr : &graph.nodes()[static_cast<size_t>(id) - 1];
}

const OnnxMap* OnnxCall::map(size_t index) const {
  return has(index) ? std::get_if<OnnxMap>(inputs_[index]) : nullptr;
}

const OnnxConstant* OnnxCall::constant(size_t index) const {
  return has(index) ? std::get_if<OnnxConstant>(inputs_[index]) : nullptr;
}

Result<const OnnxConstant*> OnnxCall::need_constant(size_t index, std::string_view what) const {
  if (const OnnxConstant* found = constant(index)) return found;
  if (!has(index)) return fail(ErrorCode::kModel, "input {} ({}) is missing", index, what);
  return fail(ErrorCode::kModel,
              "input {} ({}) is computed from the picture, only constants are supported", index,
              what);
}

Result<std::vector<int64_t>> OnnxCall::integers(size_t index, std::string_view what) const {
  FOVEA_ASSIGN_OR_RETURN(const OnnxConstant* found, need_constant(index, what));
  auto values = to_integers(*found);
  if (!values) return fail_in(fmt::format("input {} ({})", index, what), values.error());
  return values;
}

Result<std::vector<Extent>> OnnxCall::extents(size_t index, std::string_view what) const {
  FOVEA_ASSIGN_OR_RETURN(const OnnxConstant* found, need_constant(index, what));
  return to_extents(*found);
}

Result<float> OnnxCall::number(size_t index, float fallback, std::string_view what) const {
  if (!has(index)) return fallback;
  FOVEA_ASSIGN_OR_RETURN(const OnnxConstant* found, need_constant(index, what));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<double> values, to_reals(*found));
  if (values.size() != 1 || std::isnan(values[0]))
    return fail(ErrorCode::kModel, "input {} ({}) is not one number", index, what);
  return static_cast<float>(values[0]);
}

Result<ValueId> OnnxCall::value(size_t index) const {
  FOVEA_TRY(value_without_border(index));
  OnnxMap& made = map_at(index);
  if (made.border == ZeroBorder{}) return made.id;
  const int64_t margin = made.border.top;
  if (!(made.border == ZeroBorder{margin, margin, margin, margin}))
    return fail(
        ErrorCode::kModel,
        "reads what {} changed by {} {} {} {} (top left bottom right), only the same on all "
        "sides is supported",
        made.made_by, margin, made.border.left, made.border.bottom, made.border.right);
  FOVEA_ASSIGN_OR_RETURN(const ValueId id,
                         margin > 0 ? add(Pad{PadMode::kZero, margin}, {made.id}, ".border")
                                    : add(Crop{-margin}, {made.id}, ".border"));
  made = build.map_of(id);
  return id;
}

Result<ValueId> OnnxCall::value_without_border(size_t index) const {
  FOVEA_TRY(value_to_wait(index));
  FOVEA_TRY(finish_waiting(map_at(index)));
  return map_at(index).id;
}

Result<ValueId> OnnxCall::value_to_wait(size_t index) const {
  if (const OnnxMap* found = map(index); found != nullptr && found->waiting) return found->id;
  FOVEA_TRY(value_without_factor(index));
  OnnxMap& made = map_at(index);
  if (made.factor != 1.0f) {
    FOVEA_ASSIGN_OR_RETURN(made.id, scaled(made.id, made.factor));
    made.factor = 1.0f;
  }
  return made.id;
}

// Times `factor`: a sum of one term, or what makes the value where that has factors of its own.
Result<ValueId> OnnxCall::scaled(ValueId id, float factor) const {
  const Node* maker = build.maker(id);
  const auto* line = maker != nullptr ? std::get_if<Affine>(&maker->op) : nullptr;
  if (line == nullptr) return add(Add{{factor}}, {id}, ".factor");
  const int64_t count = channels(id);
  const ValueId x = maker->inputs[0];
  const Affine old = *line;
  FOVEA_TRY(build.make_room(2 * count));
  std::vector<float> weight(static_cast<size_t>(count), 1.0f), bias(static_cast<size_t>(count));
  if (old.weight != kNoParameter) {
    FOVEA_ASSIGN_OR_RETURN(weight, to_f32(build.graph.parameter(old.weight)));
  }
  if (old.bias != kNoParameter) {
    FOVEA_ASSIGN_OR_RETURN(bias, to_f32(build.graph.parameter(old.bias)));
  }
  for (float& value : weight) value *= factor;
  for (float& value : bias) value *= factor;
  Affine op;
  FOVEA_ASSIGN_OR_RETURN(op.weight, parameter(".weight", {count}, weight));
  FOVEA_ASSIGN_OR_RETURN(op.bias, parameter(".bias", {count}, bias));
  return add(op, {x}, ".factor");
}

// What was left over is done in place: the next reader of the same value finds it done.
Result<ValueId> OnnxCall::value_without_factor(size_t index) const {
  if (map(index) == nullptr)
    return fail(ErrorCode::kModel, "input {} is {}, expected a feature map", index,
                has(index) ? "a constant" : "missing");
  OnnxMap& made = map_at(index);
  if (made.unfinished != Unfinished::kNone)
    return fail(ErrorCode::kModel,
                "reads what {} made, which is supported inside Mish and Gelu only", made.made_by);
  FOVEA_TRY(finish_waiting(made));
  FOVEA_TRY(arrange(made));
  return made.id;
}

Status OnnxCall::finish_waiting(OnnxMap& map) const {
  if (!map.waiting) return {};
  FOVEA_ASSIGN_OR_RETURN(const ValueId id, add_waiting(*this, map));
  map = build.map_of(id);
  return {};
}

Status OnnxCall::arrange(OnnxMap& map) const {
  const OnnxMap whole = build.map_of(map.id);
  if (map.view == whole.view) return {};
  if (!(map.border == ZeroBorder{}))
    return fail(ErrorCode::kModel, "reads what {} regrouped with a border", map.made_by);
  const auto found = rearrangement(map.view, whole.view);
  if (!found)
    return fail(ErrorCode::kModel,
                "reads what {} regrouped to {}, which is no pixel shuffle, unshuffle or order of "
                "channels",
                map.made_by, shape_text(map.view.shape()));
  ValueId id = map.id;
  if (found->kind == MapRearrangement::Kind::kUnshuffle) {
    FOVEA_ASSIGN_OR_RETURN(id, add(PixelUnshuffle{found->factor}, {id}, ".unshuffle"));
  }
  FOVEA_ASSIGN_OR_RETURN(id, pick_channels(id, found->channels));
  if (found->kind == MapRearrangement::Kind::kShuffle) {
    FOVEA_ASSIGN_OR_RETURN(id, add(PixelShuffle{found->factor}, {id}, ".shuffle"));
  }
  const float factor = map.factor;
  map = build.map_of(id);
  map.factor = factor;
  return {};
}

std::string OnnxCall::name() const {
  if (!node.name.empty()) return std::string(node.name);
  return std::string(node.outputs.empty() ? node.type : node.outputs[0]);
}

Result<ValueId> OnnxCall::add(Operator op, std::vector<ValueId> values,
                              std::string_view suffix) const {
  std::vector<MapSide> sides;
  for (const ValueId id : values)
    sides.push_back({build.graph.value(id).scale, build.surplus_of(id)});
  FOVEA_ASSIGN_OR_RETURN(const int64_t surplus, surplus_after(op, sides));
  FOVEA_ASSIGN_OR_RETURN(const ValueId id,
                         build.graph.add(std::move(op), std::move(values), name() += suffix));
  build.set_surplus(id, surplus);
  return id;
}

Result<OnnxValue> OnnxCall::added(Operator op, std::vector<ValueId> values,
                                  std::string_view suffix) const {
  FOVEA_ASSIGN_OR_RETURN(const ValueId id, add(std::move(op), std::move(values), suffix));
  return OnnxValue(build.map_of(id));
}

Result<ParameterId> OnnxCall::parameter(const OnnxConstant& constant,
                                        std::vector<int64_t> shape) const {
  if (constant.is_symbolic() || !is_floating_point(constant.tensor.dtype))
    return fail(ErrorCode::kModel, "its weights {} are no floating-point numbers",
                constant.tensor.name);
  WeightTensor tensor = constant.tensor;
  if (tensor.name.empty()) tensor.name = name() + ".constant";
  if (checked_element_count(shape) != constant.count())
    return fail(ErrorCode::kModel, "{} has the shape {}, expected {}", tensor.name,
                shape_string(constant.shape()), shape_string(shape));
  tensor.shape = std::move(shape);
  FOVEA_TRY(build.use(tensor.element_count()));
  FOVEA_TRY(check_finite(tensor));
  return build.graph.add_parameter(std::move(tensor));
}

Result<ParameterId> OnnxCall::parameter(std::string_view suffix, std::vector<int64_t> shape,
                                        std::span<const float> values) const {
  FOVEA_TRY(build.use(static_cast<int64_t>(values.size())));
  WeightTensor tensor = make_weight(name() += suffix, std::move(shape), values);
  FOVEA_TRY(check_finite(tensor));
  return build.graph.add_parameter(std::move(tensor));
}

const OnnxOperator* find_onnx_operator(std::string_view type) {
  for (const auto& operators :
       {onnx_arithmetic_operators(), onnx_constant_operators(), onnx_convolution_operators(),
        onnx_margin_operators(), onnx_pointwise_operators(), onnx_pooling_operators(),
        onnx_resize_operators(), onnx_shape_operators()}) {
    for (const OnnxOperator& op : operators) {
      if (op.type == type) return &op;
    }
  }
  return nullptr;
}

Result<size_t> onnx_axis(int64_t axis, size_t rank) {
  const auto dimensions = static_cast<int64_t>(rank);
  if (axis < -dimensions || axis >= dimensions)
    return fail(ErrorCode::kModel, "axis {} is none of {} dimensions", axis, rank);
  return static_cast<size_t>(axis < 0 ? axis + dimensions : axis);
}

}  // namespace fovea
