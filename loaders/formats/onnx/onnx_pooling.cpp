// Means and maxima: of the whole map, and of windows.
#include <array>
#include <utility>

#include "loaders/formats/onnx/onnx_folding.h"
#include "loaders/formats/onnx/onnx_operators.h"

namespace fovea {
namespace {

constexpr int64_t kMaxKernel = 63;
constexpr int64_t kMaxStride = 16;

Result<std::vector<OnnxValue>> build_global_average(const OnnxCall& call) {
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const ValueId x, call.value(0));
  return one(call.added(GlobalAverage{}, {x}));
}

// Over rows and columns.
Result<std::vector<OnnxValue>> build_reduce_mean(const OnnxCall& call) {
  const bool keeps = call.attributes.integer("keepdims", 1, 0, 1) == 1;
  call.attributes.integer("noop_with_empty_axes", 0, 0, 1);
  FOVEA_ASSIGN_OR_RETURN(const auto axes, read_axes(call, 18));
  FOVEA_TRY(call.attributes.done());
  FOVEA_ASSIGN_OR_RETURN(const ValueId x, call.value(0));
  if (!axes) return fail(ErrorCode::kModel, "has no axes, only height and width are supported");
  FOVEA_ASSIGN_OR_RETURN(const std::vector<size_t> sorted, sorted_axes(*axes, 4));
  if (sorted != std::vector<size_t>{2, 3})
    return fail(ErrorCode::kModel, "is over the axes {}, only height and width are supported",
                shape_string(*axes));
  FOVEA_ASSIGN_OR_RETURN(const ValueId mean, call.add(GlobalAverage{}, {x}));
  OnnxMap map = call.build.map_of(mean);
  map.made_by = call.node.type;
  for (size_t axis = 4; !keeps && axis-- > 2;) {
    FOVEA_ASSIGN_OR_RETURN(map.view, map.view.squeeze(axis));
  }
  return std::vector<OnnxValue>{OnnxValue(std::move(map))};
}

Result<OnnxValue> pooled(const OnnxCall& call, PoolKind kind) {
  OnnxAttributes& read = call.attributes;
  const auto kernel = read.integers("kernel_shape", {}, 2, 1, kMaxKernel);
  const auto strides = read.integers("strides", {1, 1}, 2, 1, kMaxStride);
  const auto pads = read.integers("pads", {0, 0, 0, 0}, 4, 0, kMaxKernel);
  const auto automatic = read.text("auto_pad", "NOTSET");
  const bool rounds_up = read.integer("ceil_mode", 0, 0, 1) == 1;
  read.integers("dilations", {1, 1}, 2, 1, 1);
  if (kind == PoolKind::kAverage) read.ignore("count_include_pad");  // nothing is padded
  if (kind == PoolKind::kMax) read.ignore("storage_order");          // of the second output
  FOVEA_TRY(read.done());
  FOVEA_ASSIGN_OR_RETURN(const ValueId x, call.value(0));
  if (kernel.empty()) return fail(ErrorCode::kModel, "has no kernel_shape");
  if (pads != std::vector<int64_t>{0, 0, 0, 0} || (automatic != "NOTSET" && automatic != "VALID"))
    return fail(ErrorCode::kModel, "pads the map, only windows within it are supported");
  if (kernel[0] != kernel[1] || strides[0] != strides[1])
    return fail(ErrorCode::kModel, "has windows of {}, {} apart, only square ones are supported",
                shape_string(kernel), shape_string(strides));
  // The map's scale is a multiple of the stride, its surplus decides.
  if (rounds_up && (call.build.surplus_of(x) - kernel[0]) % strides[0] != 0)
    return fail(ErrorCode::kModel, "has windows that go beyond the map (ceil_mode)");
  return call.added(Pool{kind, kernel[0], strides[0]}, {x});
}

template <PoolKind kind>
Result<std::vector<OnnxValue>> build_pool(const OnnxCall& call) {
  return one(pooled(call, kind));
}

constexpr std::array<OnnxOperator, 4> kOperators{{
    {"GlobalAveragePool", 1, 1, nullptr, build_global_average},
    {"ReduceMean", 1, 2, nullptr, build_reduce_mean},
    {"MaxPool", 1, 1, nullptr, build_pool<PoolKind::kMax>},
    {"AveragePool", 1, 1, nullptr, build_pool<PoolKind::kAverage>},
}};

}  // namespace

std::span<const OnnxOperator> onnx_pooling_operators() { return kOperators; }

}  // namespace fovea
