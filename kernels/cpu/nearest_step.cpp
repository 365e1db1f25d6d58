#include "kernels/cpu/nearest_step.h"

#include <algorithm>

#include "engine/resize_taps.h"

namespace fovea::cpu {
namespace {

class NearestStep : public OperatorStep {
 public:
  NearestStep(const Graph& graph, const Node& node)
      : OperatorStep(node, static_cast<double>(graph.value(node.output).channels)) {}

  void run(ThreadTeam& team, std::span<const ConstTensorView> inputs, TensorView output,
           RowRange rows, float*) const override {
    const ConstTensorView& input = inputs[0];
    const auto& resize = std::get<Resize>(op());
    const ResizeTaps lines(resize, input.height, output.height);
    const ResizeTaps columns(resize, input.width, output.width);
    team.run(rows.size(), [&](int64_t i, int) {
      const float* in = input.row(lines.first(rows.begin + i));
      float* out = output.row(rows.begin + i);
      for (int64_t x = 0; x < output.width; ++x, out += output.pixel_stride)
        std::copy_n(in + columns.first(x) * input.pixel_stride, output.channels, out);
    });
  }
};

}  // namespace

std::unique_ptr<Step> make_nearest_step(const Graph& graph, const Node& node) {
  return std::make_unique<NearestStep>(graph, node);
}

}  // namespace fovea::cpu
