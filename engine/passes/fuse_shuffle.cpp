#include "engine/passes/passes.h"
#include "engine/passes/rewriter.h"

namespace fovea {
namespace {

class ShuffleFinder {
 public:
  explicit ShuffleFinder(const Graph& graph)
      : graph_(graph), readers_(readers_of_values(graph)), producers_(producers_of_values(graph)) {}

  struct Tail {
    ShuffleConvolution op;
    std::vector<ValueId> inputs;
    std::vector<const Node*> inner;  // all nodes but the last
    const Node* last = nullptr;      // the node it takes the place of
  };

  // The tail that begins with `node`; its `last` is null where there is none.
  Tail find(const Node& node) const {
    Tail tail;
    const auto* convolution = std::get_if<Convolution>(&node.op);
    if (convolution == nullptr || !convolution->residuals.empty()) return tail;
    const Node* next = only_reader(graph_, readers_, node.output);
    const auto* shuffle = next != nullptr ? std::get_if<PixelShuffle>(&next->op) : nullptr;
    if (shuffle == nullptr) return tail;
    tail.op = {*convolution, shuffle->factor, false};
    tail.inputs = node.inputs;
    tail.inner = {&node};
    tail.last = next;
    if (const Node* sum = only_reader(graph_, readers_, next->output)) add_base(tail, *sum);
    return tail;
  }

 private:
  // Draws in `sum`, the only reader of the shuffled map, where it adds an enlarged base.
  void add_base(Tail& tail, const Node& sum) const {
    const auto* add = std::get_if<Add>(&sum.op);
    if (add == nullptr || add->scales != std::vector<float>{1.0f, 1.0f}) return;
    // a + b == b + a in floating point too.
    const ValueId enlarged = sum.inputs[sum.inputs[0] == tail.last->output ? 1 : 0];
    const Node* resize = producers_[static_cast<size_t>(enlarged)];
    if (resize == nullptr || !repeats(*resize, tail.op.factor) ||
        only_reader(graph_, readers_, enlarged) != &sum)
      return;
    tail.op.base = true;
    tail.inputs.push_back(resize->inputs[0]);
    tail.inner.insert(tail.inner.end(), {tail.last, resize});
    tail.last = &sum;
  }

  static bool repeats(const Node& node, int64_t factor) {
    const auto* resize = std::get_if<Resize>(&node.op);
    return resize != nullptr && resize->filter == ResizeFilter::kNearest &&
           resize->scale == Scale{factor, 1};
  }

  const Graph& graph_;
  std::vector<std::vector<size_t>> readers_;
  std::vector<const Node*> producers_;
};

}  // namespace

Result<Graph> fuse_shuffle(const Graph& graph, const HasKernel& has_kernel) {
  const ShuffleFinder finder(graph);
  Replacements replacements;
  for (const Node& node : graph.nodes()) {
    ShuffleFinder::Tail tail = finder.find(node);
    if (tail.last == nullptr) continue;
    if (!has_kernel || has_kernel(tail.op, graph.value(tail.inputs[0]).channels))
      replacements.add(*tail.last, std::move(tail.op), std::move(tail.inputs), tail.inner);
  }
  return replacements.apply(graph);
}

}  // namespace fovea
