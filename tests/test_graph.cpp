// Shapes, sizes, what rows need, receptive fields, and what a graph refuses.
#include <gtest/gtest.h>

#include "engine/graph.h"
#include "engine/model.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

std::string refusal(const Result<ValueId>& result) {
  return result ? "accepted" : result.error().message;
}

TEST(Graph, InfersChannelsAndScales) {
  RandomValues random(1);
  Graph graph;
  const ValueId input = graph.add_input(3);
  const ValueId features = *random.convolution(graph, input, 48, 3, 3);
  const ValueId large = *graph.add(PixelShuffle{4}, {features}, "shuffle");
  EXPECT_EQ(graph.value(large).channels, 3);
  EXPECT_EQ(graph.value(large).scale, (Scale{4, 1}));
  const ValueId small =
      *graph.add(Resize{ResizeFilter::kBicubic, {3, 4}, -0.75, false}, {large}, "resize");
  EXPECT_EQ(graph.value(small).scale, (Scale{3, 1}));
  EXPECT_EQ(graph.output(), small);
  const auto sizes = infer_sizes(graph, {5, 7});
  ASSERT_TRUE(sizes);
  EXPECT_EQ((*sizes)[static_cast<size_t>(small)], (Size{15, 21}));
}

TEST(Graph, RefusesWhatDoesNotFit) {
  RandomValues random(2);
  Graph graph;
  const ValueId input = graph.add_input(4);
  const ValueId other = *random.convolution(graph, input, 6, 3, 3);
  Convolution op;
  op.weight = random.parameter(graph, "w", {8, 4, 3, 3}, 1);
  op.out_channels = 8;
  op.kernel_h = op.kernel_w = 3;

  Convolution even = op;
  even.kernel_h = 2;
  EXPECT_NE(refusal(graph.add(even, {input}, "even")).find("not odd"), std::string::npos);
  EXPECT_NE(refusal(graph.add(op, {other}, "shape")).find("expected [8, 6, 3, 3]"),
            std::string::npos);
  Convolution bias = op;
  bias.bias = random.parameter(graph, "b", {7}, 1);
  EXPECT_NE(refusal(graph.add(bias, {input}, "bias")).find("[7], expected [8]"), std::string::npos);
  Convolution groups = op;
  groups.groups = 3;
  EXPECT_NE(refusal(graph.add(groups, {input}, "groups")).find("3 groups"), std::string::npos);
  Convolution residual = op;
  residual.residuals = {{1, 1}};
  EXPECT_NE(refusal(graph.add(residual, {input, other}, "res")).find("residual"),
            std::string::npos);
  EXPECT_NE(refusal(graph.add(Add{{1, 1}}, {input, other}, "add")).find("different shapes"),
            std::string::npos);
  EXPECT_NE(refusal(graph.add(Add{{1, 1}}, {input}, "add1")).find("1 inputs, expected 2"),
            std::string::npos);
  EXPECT_NE(refusal(graph.add(PixelShuffle{3}, {input}, "ps")).find("3^2"), std::string::npos);
  EXPECT_NE(refusal(graph.add(PixelShuffle{0}, {input}, "ps0")).find("1...16"), std::string::npos);
  EXPECT_NE(refusal(graph.add(Slice{2, 3}, {input}, "slice")).find("not within 4"),
            std::string::npos);
  EXPECT_NE(refusal(graph.add(Clamp{1, 0}, {input}, "clamp")).find("clamp"), std::string::npos);
  EXPECT_NE(refusal(graph.add(Activate{}, {99}, "gone")).find("does not exist"), std::string::npos);
  EXPECT_NE(refusal(graph.add(Resize{}, {kNoValue}, "none")).find("does not exist"),
            std::string::npos);
  Resize by_nothing;
  by_nothing.scale = {2, 0};
  EXPECT_NE(refusal(graph.add(by_nothing, {input}, "2/0")).find("scale is 2/0"), std::string::npos);
  for (const auto& value : graph.values())
    EXPECT_FALSE(value.name == "even" || value.name == "res");
}

TEST(Graph, RefusesShuffleConvolutionsThatDoNotFit) {
  RandomValues random(6);
  Graph graph;
  const ValueId input = graph.add_input(3);
  const ValueId large = *graph.add(Resize{ResizeFilter::kNearest, {2, 1}}, {input}, "large");
  ShuffleConvolution op;
  op.convolution.weight = random.parameter(graph, "weight", {12, 3, 3, 3}, 1.0f);
  op.convolution.out_channels = 12;
  op.convolution.kernel_h = op.convolution.kernel_w = 3;
  op.factor = 2;
  op.base = true;
  EXPECT_NE(refusal(graph.add(op, {input}, "alone")).find("1 inputs, expected 2"),
            std::string::npos);
  EXPECT_NE(refusal(graph.add(op, {input, large}, "large")).find("base large"), std::string::npos);
  op.factor = 3;
  EXPECT_NE(refusal(graph.add(op, {input, input}, "3")).find("3^2"), std::string::npos);
  op.factor = 2;
  op.convolution.residuals.push_back({});
  EXPECT_NE(refusal(graph.add(op, {input, input}, "res")).find("residuals"), std::string::npos);
  op.convolution.residuals.clear();
  const auto value = graph.add(op, {input, input}, "fits");
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(graph.value(*value).channels, 3);
  EXPECT_EQ(graph.value(*value).scale, (Scale{2, 1}));
  // Row 7 of the output lies on row 3 of the input: the convolution reads 2 ... 4, the base row 3.
  const Operator fused = op;
  EXPECT_EQ(rows_needed(fused, 0, {7, 8}, 10, 20), (RowRange{2, 5}));
  EXPECT_EQ(rows_needed(fused, 1, {7, 8}, 10, 20), (RowRange{3, 4}));
  EXPECT_EQ(*output_size(fused, {{10, 5}, {10, 5}}), (Size{20, 10}));
}

TEST(Graph, RefusesSizesThatDoNotFit) {
  Graph graph;
  const ValueId input = graph.add_input(1);
  ASSERT_TRUE(graph.add(PixelUnshuffle{2}, {input}, "unshuffle"));
  const auto odd = infer_sizes(graph, {4, 3});
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().message, "unshuffle: PixelUnshuffle by 2 of a map of 3x4 pixels");
  EXPECT_FALSE(infer_sizes(graph, {int64_t{1} << 40, 2}));
  EXPECT_FALSE(infer_sizes(graph, {0, 2}));
}

// A chain of n 3x3 convolutions sees n pixels far; each halving of a pixel counts in the input's
// pixels.
TEST(Graph, KnowsItsReceptiveRadius) {
  RandomValues random(3);
  Graph graph;
  ValueId value = graph.add_input(2);
  for (int i = 0; i < 18; ++i) value = *random.convolution(graph, value, 2, 3, 3);
  EXPECT_EQ(receptive_radius(graph), 18);
  value = *graph.add(Resize{ResizeFilter::kNearest, {2, 1}, -0.5, true}, {value}, "up");
  value = *random.convolution(graph, value, 2, 3, 3);
  EXPECT_EQ(receptive_radius(graph), 19);  // half a pixel more touches one more
  value = *random.convolution(graph, value, 2, 3, 3);
  EXPECT_EQ(receptive_radius(graph), 19);
  graph.set_output(graph.input());
  EXPECT_EQ(receptive_radius(graph), 0);
}

TEST(Graph, CountsParametersAndWork) {
  RandomValues random(4);
  Graph graph;
  const ValueId input = graph.add_input(3);
  const ValueId value = *random.convolution(graph, input, 8, 3, 3);
  ASSERT_TRUE(random.convolution(graph, value, 12, 1, 1));
  EXPECT_EQ(parameter_count(graph), 3 * 8 * 9 + 8 + 8 * 12 + 12);
  EXPECT_EQ(*multiply_accumulates(graph, {10, 20}), 200 * (3 * 8 * 9 + 8 * 12));
}

TEST(Graph, TakesOnePixelForTheWholePictureOnlyWhereItIsThat) {
  Graph graph;
  const ValueId input = graph.add_input(4);
  const ValueId mean = *graph.add(GlobalAverage{}, {input}, "mean");
  EXPECT_EQ(graph.value(mean).scale, kPictureWide);
  const ValueId sum = *graph.add(Add{{1, 1}}, {input, mean}, "sum");
  EXPECT_EQ(graph.value(sum).scale, (Scale{1, 1}));
  EXPECT_NE(refusal(graph.add(Add{{1, 1}}, {mean, input}, "other way")).find("different shapes"),
            std::string::npos);
  EXPECT_NE(refusal(graph.add(Concat{}, {input, mean}, "concat")).find("different scales"),
            std::string::npos);
  EXPECT_EQ(receptive_radius(graph), kWholePicture);
  // Of one pixel by chance.
  const ValueId inner = *graph.add(Crop{2}, {input}, "crop");
  ASSERT_TRUE(graph.add(Multiply{}, {input, inner}, "product"));
  EXPECT_FALSE(infer_sizes(graph, {5, 5}));
}

TEST(Graph, InfersSizesWithMargins) {
  Graph graph;
  const ValueId input = graph.add_input(1);
  const ValueId padded = *graph.add(Pad{PadMode::kReflect, 3, 4}, {input}, "pad");
  const ValueId cropped = *graph.add(Crop{3, 1}, {padded, input}, "crop");
  const ValueId pooled = *graph.add(Pool{PoolKind::kMax, 3, 2, 0}, {padded}, "pool");
  const ValueId resized =
      *graph.add(Resize{ResizeFilter::kBilinear, kUnknownScale}, {pooled, input}, "resize");
  const auto sizes = infer_sizes(graph, {5, 8});
  ASSERT_TRUE(sizes) << sizes.error().message;
  const auto size = [&](ValueId id) { return (*sizes)[static_cast<size_t>(id)]; };
  EXPECT_EQ(size(padded), (Size{14, 14}));
  EXPECT_EQ(size(cropped), (Size{5, 8}));
  EXPECT_EQ(size(pooled), (Size{6, 6}));
  EXPECT_EQ(size(resized), (Size{5, 8}));
  // A picture that is too small is the picture's fault, not the model's.
  ASSERT_TRUE(graph.add(Pool{PoolKind::kMax, 7, 3, 0}, {input}, "too small"));
  const auto refused = infer_sizes(graph, {6, 9});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPicture);
  EXPECT_NE(refused.error().message.find("7x7"), std::string::npos) << refused.error().message;
  EXPECT_NE(refusal(graph.add(Pad{PadMode::kZero, -1}, {input}, "pad")).find("margin -1"),
            std::string::npos);
  EXPECT_NE(refusal(graph.add(GridSample{2, 1}, {input, padded}, "sample")).find("expected 8"),
            std::string::npos);
}

TEST(Model, TakesAScaleWhereItHasNone) {
  const auto bicubic = classical_model("bicubic");
  ASSERT_TRUE(bicubic);
  EXPECT_FALSE(bicubic->scale.known());
  const auto scaled = with_scale(*bicubic, {3, 2});
  ASSERT_TRUE(scaled);
  EXPECT_EQ(scaled->scale, (Scale{3, 2}));
  EXPECT_EQ(scaled->graph.nodes().size(), 1u);
  EXPECT_FALSE(with_scale(*scaled, {2, 1}));
  EXPECT_TRUE(with_scale(*scaled, {3, 2}));
  EXPECT_FALSE(classical_model("cubic"));
  EXPECT_EQ(classical_model_names().size(), 4u);
}

TEST(Model, KeepsParametersWhenAResizeComesFirst) {
  RandomValues random(5);
  Model model;
  const ValueId input = model.graph.add_input(1);
  ASSERT_TRUE(random.convolution(model.graph, input, 1, 5, 5));
  model.resize_before = Resize{};
  const auto scaled = with_scale(model, {3, 1});
  ASSERT_TRUE(scaled) << scaled.error().message;
  EXPECT_EQ(scaled->graph.nodes().size(), 2u);
  EXPECT_EQ(parameter_count(scaled->graph), 26);
  EXPECT_EQ(scaled->graph.value(scaled->graph.output()).scale, (Scale{3, 1}));
}

}  // namespace
}  // namespace fovea::test
