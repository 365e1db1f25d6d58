// Sizes, the rows an operator reads, and what follows from them.
#include <algorithm>
#include <cmath>

#include "engine/graph.h"
#include "engine/resize_taps.h"
#include "engine/rounding.h"

namespace fovea {
namespace {

// Rows of the picture a network may be asked about: keeps every product of sizes, channels and
// bytes in 64 bits.
constexpr int64_t kMaxLength = int64_t{1} << 30;

Status too_small(const Operator& op, Size size, int64_t least) {
  return fail(ErrorCode::kPicture, "{} needs {}x{} pixels at least and has {}x{}",
              operator_name(op), least, least, size.width, size.height);
}

bool may_broadcast(const Operator& op) {
  return std::holds_alternative<Add>(op) || std::holds_alternative<Multiply>(op);
}

// Inputs after the first that have a size of their own: a broadcast pixel, the size to reach.
bool has_own_size(const Operator& op, Size size) {
  return std::holds_alternative<Resize>(op) || std::holds_alternative<Crop>(op) ||
         (may_broadcast(op) && size == Size{1, 1});
}

Result<Size> cropped_size(const Crop& op, const std::vector<Size>& inputs) {
  const Size from = inputs[0];
  Size size = {from.height - 2 * op.margin, from.width - 2 * op.margin};
  if (inputs.size() == 2) {
    size = {inputs[1].height * op.factor, inputs[1].width * op.factor};
    if (size.height > from.height - op.margin || size.width > from.width - op.margin)
      return fail(ErrorCode::kModel, "Crop of {}x{} pixels to {}x{} from {} on", from.width,
                  from.height, size.width, size.height, op.margin);
  } else if (size.height < 1 || size.width < 1) {
    FOVEA_TRY(too_small(op, from, 2 * op.margin + 1));
  }
  return size;
}

Result<Size> pooled_size(const Pool& op, Size size) {
  const int64_t least = 2 * op.margin + op.kernel;
  if (size.height < least || size.width < least) FOVEA_TRY(too_small(op, size, least));
  return Size{(size.height - least) / op.stride + 1, (size.width - least) / op.stride + 1};
}

// Rows that a pad of `op` reads for `rows`. A mirrored border goes up again while rows go down:
// the first rows ask for what any of them needs, as do the last ones.
RowRange padded_rows(const Pad& op, RowRange rows, int64_t in_height, int64_t out_height) {
  const RowRange same{rows.begin - op.margin, rows.end - op.margin};
  const int64_t after = out_height - op.margin - in_height;  // rows behind the map's last
  switch (op.mode) {
    case PadMode::kZero:
      return {std::clamp<int64_t>(same.begin, 0, in_height),
              std::clamp<int64_t>(same.end, 0, in_height)};
    case PadMode::kReplicate:
      return {std::clamp<int64_t>(same.begin, 0, in_height - 1),
              std::clamp<int64_t>(same.end, 1, in_height)};
    case PadMode::kReflect:
      break;
  }
  if (op.margin >= in_height || after >= in_height) return {0, in_height};
  return {std::clamp<int64_t>(same.begin, 0, in_height - 1 - after),
          std::clamp<int64_t>(same.end, op.margin + 1, in_height)};
}

RowRange clamped(RowRange rows, int64_t height) {
  return {std::max<int64_t>(rows.begin, 0), std::min(rows.end, height)};
}

// The rows of inputs after the first.
RowRange further_rows_needed(const Operator& op, RowRange rows, int64_t in_height) {
  if (may_broadcast(op) && in_height == 1) return {0, 1};
  int64_t factor = 1;
  if (const auto* crop = std::get_if<Crop>(&op)) factor = crop->factor;
  if (const auto* sample = std::get_if<GridSample>(&op)) factor = sample->factor;
  // Residuals and the further inputs of pointwise operators are read where they are added.
  return clamped({rows.begin / factor, ceil_divide(rows.end, factor)}, in_height);
}

}  // namespace

Result<Size> output_size(const Operator& op, const std::vector<Size>& inputs) {
  Size size = inputs[0];
  for (size_t i = 1; i < inputs.size(); ++i) {
    if (!(inputs[i] == size) && !has_own_size(op, inputs[i]))
      return fail(ErrorCode::kModel, "{} of maps of {}x{} and {}x{} pixels", operator_name(op),
                  size.width, size.height, inputs[i].width, inputs[i].height);
  }
  if (const auto* resize = std::get_if<Resize>(&op)) {
    size = inputs.size() == 2 ? inputs[1]
                              : Size{scaled_length(size.height, resize->scale),
                                     scaled_length(size.width, resize->scale)};
  } else if (const auto* shuffle = std::get_if<PixelShuffle>(&op)) {
    size = {size.height * shuffle->factor, size.width * shuffle->factor};
  } else if (const auto* fused = std::get_if<ShuffleConvolution>(&op)) {
    size = {size.height * fused->factor, size.width * fused->factor};
  } else if (const auto* unshuffle = std::get_if<PixelUnshuffle>(&op)) {
    const int64_t factor = unshuffle->factor;
    if (size.height % factor != 0 || size.width % factor != 0)
      return fail(ErrorCode::kModel, "PixelUnshuffle by {} of a map of {}x{} pixels", factor,
                  size.width, size.height);
    size = {size.height / factor, size.width / factor};
  } else if (std::holds_alternative<UpsampleConvolution>(op)) {
    size = {size.height * 2, size.width * 2};
  } else if (std::holds_alternative<GlobalAverage>(op) ||
             std::holds_alternative<GroupNormFactors>(op)) {
    size = {1, 1};
  } else if (const auto* pad = std::get_if<Pad>(&op)) {
    size = {round_up(size.height, pad->multiple) + 2 * pad->margin,
            round_up(size.width, pad->multiple) + 2 * pad->margin};
  } else if (const auto* crop = std::get_if<Crop>(&op)) {
    FOVEA_ASSIGN_OR_RETURN(size, cropped_size(*crop, inputs));
  } else if (const auto* pool = std::get_if<Pool>(&op)) {
    FOVEA_ASSIGN_OR_RETURN(size, pooled_size(*pool, size));
  } else if (const auto* sample = std::get_if<GridSample>(&op)) {
    size = {size.height * sample->factor, size.width * sample->factor};
  }
  if (size.height < 1 || size.width < 1 || size.height > kMaxLength || size.width > kMaxLength)
    return fail(ErrorCode::kPicture, "a map of {}x{} pixels is not within 1...{} a side",
                size.width, size.height, kMaxLength);
  return size;
}

Result<std::vector<Size>> infer_sizes(const Graph& graph, Size input) {
  std::vector<Size> sizes(graph.values().size());
  sizes[static_cast<size_t>(graph.input())] = input;
  for (const Node& node : graph.nodes()) {
    std::vector<Size> inputs;
    for (const ValueId id : node.inputs) inputs.push_back(sizes[static_cast<size_t>(id)]);
    // A pixel may stand for the whole picture only where that is what it is.
    for (size_t i = 1; may_broadcast(node.op) && i < inputs.size(); ++i) {
      const Scale scale = graph.value(node.inputs[i]).scale;
      if (!(inputs[i] == inputs[0]) && !(scale == kPictureWide))
        return fail(ErrorCode::kModel, "{}: maps of {}x{} and {}x{} pixels", node.name,
                    inputs[0].width, inputs[0].height, inputs[i].width, inputs[i].height);
    }
    auto size = output_size(node.op, inputs);
    if (!size) return fail_in(node.name, std::move(size.error()));
    sizes[static_cast<size_t>(node.output)] = *size;
  }
  return sizes;
}

RowRange rows_needed(const Operator& op, size_t index, RowRange rows, int64_t in_height,
                     int64_t out_height) {
  RowRange need = rows;
  if (const auto* fused = std::get_if<ShuffleConvolution>(&op)) {
    const int64_t padding = index == 0 ? fused->convolution.kernel_h / 2 : 0;
    need = {rows.begin / fused->factor - padding, ceil_divide(rows.end, fused->factor) + padding};
  } else if (index > 0) {
    return further_rows_needed(op, rows, in_height);
  } else if (sees_whole_picture(op)) {
    need = {0, in_height};
  } else if (const auto* pad = std::get_if<Pad>(&op)) {
    return padded_rows(*pad, rows, in_height, out_height);
  } else if (const auto* crop = std::get_if<Crop>(&op)) {
    need = {rows.begin + crop->margin, rows.end + crop->margin};
  } else if (const auto* pool = std::get_if<Pool>(&op)) {
    need = {pool->margin + rows.begin * pool->stride,
            pool->margin + (rows.end - 1) * pool->stride + pool->kernel};
  } else if (const auto* convolution = std::get_if<Convolution>(&op)) {
    const int64_t padding = convolution->kernel_h / 2;
    need = {rows.begin - padding, rows.end + padding};
  } else if (const auto* block = std::get_if<DenseBlock>(&op)) {
    int64_t padding = 0;
    for (const Convolution& each : block->convolutions) padding += each.kernel_h / 2;
    need = {rows.begin - padding, rows.end + padding};
  } else if (const auto* resize = std::get_if<Resize>(&op)) {
    const ResizeTaps taps(*resize, in_height, out_height);
    need = {taps.first(rows.begin), taps.last(rows.end - 1) + 1};
  } else if (const auto* shuffle = std::get_if<PixelShuffle>(&op)) {
    need = {rows.begin / shuffle->factor, ceil_divide(rows.end, shuffle->factor)};
  } else if (const auto* unshuffle = std::get_if<PixelUnshuffle>(&op)) {
    need = {rows.begin * unshuffle->factor, rows.end * unshuffle->factor};
  } else if (std::holds_alternative<UpsampleConvolution>(op)) {
    // Output row 2y reads small rows y-1 and y, row 2y+1 reads y and y+1.
    need = {ceil_divide(rows.begin, 2) - 1, rows.end / 2 + 1};
  }
  return clamped(need, in_height);
}

int64_t receptive_radius(const Graph& graph) {
  // A picture high enough that no border is met, and a granule on which every scale is whole: the
  // rows that the output of input rows [middle, middle + 1) needs, walked back through every
  // operator.
  constexpr int64_t kHeight = int64_t{1} << 20;
  const auto sizes = infer_sizes(graph, {kHeight, kHeight});
  if (!sizes) return 0;
  std::vector<RowRange> need(graph.values().size(), RowRange{kHeight * 64, 0});
  const auto widen = [](RowRange& range, RowRange by) {
    range = {std::min(range.begin, by.begin), std::max(range.end, by.end)};
  };
  const auto height = [&](ValueId id) { return (*sizes)[static_cast<size_t>(id)].height; };

  constexpr int64_t kMiddle = kHeight / 2;
  const Scale scale = graph.value(graph.output()).scale;
  RowRange& output = need[static_cast<size_t>(graph.output())];
  output.begin = static_cast<int64_t>(std::floor(static_cast<double>(kMiddle) * scale.value()));
  output.end =
      std::max(output.begin + 1,
               static_cast<int64_t>(std::ceil(static_cast<double>(kMiddle + 1) * scale.value())));
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    const RowRange rows = need[static_cast<size_t>(node->output)];
    if (rows.empty()) continue;
    if (sees_whole_picture(node->op)) return kWholePicture;
    for (size_t i = 0; i < node->inputs.size(); ++i) {
      const ValueId id = node->inputs[i];
      widen(need[static_cast<size_t>(id)],
            rows_needed(node->op, i, rows, height(id), height(node->output)));
    }
  }
  const RowRange input = need[static_cast<size_t>(graph.input())];
  return input.empty() ? 0
                       : std::max({int64_t{0}, kMiddle - input.begin, input.end - (kMiddle + 1)});
}

Result<int64_t> multiply_accumulates(const Graph& graph, Size input) {
  FOVEA_ASSIGN_OR_RETURN(const std::vector<Size> sizes, infer_sizes(graph, input));
  int64_t total = 0;
  for (const Node& node : graph.nodes()) {
    const int64_t pixels = sizes[static_cast<size_t>(node.output)].area();
    if (const auto* convolution = std::get_if<Convolution>(&node.op)) {
      total += pixels * graph.parameter(convolution->weight).element_count();
    } else if (const auto* block = std::get_if<DenseBlock>(&node.op)) {
      for (const Convolution& each : block->convolutions)
        total += pixels * graph.parameter(each.weight).element_count();
    } else if (const auto* shuffle = std::get_if<ShuffleConvolution>(&node.op)) {
      total += pixels / (shuffle->factor * shuffle->factor) *
               graph.parameter(shuffle->convolution.weight).element_count();
    } else if (const auto* upsample = std::get_if<UpsampleConvolution>(&node.op)) {
      // A quarter of the output pixels for each of the four phases.
      total += pixels / 4 * graph.parameter(upsample->weight).element_count();
    }
  }
  return total;
}

}  // namespace fovea
