// Each pass keeps the function: bit for bit where it only moves work, within rounding where it sums
// weights anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "engine/passes/passes.h"
#include "engine/run_whole.h"
#include "tests/compare.h"
#include "tests/random_networks.h"

namespace fovea::test {
namespace {

template <class Kind>
int64_t count(const Graph& graph) {
  int64_t nodes = 0;
  for (const Node& node : graph.nodes()) nodes += std::holds_alternative<Kind>(node.op) ? 1 : 0;
  return nodes;
}

Tensor run(const Graph& graph, const Tensor& input) {
  auto output = run_whole(*make_reference_backend(), graph, input);
  EXPECT_TRUE(output) << output.error().message;
  return output ? std::move(*output) : Tensor();
}

const Tensor& as_const(const Tensor& map) { return map; }

TEST(Passes, ExactOnesKeepEveryBit) {
  for (const Network& network : all_networks()) {
    SCOPED_TRACE(network.name);
    RandomValues random(1);
    const Tensor input = random.map({4 * network.padding_multiple, 5 * network.padding_multiple},
                                    network.graph.value(network.graph.input()).channels);
    const Tensor expected = run(network.graph, input);
    for (const auto pass : {remove_unused, fuse_epilogue, recompute_first}) {
      const auto rewritten = pass(network.graph);
      ASSERT_TRUE(rewritten) << rewritten.error().message;
      EXPECT_TRUE(same_bits(expected.view(), as_const(run(*rewritten, input)).view()));
    }
  }
}

TEST(Passes, FuseEpilogueDrawsInActivationsAndResiduals) {
  const Network network = dense_network(1, 1, 2, 1);
  const auto fused = fuse_epilogue(network.graph);
  ASSERT_TRUE(fused);
  EXPECT_GT(count<Activate>(network.graph), 0);
  EXPECT_EQ(count<Activate>(*fused), 0);
  EXPECT_EQ(count<Add>(*fused), 0);
  EXPECT_EQ(count<Convolution>(*fused), count<Convolution>(network.graph));
  // The last dense block's convolution carries its own residual and the RRDB's.
  size_t longest = 0;
  for (const Node& node : fused->nodes()) {
    if (const auto* convolution = std::get_if<Convolution>(&node.op))
      longest = std::max(longest, convolution->residuals.size());
  }
  EXPECT_EQ(longest, 2u);
}

TEST(Passes, FuseEpilogueLeavesWhatOthersRead) {
  RandomValues random(2);
  Graph graph;
  const ValueId input = graph.add_input(4);
  const ValueId value = *random.convolution(graph, input, 4, 3, 3);
  const ValueId activated =
      *graph.add(Activate{{ActivationKind::kRelu, 0, kNoParameter}}, {value}, "relu");
  ASSERT_TRUE(
      graph.add(Add{{1, 1}}, {value, activated}, "sum"));  // reads the sums before the activation
  const auto fused = fuse_epilogue(graph);
  ASSERT_TRUE(fused);
  EXPECT_EQ(fused->nodes().size(), graph.nodes().size());
  const Tensor map = random.map({5, 6}, 4);
  EXPECT_TRUE(same_bits(as_const(run(graph, map)).view(), as_const(run(*fused, map)).view()));
}

TEST(Passes, FuseEpilogueTakesOneOfTwoConvolutionsOfASum) {
  RandomValues random(3);
  Graph graph;
  const ValueId input = graph.add_input(4);
  const ValueId a = *random.convolution(graph, input, 4, 3, 3);
  const ValueId b = *random.convolution(graph, input, 4, 3, 3);
  ASSERT_TRUE(graph.add(Add{{0.5f, 2.0f}}, {a, b}, "sum"));
  const auto fused = fuse_epilogue(graph);
  ASSERT_TRUE(fused);
  EXPECT_EQ(fused->nodes().size(), 2u);
  const Tensor map = random.map({5, 6}, 4);
  EXPECT_TRUE(same_bits(as_const(run(graph, map)).view(), as_const(run(*fused, map)).view()));
}

// The four steps of a compact network's tail become one.
TEST(Passes, FuseShuffleIsExact) {
  for (const int64_t factor : {1, 2, 3, 4}) {
    SCOPED_TRACE(factor);
    const Network network = shuffle_network(12, 2, factor, {1, 1});
    const auto fused = fuse_shuffle(*fuse_epilogue(network.graph));
    ASSERT_TRUE(fused) << fused.error().message;
    EXPECT_EQ(fused->nodes().size(), 3u);
    EXPECT_EQ(count<ShuffleConvolution>(*fused), 1);
    EXPECT_EQ(parameter_count(*fused), parameter_count(network.graph));
    EXPECT_EQ(*multiply_accumulates(*fused, {8, 8}), *multiply_accumulates(network.graph, {8, 8}));
    EXPECT_EQ(receptive_radius(*fused), receptive_radius(network.graph));
    RandomValues random(13);
    for (const Size size : {Size{1, 1}, Size{3, 4}, Size{13, 6}}) {
      const Tensor map = random.map(size, 3);
      EXPECT_TRUE(
          same_bits(as_const(run(network.graph, map)).view(), as_const(run(*fused, map)).view()));
    }
  }
}

// A shuffle without a base, and bases that are something else: what can be fused is, and what
// cannot stays.
TEST(Passes, FuseShuffleLeavesWhatIsNoBase) {
  const Resize twice{ResizeFilter::kNearest, {2, 1}};
  struct Tail {
    std::string name;
    Add add;
    Resize resize;
    bool read_twice;
  };
  const std::vector<Tail> tails = {
      {"scaled", Add{{1.0f, 0.5f}}, twice, false},
      {"bilinear", Add{{1, 1}}, {ResizeFilter::kBilinear, {2, 1}}, false},
      {"read_twice", Add{{1, 1}}, twice, true}};
  for (const Tail& tail : tails) {
    SCOPED_TRACE(tail.name);
    RandomValues random(14);
    Graph graph;
    const ValueId input = graph.add_input(3);
    const ValueId sums = *random.convolution(graph, input, 12, 3, 3);
    const ValueId shuffled = *graph.add(PixelShuffle{2}, {sums}, "shuffle");
    const ValueId base = *graph.add(tail.resize, {input}, "base");
    const ValueId added = *graph.add(tail.add, {shuffled, base}, "add");
    if (tail.read_twice) (void)*graph.add(Multiply{}, {added, base}, "product");
    const auto fused = fuse_shuffle(graph);
    ASSERT_TRUE(fused) << fused.error().message;
    EXPECT_EQ(fused->nodes().size(), graph.nodes().size() - 1);
    EXPECT_EQ(count<ShuffleConvolution>(*fused), 1);
    EXPECT_EQ(count<Add>(*fused), 1);
    const Tensor map = random.map({5, 6}, 3);
    EXPECT_TRUE(same_bits(as_const(run(graph, map)).view(), as_const(run(*fused, map)).view()));
  }
}

// The convolution's own result is read too, or it carries a residual.
TEST(Passes, FuseShuffleLeavesOtherConvolutions) {
  RandomValues random(15);
  Graph graph;
  const ValueId input = graph.add_input(12);
  const ValueId read_twice = *random.convolution(graph, input, 12, 3, 3);
  const ValueId residual = *random.convolution(graph, read_twice, 12, 3, 3);
  const ValueId sum = *graph.add(Add{{1, 1}}, {residual, read_twice}, "residual");
  const ValueId a = *graph.add(PixelShuffle{2}, {sum}, "a");
  const ValueId b = *graph.add(PixelShuffle{2}, {read_twice}, "b");
  (void)*graph.add(Multiply{}, {a, b}, "product");
  const auto fused = fuse_shuffle(*fuse_epilogue(graph));
  ASSERT_TRUE(fused) << fused.error().message;
  EXPECT_EQ(count<ShuffleConvolution>(*fused), 0);
}

// Weights of a phase are sums of up to four, so each product's error is at most 4 eps of its
// magnitude; activations downstream are at most 1-Lipschitz. The bound is on the whole small
// network: depth x K x eps x scale.
TEST(Passes, FuseDenseBlockIsExactAndLeavesNoConcat) {
  const Network network = dense_network(9, 2, 1, 1);
  const auto fused = fuse_dense_block(*fuse_epilogue(network.graph));
  ASSERT_TRUE(fused) << fused.error().message;
  EXPECT_EQ(count<DenseBlock>(*fused), 6);
  EXPECT_EQ(count<Concat>(*fused), 0);
  EXPECT_EQ(parameter_count(*fused), parameter_count(network.graph));
  EXPECT_EQ(*multiply_accumulates(*fused, {8, 8}), *multiply_accumulates(network.graph, {8, 8}));
  EXPECT_EQ(receptive_radius(*fused), receptive_radius(network.graph));
  RandomValues random(10);
  for (const Size size : {Size{1, 1}, Size{3, 4}, Size{13, 6}}) {
    const Tensor map = random.map(size, 3);
    EXPECT_TRUE(
        same_bits(as_const(run(network.graph, map)).view(), as_const(run(*fused, map)).view()));
  }
}

// One of the block's results is read by something else too: then it must go on being written.
TEST(Passes, FuseDenseBlockLeavesOpenBlocks) {
  RandomValues random(11);
  Graph graph;
  const ValueId x = graph.add_input(4);
  const ValueId a = *random.convolution(graph, x, 4, 3, 3);
  const ValueId b = *random.convolution(graph, *graph.add(Concat{}, {x, a}, "ca"), 4, 3, 3);
  const ValueId c = *random.convolution(graph, *graph.add(Concat{}, {x, a, b}, "cb"), 4, 3, 3);
  ASSERT_TRUE(graph.add(Add{{1, 1}}, {c, a}, "sum"));
  const auto fused = fuse_dense_block(graph);
  ASSERT_TRUE(fused);
  EXPECT_EQ(count<DenseBlock>(*fused), 0);
}

TEST(Passes, RecomputeFirstSparesTheLongSkipItsMap) {
  // 5 RRDBs of 3 convolution blocks each: far between the first layer and the skip's end.
  const Network network = dense_network(7, 5, 1, 1);
  const auto fused = fuse_epilogue(network.graph);
  ASSERT_TRUE(fused);
  const auto rewritten = recompute_first(*fused);
  ASSERT_TRUE(rewritten) << rewritten.error().message;
  EXPECT_EQ(rewritten->nodes().size(), fused->nodes().size() + 1);
  EXPECT_EQ(rewritten->parameters().size(), fused->parameters().size());
  const auto first_layers = std::count_if(
      rewritten->nodes().begin(), rewritten->nodes().end(),
      [&](const Node& node) { return node.inputs == std::vector<ValueId>{rewritten->input()}; });
  EXPECT_EQ(first_layers, 2);
  RandomValues random(2);
  const Tensor input = random.map({7, 9}, network.graph.value(network.graph.input()).channels);
  EXPECT_TRUE(
      same_bits(as_const(run(*fused, input)).view(), as_const(run(*rewritten, input)).view()));

  // A skip over little is kept.
  const auto near = fuse_epilogue(dense_network(7, 1, 1, 1).graph);
  ASSERT_TRUE(near);
  const auto kept = recompute_first(*near);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->nodes().size(), near->nodes().size());
}

TEST(Passes, FoldUpsampleIsTheSameFunctionToTheBorder) {
  RandomValues random(4);
  Graph graph;
  ValueId value = graph.add_input(5);
  value = *graph.add(Resize{ResizeFilter::kNearest, {2, 1}, -0.5, true}, {value}, "up");
  value = *random.convolution(graph, value, 7, 3, 3);
  (void)*graph.add(Activate{{ActivationKind::kLeakyRelu, 0.2f, kNoParameter}}, {value}, "lrelu");
  const auto fused = fuse_epilogue(graph);
  const auto folded = fold_upsample(*fused);
  ASSERT_TRUE(folded);
  EXPECT_EQ(folded->nodes().size(), 1u);
  EXPECT_EQ(count<UpsampleConvolution>(*folded), 1);
  EXPECT_EQ(*multiply_accumulates(*folded, {4, 4}) * 9, *multiply_accumulates(*fused, {4, 4}) * 4);
  for (const Size size : {Size{1, 1}, Size{1, 6}, Size{5, 1}, Size{7, 8}}) {
    const Tensor map = random.map(size, 5);
    const Tensor expected = run(graph, map);
    const double terms = 5 * 9;
    EXPECT_TRUE(
        all_within(expected.view(), as_const(run(*folded, map)).view(),
                   4 * terms * std::numeric_limits<float>::epsilon() * max_magnitude(map.view())));
  }
}

TEST(Passes, FoldUpsampleLeavesOtherResizes) {
  RandomValues random(5);
  Graph graph;
  ValueId value = graph.add_input(2);
  value = *graph.add(Resize{ResizeFilter::kNearest, {3, 1}, -0.5, true}, {value}, "x3");
  value = *random.convolution(graph, value, 2, 3, 3);
  value = *graph.add(Resize{ResizeFilter::kBilinear, {2, 1}, -0.5, true}, {value}, "bilinear");
  value = *random.convolution(graph, value, 2, 3, 3);
  value = *graph.add(Resize{ResizeFilter::kNearest, {2, 1}, -0.5, true}, {value}, "x2");
  (void)*random.convolution(graph, value, 2, 5, 5);
  const auto folded = fold_upsample(graph);
  ASSERT_TRUE(folded);
  EXPECT_EQ(folded->nodes().size(), graph.nodes().size());
}

TEST(Passes, FoldAffineIsTheSameFunction) {
  RandomValues random(6);
  Graph graph;
  const ValueId input = graph.add_input(3);
  const ValueId value = *random.convolution(graph, input, 6, 3, 3);
  Affine affine;
  affine.weight = random.parameter(graph, "scale", {6}, 1.0f);
  affine.bias = random.parameter(graph, "shift", {6}, 1.0f);
  (void)*graph.add(affine, {value}, "norm");
  const auto folded = fold_affine(graph);
  ASSERT_TRUE(folded);
  EXPECT_EQ(folded->nodes().size(), 1u);
  const Tensor map = random.map({6, 7}, 3);
  const double terms = 3 * 9 + 2;
  EXPECT_TRUE(
      all_within(as_const(run(graph, map)).view(), as_const(run(*folded, map)).view(),
                 4 * terms * std::numeric_limits<float>::epsilon() * max_magnitude(map.view())));
}

TEST(Passes, RemoveUnusedDropsNodesAndParameters) {
  RandomValues random(7);
  Graph graph;
  const ValueId input = graph.add_input(3);
  const ValueId kept = *random.convolution(graph, input, 4, 3, 3);
  (void)*random.convolution(graph, input, 9, 3, 3);
  graph.set_output(kept);
  const auto lean = remove_unused(graph);
  ASSERT_TRUE(lean);
  EXPECT_EQ(lean->nodes().size(), 1u);
  EXPECT_EQ(lean->parameters().size(), 2u);
}

TEST(Passes, PlaceConcatGivesADenseBlockOneBuffer) {
  const Network network = dense_network(8, 1, 1, 1);
  const auto placed = place_concat(network.graph);
  ASSERT_TRUE(placed);
  for (const Node& node : placed->nodes()) {
    if (!std::holds_alternative<Concat>(node.op)) continue;
    const Placement own = placed->value(node.output).placement;
    int64_t offset = own.channel_offset;
    for (const ValueId id : node.inputs) {
      EXPECT_EQ(placed->value(id).placement.root, own.root);
      EXPECT_EQ(placed->value(id).placement.channel_offset, offset);
      offset += placed->value(id).channels;
    }
  }
}

// No two values may claim the same channels of a map, unless one is the concat that contains the
// other.
TEST(Passes, PlaceConcatNeverSharesByAccident) {
  for (const Network& network : all_networks()) {
    SCOPED_TRACE(network.name);
    const auto placed = place_concat(network.graph);
    ASSERT_TRUE(placed);
    std::vector<bool> is_concat(placed->values().size(), false);
    for (const Node& node : placed->nodes())
      is_concat[static_cast<size_t>(node.output)] = std::holds_alternative<Concat>(node.op);
    for (size_t a = 0; a < placed->values().size(); ++a) {
      const Value& first = placed->values()[a];
      EXPECT_EQ(placed->value(first.placement.root).placement.root, first.placement.root);
      for (size_t b = a + 1; b < placed->values().size(); ++b) {
        const Value& second = placed->values()[b];
        if (first.placement.root != second.placement.root || is_concat[a] || is_concat[b]) continue;
        const bool apart =
            first.placement.channel_offset + first.channels <= second.placement.channel_offset ||
            second.placement.channel_offset + second.channels <= first.placement.channel_offset;
        EXPECT_TRUE(apart) << first.name << " and " << second.name;
      }
    }
  }
}

}  // namespace
}  // namespace fovea::test
