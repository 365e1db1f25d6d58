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

}  // namespace

Result<Size> output_size(const Operator& op, const std::vector<Size>& inputs) {
  Size size = inputs[0];
  for (const Size& other : inputs) {
    if (!(other == size))
      return fail(ErrorCode::kModel, "{} of maps of {}x{} and {}x{} pixels", operator_name(op),
                  size.width, size.height, other.width, other.height);
  }
  if (const auto* resize = std::get_if<Resize>(&op)) {
    size = {scaled_length(size.height, resize->scale), scaled_length(size.width, resize->scale)};
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
    // Residuals and the further inputs of pointwise operators are read where they are added.
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
  return {std::max<int64_t>(need.begin, 0), std::min(need.end, in_height)};
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
