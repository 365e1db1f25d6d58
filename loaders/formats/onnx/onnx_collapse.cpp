#include "loaders/formats/onnx/onnx_collapse.h"

#include "loaders/formats/checked_arithmetic.h"
#include "loaders/rewriting/collapse.h"

namespace fovea {
namespace {

// Of taking two convolutions together; SPAN's widest asks for 2^22.
constexpr int64_t kMaxProducts = int64_t{1} << 28;

bool is_used_up(const OnnxMap& map) {
  const ZeroBorder& b = map.border;
  const int64_t reach = map.waiting->kernel - 1;
  return b.top == b.bottom && b.left == b.right && b.top == b.left && 2 * b.top == reach;
}

// A convolution of the graph in f64.
Result<CollapsedConvolution> values_of(const Graph& graph, const Convolution& op) {
  CollapsedConvolution made;
  const WeightTensor& weight = graph.parameter(op.weight);
  made.out_channels = op.out_channels;
  made.in_channels = weight.shape[1];
  made.kernel = op.kernel_h;
  FOVEA_ASSIGN_OR_RETURN(const std::vector<float> values, to_f32(weight));
  made.weight.assign(values.begin(), values.end());
  made.bias.assign(static_cast<size_t>(op.out_channels), 0.0);
  if (op.bias == kNoParameter) return made;
  FOVEA_ASSIGN_OR_RETURN(const std::vector<float> bias, to_f32(graph.parameter(op.bias)));
  made.bias.assign(bias.begin(), bias.end());
  return made;
}

}  // namespace

bool fits_behind(const OnnxMap& map, int64_t kernel) {
  const ZeroBorder& b = map.border;
  const int64_t reach = kernel - 1 + (map.waiting ? map.waiting->kernel - 1 : 0);
  return b.top == b.bottom && b.left == b.right && b.top == b.left && reach <= 2 * b.top;
}

Result<ValueId> add_collapsed(const OnnxCall& call, ValueId x, const CollapsedConvolution& made) {
  if (made.in_channels != call.channels(x))
    return fail(ErrorCode::kModel, "takes {} channels, expected {}", made.in_channels,
                call.channels(x));
  Convolution op;
  const std::vector<float> weight(made.weight.begin(), made.weight.end());
  const std::vector<float> bias(made.bias.begin(), made.bias.end());
  FOVEA_ASSIGN_OR_RETURN(
      op.weight,
      call.parameter(".weight", {made.out_channels, made.in_per_group(), made.kernel, made.kernel},
                     weight));
  FOVEA_ASSIGN_OR_RETURN(op.bias, call.parameter(".bias", {made.out_channels}, bias));
  op.out_channels = made.out_channels;
  op.kernel_h = op.kernel_w = made.kernel;
  op.groups = made.groups;
  return call.add(std::move(op), {x});
}

Result<std::vector<OnnxValue>> without_margin(const OnnxCall& call, Result<ValueId> y,
                                              int64_t margin) {
  if (y && margin > 0) y = call.add(Crop{margin}, {*y}, ".valid");
  if (!y) return tl::unexpected(std::move(y.error()));
  return call.result(*y);
}

Result<OnnxMap> taken_behind(const OnnxCall& call, const OnnxMap& map,
                             CollapsedConvolution convolution) {
  OnnxMap next = map;
  next.made_by = call.node.type;
  const int64_t kernel = convolution.kernel + (map.waiting ? map.waiting->kernel - 1 : 0);
  if (!fits_behind(map, convolution.kernel))
    return fail(ErrorCode::kModel,
                "a {}x{} kernel, with those before it that {} pads once, reaches over that padding",
                convolution.kernel, convolution.kernel, map.made_by);
  if (!map.waiting) {
    if (convolution.in_channels != call.channels(map.id))
      return fail(ErrorCode::kModel, "takes {} channels, expected {}", convolution.in_channels,
                  call.channels(map.id));
    next.waiting = std::make_shared<CollapsedConvolution>(std::move(convolution));
    return next;
  }
  const auto products = checked_element_count({map.waiting->out_channels, map.waiting->in_channels,
                                               convolution.out_channels, kernel, kernel});
  if (!products || *products > kMaxProducts)
    return fail(ErrorCode::kModel,
                "has too many weights to be taken together with those before it");
  FOVEA_ASSIGN_OR_RETURN(CollapsedConvolution both, behind(*map.waiting, convolution));
  FOVEA_TRY(call.build.make_room(static_cast<int64_t>(both.weight.size())));
  next.waiting = std::make_shared<CollapsedConvolution>(std::move(both));
  return next;
}

Result<ValueId> add_waiting(const OnnxCall& call, const OnnxMap& map) {
  if (is_used_up(map)) return add_collapsed(call, map.id, *map.waiting);
  const int64_t margin = map.border.top, reach = map.waiting->kernel / 2;
  if (!(map.border == ZeroBorder{margin, margin, margin, margin}) || map.waiting->kernel % 2 == 0)
    return fail(ErrorCode::kModel,
                "reads a map that Pad made larger and convolutions did not make as small again");
  FOVEA_ASSIGN_OR_RETURN(const ValueId x,
                         call.add(Pad{PadMode::kZero, margin}, {map.id}, ".border"));
  FOVEA_ASSIGN_OR_RETURN(const ValueId y, add_collapsed(call, x, *map.waiting));
  return reach == 0 ? y : call.add(Crop{reach}, {y}, ".valid");
}

Result<std::optional<ValueId>> add_beside(const OnnxCall& call, const OnnxMap& map, ValueId other) {
  const std::optional<ValueId> none;
  const Node* maker = call.build.maker(other);
  const auto* op = maker != nullptr ? std::get_if<Convolution>(&maker->op) : nullptr;
  if (!map.waiting || !is_used_up(map) || op == nullptr || maker->inputs[0] != map.id ||
      op->groups != 1 || map.waiting->groups != 1 || op->kernel_h != op->kernel_w ||
      op->out_channels != map.waiting->out_channels || map.factor != 1.0f)
    return none;
  FOVEA_ASSIGN_OR_RETURN(const CollapsedConvolution same, values_of(call.build.graph, *op));
  FOVEA_ASSIGN_OR_RETURN(const CollapsedConvolution sum, beside(*map.waiting, same));
  FOVEA_ASSIGN_OR_RETURN(const ValueId id, add_collapsed(call, map.id, sum));
  return std::optional<ValueId>(id);
}

}  // namespace fovea
