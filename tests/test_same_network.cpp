// Whether two graphs are the same network, told from near ones.
#include <gtest/gtest.h>

#include "loaders/same_network.h"

namespace fovea {
namespace {

struct Network {
  float tap = 0.5f;
  bool bias = true;
  ActivationKind activation = ActivationKind::kRelu;
  float slope = 0.0f;
  bool base_first = false;  // in the order of nodes alone
  bool clamps = false;
  bool adds_to_itself = false;
};

ValueId add(Graph& graph, Operator op, std::vector<ValueId> inputs, const char* name) {
  const auto id = graph.add(std::move(op), std::move(inputs), name);
  EXPECT_TRUE(id) << id.error().message;
  return id ? *id : kNoValue;
}

// Shuffled, activated convolution, plus the picture twice as large.
Graph graph_of(const Network& network) {
  Graph graph;
  const ValueId x = graph.add_input(1);
  const Resize twice{ResizeFilter::kNearest, Scale{2, 1}};
  ValueId base = network.base_first ? add(graph, twice, {x}, "base") : kNoValue;
  Convolution op;
  op.weight =
      graph.add_parameter(make_weight("w", {4, 1, 1, 1}, std::vector<float>{1, 2, 3, network.tap}));
  if (network.bias)
    op.bias = graph.add_parameter(make_weight("b", {4}, std::vector<float>(4, 0.25f)));
  op.out_channels = 4;
  op.kernel_h = op.kernel_w = 1;
  ValueId y = add(graph, op, {x}, "conv");
  y = add(graph, Activate{{network.activation, network.slope}}, {y}, "act");
  y = add(graph, PixelShuffle{2}, {y}, "shuffle");
  if (!network.base_first) base = add(graph, twice, {x}, "base");
  y = add(graph, Add{{1.0f, 1.0f}}, {y, network.adds_to_itself ? y : base}, "sum");
  if (network.clamps) y = add(graph, Clamp{0.0f, 1.0f}, {y}, "clip");
  graph.set_output(y);
  return graph;
}

bool equal(const Network& a, const Network& b) {
  const auto found = difference(graph_of(a), graph_of(b));
  EXPECT_TRUE(found) << found.error().message;
  return found && !*found;
}

TEST(SameNetwork, ItselfAndInAnotherOrderOfNodes) {
  EXPECT_TRUE(equal({}, {}));
  EXPECT_TRUE(equal({}, {.base_first = true}));
  EXPECT_TRUE(equal({.slope = 0.1f}, {.slope = 0.2f}));  // which ReLU has none of
}

TEST(SameNetwork, NearOnes) {
  for (const Network& other : {Network{.tap = 0.5000001f}, Network{.bias = false},
                               Network{.activation = ActivationKind::kSilu},
                               Network{.activation = ActivationKind::kLeakyRelu, .slope = 0.1f},
                               Network{.clamps = true}, Network{.adds_to_itself = true}}) {
    EXPECT_FALSE(equal({}, other));
    EXPECT_FALSE(equal(other, {}));
    EXPECT_TRUE(equal(other, other));
  }
  EXPECT_FALSE(equal({.activation = ActivationKind::kLeakyRelu, .slope = 0.1f},
                     {.activation = ActivationKind::kLeakyRelu, .slope = 0.2f}));
}

// x - 0.5 by a bias alone, or by a weight of ones too.
TEST(SameNetwork, WeightsOfOne) {
  const auto line = [](bool weight, float factor) {
    Graph graph;
    const ValueId x = graph.add_input(1);
    Affine op;
    if (weight) op.weight = graph.add_parameter(make_weight("w", {1}, std::vector{factor}));
    op.bias = graph.add_parameter(make_weight("b", {1}, std::vector{-0.5f}));
    graph.set_output(add(graph, op, {x}, "line"));
    return graph;
  };
  const auto same = difference(line(false, 1), line(true, 1));
  EXPECT_TRUE(same && !*same);
  const auto other = difference(line(false, 1), line(true, 2));
  EXPECT_TRUE(other && *other);
}

TEST(SameNetwork, IsToldByName) {
  const auto found = difference(graph_of({}), graph_of({.clamps = true}));
  ASSERT_TRUE(found && *found);
  EXPECT_NE((*found)->find("clip (Clamp)"), std::string::npos) << **found;
}

}  // namespace
}  // namespace fovea
