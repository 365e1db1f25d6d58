#include <optional>
#include <set>

#include "engine/passes/passes.h"
#include "engine/passes/rewriter.h"

namespace fovea {
namespace {

// Two convolutions that share an input are no dense block yet; every published one has at least
// four.
constexpr size_t kMinConvolutions = 3;

// What the backends that take blocks have kernels for, and all that is published.
bool is_plain_3x3(const Convolution* convolution) {
  return convolution != nullptr && convolution->kernel_h == 3 && convolution->kernel_w == 3 &&
         convolution->groups == 1;
}

class BlockFinder {
 public:
  explicit BlockFinder(const Graph& graph)
      : graph_(graph), readers_(readers_of_values(graph)), producers_(producers_of_values(graph)) {}

  struct Block {
    DenseBlock op;
    std::vector<ValueId> inputs;
    std::vector<const Node*> inner;  // all nodes but the last convolution
  };

  // The block that ends with `last`, if it is one.
  std::optional<Block> find(const Node& last) const {
    const Node* joined = concat_before(last);
    if (joined == nullptr || joined->inputs.size() < kMinConvolutions ||
        !is_plain_3x3(&std::get<Convolution>(last.op)))
      return std::nullopt;
    const std::vector<ValueId>& grown = joined->inputs;
    Block block;
    block.inputs = last.inputs;
    block.inputs[0] = grown[0];
    for (size_t n = 1; n < grown.size(); ++n) {
      const Node* node = producer(grown[n]);
      const auto* convolution = node != nullptr ? std::get_if<Convolution>(&node->op) : nullptr;
      if (!is_plain_3x3(convolution) || !convolution->residuals.empty()) return std::nullopt;
      if (n == 1) {
        if (node->inputs[0] != grown[0]) return std::nullopt;
      } else {
        const Node* seen = concat_before(*node);
        if (seen == nullptr || !std::equal(seen->inputs.begin(), seen->inputs.end(), grown.begin(),
                                           grown.begin() + static_cast<int64_t>(n)))
          return std::nullopt;
        block.inner.push_back(seen);
      }
      block.inner.push_back(node);
      block.op.convolutions.push_back(*convolution);
    }
    block.inner.push_back(joined);
    block.op.convolutions.push_back(std::get<Convolution>(last.op));
    if (!is_closed(block, last)) return std::nullopt;
    return block;
  }

 private:
  const Node* producer(ValueId value) const { return producers_[static_cast<size_t>(value)]; }

  const Node* concat_before(const Node& node) const {
    if (!std::holds_alternative<Convolution>(node.op)) return nullptr;
    const Node* before = producer(node.inputs[0]);
    return before != nullptr && std::holds_alternative<Concat>(before->op) ? before : nullptr;
  }

  // True when nothing outside reads what the block will no longer write.
  bool is_closed(const Block& block, const Node& last) const {
    std::set<const Node*> members(block.inner.begin(), block.inner.end());
    members.insert(&last);
    for (const Node* node : block.inner) {
      if (node->output == graph_.output()) return false;
      for (const size_t reader : readers_[static_cast<size_t>(node->output)]) {
        if (!members.contains(&graph_.nodes()[reader])) return false;
      }
    }
    for (size_t i = 1; i < last.inputs.size(); ++i) {
      if (members.contains(producer(last.inputs[i]))) return false;
    }
    return true;
  }

  const Graph& graph_;
  std::vector<std::vector<size_t>> readers_;
  std::vector<const Node*> producers_;
};

}  // namespace

Result<Graph> fuse_dense_block(const Graph& graph) {
  const BlockFinder finder(graph);
  Replacements replacements;
  // From the back: the longest chain is found first, and its parts are no blocks of their own.
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    if (replacements.cover(*node)) continue;
    auto block = finder.find(*node);
    if (block)
      replacements.add(*node, std::move(block->op), std::move(block->inputs), block->inner);
  }
  return replacements.apply(graph);
}

}  // namespace fovea
