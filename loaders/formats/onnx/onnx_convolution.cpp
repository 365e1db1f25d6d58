// Conv and ConvTranspose.
#include <algorithm>
#include <array>
#include <utility>

#include "loaders/formats/checked_arithmetic.h"
#include "loaders/formats/onnx/onnx_collapse.h"
#include "loaders/rewriting/strided_convolution.h"
#include "loaders/rewriting/transposed_convolution.h"

namespace fovea {
namespace {

constexpr int64_t kMaxKernel = 63;
constexpr int64_t kMaxChannels = 1 << 16;
constexpr int64_t kMaxStride = 16;
constexpr int64_t kMaxPad = 255;

// A kernel's way along one side of the map.
struct Side {
  int64_t kernel = 1;  // taps
  int64_t dilation = 1;
  int64_t stride = 1;
  int64_t before = 0;  // padding
  int64_t after = 0;

  int64_t extent() const { return (kernel - 1) * dilation + 1; }
  // How many rows the output has more than the input's by stride, for whole multiples of it.
  bool keeps_size() const {
    const int64_t rest = before + after - extent();
    return rest >= -stride && rest < 0;
  }
  // Padding that is missing at both ends to keep the size; 0 where it is not the same.
  int64_t missing() const {
    const bool even = stride == 1 && extent() % 2 == 1 && before == after;
    return even ? extent() / 2 - before : 0;
  }
  bool is_plain() const {
    return stride == 1 && dilation == 1 && kernel % 2 == 1 && before == after &&
           before == kernel / 2;
  }
};

struct Window {
  Side rows;
  Side columns;
  int64_t groups = 1;

  // By how many pixels it makes the map smaller on each side; 0 where it is something else.
  int64_t margin() const {
    const int64_t margin = rows.missing();
    return margin > 0 && columns.missing() == margin ? margin : 0;
  }
};

// Padding that makes ceil(n / stride) rows of n, as ONNX's auto_pad asks; `late` has the odd one
// after the map.
void pad_same(Side& side, bool late) {
  const int64_t total = std::max<int64_t>(side.extent() - side.stride, 0);
  side.before = late ? total / 2 : total - total / 2;
  side.after = total - side.before;
}

Status read_padding(const OnnxCall& call, Window& window) {
  const std::string_view automatic = call.attributes.text("auto_pad", "NOTSET");
  auto pads = call.attributes.integers("pads", {0, 0, 0, 0}, 4, 0, kMaxPad);
  const ZeroBorder border = call.map(0)->border;
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    if (!(border == ZeroBorder{}) || window.rows.dilation != 1 || window.columns.dilation != 1)
      return fail(ErrorCode::kModel,
                  "pads automatically with a dilation or behind a Pad, which is not supported");
    pad_same(window.rows, automatic == "SAME_UPPER");
    pad_same(window.columns, automatic == "SAME_UPPER");
    return {};
  }
  if (automatic != "VALID" && automatic != "NOTSET" && !automatic.empty())
    return fail(ErrorCode::kModel, "attribute auto_pad is none that is known");
  if (automatic == "VALID") pads = {0, 0, 0, 0};
  window.rows.before = pads[0] + border.top, window.rows.after = pads[2] + border.bottom;
  window.columns.before = pads[1] + border.left, window.columns.after = pads[3] + border.right;
  return {};
}

Result<Window> read_window(const OnnxCall& call, const std::vector<int64_t>& shape) {
  Window window;
  window.groups = call.attributes.integer("group", 1, 1, kMaxChannels);
  const auto kernel =
      call.attributes.integers("kernel_shape", {shape[2], shape[3]}, 2, 1, kMaxKernel);
  const auto strides = call.attributes.integers("strides", {1, 1}, 2, 1, kMaxStride);
  const auto dilations = call.attributes.integers("dilations", {1, 1}, 2, 1, kMaxKernel);
  window.rows = {kernel[0], dilations[0], strides[0]};
  window.columns = {kernel[1], dilations[1], strides[1]};
  FOVEA_TRY(read_padding(call, window));
  FOVEA_TRY(call.attributes.done());
  if (kernel[0] != shape[2] || kernel[1] != shape[3])
    return fail(ErrorCode::kModel, "attribute kernel_shape is {}, the weights have {}",
                shape_string(kernel), shape_string(shape));
  if (window.rows.extent() > kMaxKernel || window.columns.extent() > kMaxKernel)
    return fail(ErrorCode::kModel, "kernel {}x{} with dilation {} and {} reaches over {} pixels",
                kernel[0], kernel[1], dilations[0], dilations[1], kMaxKernel);
  return window;
}

Result<const OnnxConstant*> read_weight(const OnnxCall& call) {
  FOVEA_ASSIGN_OR_RETURN(const OnnxConstant* weight, call.need_constant(1, "weights"));
  const std::vector<int64_t>& shape = weight->shape();
  if (shape.size() != 4)
    return fail(ErrorCode::kModel, "has weights of the shape {}, expected 4 dimensions",
                shape_string(shape));
  for (size_t i = 0; i < 4; ++i) {
    if (shape[i] < 1 || shape[i] > (i < 2 ? kMaxChannels : kMaxKernel))
      return fail(ErrorCode::kModel, "has weights of the shape {}", shape_string(shape));
  }
  return weight;
}

// The weights as one square kernel whose rows and columns are padded alike: taps that are not
// there (between dilated ones, or at a side) are zeros.
struct SquareConvolution {
  CollapsedConvolution convolution;
  StridedWindow window;
};

Result<SquareConvolution> squared(const OnnxCall& call, const OnnxConstant& weight,
                                  const Window& window) {
  const std::vector<int64_t>& shape = weight.shape();
  const Side &rows = window.rows, &columns = window.columns;
  if (rows.stride != columns.stride)
    return fail(ErrorCode::kModel, "strides {} and {} differ, only equal ones are supported",
                rows.stride, columns.stride);
  SquareConvolution made;
  made.window.stride = rows.stride;
  made.window.padding_before = std::max(rows.before, columns.before);
  const int64_t down = made.window.padding_before - rows.before;
  const int64_t right = made.window.padding_before - columns.before;
  CollapsedConvolution& c = made.convolution;
  c.out_channels = shape[0];
  c.groups = window.groups;
  c.in_channels = shape[1] * window.groups;
  c.kernel = std::max(rows.extent() + down, columns.extent() + right);
  // The shortest padding that gives n / stride rows of n is as good as any that does.
  c.kernel = std::max(c.kernel, made.window.padding_before + 1);
  made.window.padding_after = c.kernel - 1 - made.window.padding_before;
  const auto elements = checked_element_count({shape[0], shape[1], c.kernel, c.kernel});
  if (!elements) return fail(ErrorCode::kModel, "has too many weights");
  FOVEA_TRY(call.build.make_room(*elements));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<double> values, to_reals(weight));
  c.weight.assign(static_cast<size_t>(*elements), 0.0);
  size_t from = 0;
  for (int64_t o = 0; o < shape[0]; ++o) {
    for (int64_t i = 0; i < shape[1]; ++i) {
      for (int64_t u = 0; u < shape[2]; ++u) {
        for (int64_t v = 0; v < shape[3]; ++v)
          c.weight[c.index(o, i, u * rows.dilation + down, v * columns.dilation + right)] =
              values[from++];
      }
    }
  }
  return made;
}

Result<std::vector<double>> read_bias(const OnnxCall& call, int64_t count) {
  if (!call.has(2)) return std::vector<double>(static_cast<size_t>(count), 0.0);
  FOVEA_ASSIGN_OR_RETURN(const OnnxConstant* bias, call.need_constant(2, "bias"));
  if (bias->shape() != std::vector<int64_t>{count})
    return fail(ErrorCode::kModel, "has a bias of the shape {}, expected [{}]",
                shape_string(bias->shape()), count);
  return to_reals(*bias);
}

// The weights as the file has them.
Result<ValueId> build_plain(const OnnxCall& call, ValueId x, const OnnxConstant& weight,
                            const Window& window) {
  Convolution op;
  FOVEA_ASSIGN_OR_RETURN(op.weight, call.parameter(weight, weight.shape()));
  op.out_channels = weight.shape()[0];
  if (call.has(2)) {
    FOVEA_ASSIGN_OR_RETURN(const OnnxConstant* bias, call.need_constant(2, "bias"));
    FOVEA_ASSIGN_OR_RETURN(op.bias, call.parameter(*bias, {op.out_channels}));
  }
  op.kernel_h = window.rows.kernel;
  op.kernel_w = window.columns.kernel;
  op.groups = window.groups;
  return call.add(std::move(op), {x});
}

// Whether a convolution may be one with those before it and after it: it pads nothing behind them,
// and what is padded is not used up by it alone.
bool waits(const OnnxMap& map, const Window& window) {
  const Side &rows = window.rows, &columns = window.columns;
  if (rows.stride != 1 || columns.stride != 1 || rows.dilation != 1 || columns.dilation != 1 ||
      rows.kernel != columns.kernel || window.groups != 1)
    return false;
  if (map.waiting)
    return ZeroBorder{rows.before, columns.before, rows.after, columns.after} == map.border &&
           fits_behind(map, rows.kernel);
  return rows.before + rows.after >= rows.kernel && columns.before + columns.after >= rows.kernel;
}

Result<OnnxValue> build_behind(const OnnxCall& call, const OnnxConstant& weight,
                               const Window& window) {
  const std::vector<int64_t>& shape = weight.shape();
  CollapsedConvolution own;
  own.out_channels = shape[0];
  own.in_channels = shape[1];
  own.kernel = window.rows.kernel;
  FOVEA_TRY(call.build.make_room(weight.count()));
  FOVEA_ASSIGN_OR_RETURN(own.weight, to_reals(weight));
  FOVEA_ASSIGN_OR_RETURN(own.bias, read_bias(call, shape[0]));
  OnnxMap padded = *call.map(0);
  padded.border = {window.rows.before, window.columns.before, window.rows.after,
                   window.columns.after};
  FOVEA_ASSIGN_OR_RETURN(OnnxMap map, taken_behind(call, padded, std::move(own)));
  return OnnxValue(std::move(map));
}

Result<std::vector<OnnxValue>> build_convolution(const OnnxCall& call) {
  FOVEA_ASSIGN_OR_RETURN(const OnnxConstant* weight, read_weight(call));
  FOVEA_ASSIGN_OR_RETURN(ValueId x, call.value_to_wait(0));
  if (call.map(0)->border.cuts()) FOVEA_TRY(call.value(0));
  FOVEA_ASSIGN_OR_RETURN(Window window, read_window(call, weight->shape()));
  if (waits(*call.map(0), window)) return one(build_behind(call, *weight, window));
  if (call.map(0)->waiting) {  // its border is none of this convolution's
    FOVEA_TRY(call.value(0));
    FOVEA_ASSIGN_OR_RETURN(window, read_window(call, weight->shape()));
  }
  FOVEA_ASSIGN_OR_RETURN(x, call.value_without_border(0));
  const int64_t margin = window.margin();
  for (Side* side : {&window.rows, &window.columns}) {
    side->before += margin;
    side->after += margin;
  }
  if (!window.rows.keeps_size() || !window.columns.keeps_size())
    return fail(ErrorCode::kModel,
                "padding {} {} {} {} (top left bottom right) of a {}x{} kernel, stride {}, changes "
                "the size, only padding that keeps it is supported",
                window.rows.before, window.columns.before, window.rows.after, window.columns.after,
                window.rows.extent(), window.columns.extent(), window.rows.stride);
  if (window.rows.is_plain() && window.columns.is_plain())
    return without_margin(call, build_plain(call, x, *weight, window), margin);
  FOVEA_ASSIGN_OR_RETURN(SquareConvolution square, squared(call, *weight, window));
  FOVEA_ASSIGN_OR_RETURN(square.convolution.bias, read_bias(call, weight->shape()[0]));
  FOVEA_ASSIGN_OR_RETURN(const UnshuffledConvolution made,
                         rewrite_strided(square.convolution, square.window));
  ValueId y = x;
  if (made.factor > 1) {
    FOVEA_ASSIGN_OR_RETURN(y, call.add(PixelUnshuffle{made.factor}, {x}, ".unshuffle"));
  }
  return without_margin(call, add_collapsed(call, y, made.convolution), margin);
}

Result<std::vector<OnnxValue>> build_transposed(const OnnxCall& call) {
  FOVEA_ASSIGN_OR_RETURN(const OnnxConstant* weight, read_weight(call));
  const std::vector<int64_t>& shape = weight->shape();
  OnnxAttributes& read = call.attributes;
  TransposedConvolution from;
  from.groups = read.integer("group", 1, 1, kMaxChannels);
  const auto kernel = read.integers("kernel_shape", {shape[2], shape[3]}, 2, 1, kMaxKernel);
  const auto strides = read.integers("strides", {1, 1}, 2, 1, kMaxStride);
  const auto extra = read.integers("output_padding", {0, 0}, 2, 0, kMaxStride);
  const auto pads = read.integers("pads", {0, 0, 0, 0}, 4, 0, kMaxPad);
  read.integers("dilations", {1, 1}, 2, 1, 1);
  if (const auto automatic = read.text("auto_pad", "NOTSET"); automatic != "NOTSET")
    return fail(ErrorCode::kModel, "attribute auto_pad is not supported, only pads");
  FOVEA_TRY(read.done());
  if (kernel[0] != kernel[1] || kernel[0] != shape[2] || kernel[1] != shape[3] ||
      strides[0] != strides[1] || extra[0] != extra[1] || pads[0] != pads[1] || pads[2] != pads[3])
    return fail(ErrorCode::kModel, "steps or pads rows and columns differently");
  from.in_channels = shape[0];
  from.out_channels = shape[1] * from.groups;
  from.kernel = kernel[0];
  from.stride = strides[0];
  from.padding_before = pads[0];
  from.padding_after = pads[2];
  from.output_padding = extra[0];
  FOVEA_TRY(call.build.make_room(weight->count()));
  FOVEA_ASSIGN_OR_RETURN(from.weight, to_reals(*weight));
  FOVEA_ASSIGN_OR_RETURN(from.bias, read_bias(call, from.out_channels));
  FOVEA_ASSIGN_OR_RETURN(const ShuffledConvolution made, rewrite_transposed(from));
  FOVEA_ASSIGN_OR_RETURN(const ValueId x, call.value(0));
  FOVEA_ASSIGN_OR_RETURN(ValueId y, add_collapsed(call, x, made.convolution));
  if (made.factor > 1) {
    FOVEA_ASSIGN_OR_RETURN(y, call.add(PixelShuffle{made.factor}, {y}, ".shuffle"));
  }
  return call.result(y);
}

constexpr std::array<OnnxOperator, 2> kOperators{{
    {"Conv", 2, 3, nullptr, build_convolution},
    {"ConvTranspose", 2, 3, nullptr, build_transposed},
}};

}  // namespace

std::span<const OnnxOperator> onnx_convolution_operators() { return kOperators; }

}  // namespace fovea
