#include <set>

#include "engine/passes/passes.h"
#include "engine/passes/rewriter.h"

namespace fovea {
namespace {

bool is_nearest_x2(const Node& node) {
  const auto* resize = std::get_if<Resize>(&node.op);
  return resize != nullptr && resize->filter == ResizeFilter::kNearest &&
         resize->scale == Scale{2, 1};
}

bool is_plain_3x3(const Node& node) {
  const auto* convolution = std::get_if<Convolution>(&node.op);
  return convolution != nullptr && convolution->kernel_h == 3 && convolution->kernel_w == 3 &&
         convolution->groups == 1 && convolution->residuals.empty();
}

// Which of the two small-map samples that phase `s` reads, kernel row (or column) `tap` falls on:
// for an even output row 2a the enlarged rows 2a-1, 2a, 2a+1 are small rows a-1, a, a; for an odd
// one a, a, a+1.
int64_t sample_of_tap(int64_t s, int64_t tap) { return tap >= 1 + s ? 1 : 0; }

// (out, in, 3, 3) -> (4, out, in, 2, 2), sums in f64, rounded once.
std::vector<float> phase_weights(const std::vector<float>& weight) {
  const size_t planes = weight.size() / 9;
  std::vector<float> phases(4 * planes * 4);
  for (int64_t s = 0; s < 2; ++s) {
    for (int64_t t = 0; t < 2; ++t) {
      for (size_t plane = 0; plane < planes; ++plane) {
        double sums[4] = {};
        for (int64_t u = 0; u < 3; ++u) {
          for (int64_t v = 0; v < 3; ++v)
            sums[sample_of_tap(s, u) * 2 + sample_of_tap(t, v)] +=
                weight[plane * 9 + static_cast<size_t>(u * 3 + v)];
        }
        const size_t phase = static_cast<size_t>(2 * s + t);
        for (size_t i = 0; i < 4; ++i)
          phases[(phase * planes + plane) * 4 + i] = static_cast<float>(sums[i]);
      }
    }
  }
  return phases;
}

}  // namespace

Result<Graph> fold_upsample(const Graph& graph, const HasKernel& has_kernel) {
  const auto is_wanted = [&](const Node& nearest, const Node& convolution) {
    UpsampleConvolution op;
    op.out_channels = graph.value(convolution.output).channels;
    return !has_kernel || has_kernel(op, graph.value(nearest.inputs[0]).channels);
  };
  const auto readers = readers_of_values(graph);
  Rewriter rewriter(graph);
  std::set<const Node*> folded;
  for (const Node& node : graph.nodes()) {
    if (folded.contains(&node)) continue;
    const Node* next = only_reader(graph, readers, node.output);
    if (!is_nearest_x2(node) || next == nullptr || !is_plain_3x3(*next) ||
        !is_wanted(node, *next)) {
      FOVEA_TRY(rewriter.copy(node));
      continue;
    }
    const auto& convolution = std::get<Convolution>(next->op);
    const WeightTensor& stored = graph.parameter(convolution.weight);
    FOVEA_ASSIGN_OR_RETURN(const std::vector<float> weight, to_f32(stored));
    UpsampleConvolution op;
    op.weight = rewriter.add_parameter(make_weight(
        stored.name, {4, stored.shape[0], stored.shape[1], 2, 2}, phase_weights(weight)));
    op.bias = convolution.bias;
    op.out_channels = convolution.out_channels;
    op.activation = convolution.activation;
    FOVEA_TRY(rewriter.emit(op, node.inputs, next->output, next->name));
    folded.insert(next);
  }
  return rewriter.finish();
}

}  // namespace fovea
