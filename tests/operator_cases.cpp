#include "tests/operator_cases.h"

#include <fmt/format.h>

#include "tests/random_values.h"

namespace fovea::test {
namespace {

class CaseList {
 public:
  std::vector<OperatorCase> cases;

  void convolution(Size size, int64_t in, int64_t out, int64_t kernel_h, int64_t kernel_w,
                   int64_t groups = 1, Activation activation = {}, int residuals = 0,
                   bool bias = true) {
    RandomValues random = next_random();
    Graph graph;
    const ValueId input = graph.add_input(in);
    std::vector<ValueId> inputs{input};
    for (int r = 0; r < residuals; ++r) {
      inputs.push_back(*random.convolution(graph, input, out, 1, 1));
    }
    Convolution op;
    op.weight = random.parameter(graph, "weight", {out, in / groups, kernel_h, kernel_w}, 0.3f);
    if (bias) op.bias = random.parameter(graph, "bias", {out}, 0.3f);
    op.out_channels = out;
    op.kernel_h = kernel_h;
    op.kernel_w = kernel_w;
    op.groups = groups;
    op.activation = activation;
    if (activation.kind == ActivationKind::kPrelu)
      op.activation.slopes = random.parameter(graph, "slopes", {out}, 0.3f);
    for (int r = 0; r < residuals; ++r)
      op.residuals.push_back({0.2f + 0.1f * static_cast<float>(r), 1.0f});
    add(fmt::format("Convolution_{}x{}_{}to{}_k{}x{}_g{}_{}_r{}{}", size.height, size.width, in,
                    out, kernel_h, kernel_w, groups, to_string(activation.kind), residuals,
                    bias ? "" : "_nobias"),
        std::move(graph), size, op, inputs);
  }

  void upsample_convolution(Size size, int64_t in, int64_t out) {
    RandomValues random = next_random();
    Graph graph;
    const ValueId input = graph.add_input(in);
    UpsampleConvolution op;
    op.weight = random.parameter(graph, "weight", {4, out, in, 2, 2}, 0.3f);
    op.bias = random.parameter(graph, "bias", {out}, 0.3f);
    op.out_channels = out;
    op.activation = {ActivationKind::kLeakyRelu, 0.2f, kNoParameter};
    add(fmt::format("UpsampleConvolution_{}x{}_{}to{}", size.height, size.width, in, out),
        std::move(graph), size, op, {input});
  }

  // `in` channels to `channels` of a map `factor` times as large.
  void shuffle_convolution(Size size, int64_t in, int64_t channels, int64_t factor, int64_t kernel,
                           bool base, Activation activation = {}, int64_t groups = 1) {
    RandomValues random = next_random();
    Graph graph;
    const ValueId input = graph.add_input(in);
    std::vector<ValueId> inputs{input};
    if (base) inputs.push_back(*random.convolution(graph, input, channels, 1, 1));
    const int64_t out = channels * factor * factor;
    ShuffleConvolution op;
    op.convolution.weight =
        random.parameter(graph, "weight", {out, in / groups, kernel, kernel}, 0.3f);
    op.convolution.bias = random.parameter(graph, "bias", {out}, 0.3f);
    op.convolution.out_channels = out;
    op.convolution.kernel_h = op.convolution.kernel_w = kernel;
    op.convolution.groups = groups;
    op.convolution.activation = activation;
    if (activation.kind == ActivationKind::kPrelu)
      op.convolution.activation.slopes = random.parameter(graph, "slopes", {out}, 0.3f);
    op.factor = factor;
    op.base = base;
    add(fmt::format("ShuffleConvolution_{}x{}_{}to{}x{}_k{}_g{}_{}{}", size.height, size.width, in,
                    channels, factor, kernel, groups, to_string(activation.kind),
                    base ? "_base" : ""),
        std::move(graph), size, op, inputs);
  }

  void dense_block(Size size, int64_t features, int64_t growth, int64_t out, int residuals) {
    RandomValues random = next_random();
    Graph graph;
    const ValueId input = graph.add_input(features);
    std::vector<ValueId> inputs{input};
    DenseBlock block;
    int64_t channels = features;
    for (int n = 0; n < 5; ++n) {
      Convolution op;
      op.out_channels = n == 4 ? out : growth;
      op.kernel_h = op.kernel_w = 3;
      op.weight = random.parameter(graph, "weight", {op.out_channels, channels, 3, 3},
                                   0.3f / static_cast<float>(n + 1));
      op.bias = random.parameter(graph, "bias", {op.out_channels}, 0.3f);
      if (n < 4) op.activation = {ActivationKind::kLeakyRelu, 0.2f, kNoParameter};
      channels += op.out_channels;
      block.convolutions.push_back(op);
    }
    for (int r = 0; r < residuals; ++r) {
      block.convolutions.back().residuals.push_back({0.2f, 1.0f});
      inputs.push_back(r == 0 && out == features ? input
                                                 : *random.convolution(graph, input, out, 1, 1));
    }
    add(fmt::format("DenseBlock_{}x{}_{}grow{}to{}_r{}", size.height, size.width, features, growth,
                    out, residuals),
        std::move(graph), size, block, inputs);
  }

  void activate(Size size, int64_t channels, ActivationKind kind) {
    RandomValues random = next_random();
    Graph graph;
    const ValueId input = graph.add_input(channels);
    Activate op{{kind, 0.1f, kNoParameter}};
    if (kind == ActivationKind::kPrelu)
      op.activation.slopes = random.parameter(graph, "slopes", {channels}, 0.3f);
    add(fmt::format("Activate_{}x{}_{}_{}", size.height, size.width, channels, to_string(kind)),
        std::move(graph), size, op, {input});
  }

  // An operator on `widths.size()` inputs of those channels.
  void several(const std::string& name, Size size, const std::vector<int64_t>& widths,
               const Operator& op) {
    RandomValues random = next_random();
    Graph graph;
    const ValueId input = graph.add_input(widths[0]);
    std::vector<ValueId> inputs{input};
    for (size_t n = 1; n < widths.size(); ++n)
      inputs.push_back(*random.convolution(graph, input, widths[n], 1, 1));
    add(fmt::format("{}_{}x{}_{}", name, size.height, size.width, fmt::join(widths, "and")),
        std::move(graph), size, op, inputs);
  }

  void affine(Size size, int64_t channels, bool weight, bool bias) {
    RandomValues random = next_random();
    Graph graph;
    const ValueId input = graph.add_input(channels);
    Affine op;
    if (weight) op.weight = random.parameter(graph, "weight", {channels}, 1.0f);
    if (bias) op.bias = random.parameter(graph, "bias", {channels}, 1.0f);
    add(fmt::format("Affine_{}x{}_{}{}{}", size.height, size.width, channels,
                    weight ? "_weight" : "", bias ? "_bias" : ""),
        std::move(graph), size, op, {input});
  }

  // Sums, products and enlargements of the input by what is made of it: one pixel for the whole
  // picture, or a map of another size.
  void with_average(const std::string& name, Size size, int64_t channels, const Operator& op) {
    Graph graph;
    const ValueId input = graph.add_input(channels);
    const ValueId average = *graph.add(GlobalAverage{}, {input}, "average");
    add(fmt::format("{}_{}x{}_{}", name, size.height, size.width, channels), std::move(graph), size,
        op, {input, average});
  }

  void resize_to_another(Size size, int64_t channels, ResizeFilter filter) {
    Graph graph;
    const ValueId input = graph.add_input(channels);
    const ValueId pooled = *graph.add(Pool{PoolKind::kMax, 2, 3, 0}, {input}, "pool");
    add(fmt::format("ResizeToAnother_{}x{}_{}_{}", size.height, size.width, channels,
                    to_string(filter)),
        std::move(graph), size, Resize{filter, kUnknownScale, -0.75, false}, {pooled, input});
  }

  void crop_to_another(Size size, const Crop& op) {
    Graph graph;
    const ValueId input = graph.add_input(2);
    const ValueId large = *graph.add(Resize{ResizeFilter::kNearest, {op.factor, 1}}, {input}, "up");
    const ValueId padded =
        *graph.add(Pad{PadMode::kReplicate, op.margin, 4 * op.factor}, {large}, "pad");
    add(fmt::format("CropToAnother_{}x{}_{}_x{}", size.height, size.width, op.margin, op.factor),
        std::move(graph), size, op, {padded, input});
  }

  template <class Norm>
  void norm(const std::string& name, Size size, int64_t channels, Norm op, bool parameters = true) {
    RandomValues random = next_random();
    Graph graph;
    const ValueId input = graph.add_input(channels);
    if (parameters) {
      op.weight = random.parameter(graph, "weight", {channels}, 1.0f);
      op.bias = random.parameter(graph, "bias", {channels}, 1.0f);
    }
    add(fmt::format("{}_{}x{}_{}{}", name, size.height, size.width, channels,
                    parameters ? "" : "_plain"),
        std::move(graph), size, op, {input});
  }

  // Offsets about as long as a pixel, some of them beyond the map.
  void grid_sample(Size size, int64_t channels, int64_t factor, int64_t groups) {
    RandomValues random = next_random();
    Graph graph;
    const ValueId input = graph.add_input(channels);
    const ValueId offsets = *random.convolution(graph, input, 2 * groups * factor * factor, 1, 1);
    add(fmt::format("GridSample_{}x{}_{}_x{}_g{}", size.height, size.width, channels, factor,
                    groups),
        std::move(graph), size, GridSample{factor, groups}, {input, offsets});
  }

  void resize(Size size, ResizeFilter filter, Scale scale, double a, bool antialias) {
    Graph graph;
    const ValueId input = graph.add_input(3);
    add(fmt::format("Resize_{}x{}_{}_{}over{}_a{}{}", size.height, size.width, to_string(filter),
                    scale.numerator, scale.denominator, static_cast<int>(-100 * a),
                    antialias ? "_antialias" : ""),
        std::move(graph), size, Resize{filter, scale, a, antialias}, {input});
  }

 private:
  RandomValues next_random() { return RandomValues(static_cast<uint32_t>(1000 + cases.size())); }

  void add(std::string name, Graph graph, Size size, const Operator& op,
           const std::vector<ValueId>& inputs) {
    const auto added = graph.add(op, inputs, "under_test");
    if (!added) name = "INVALID_" + added.error().message;  // the test of all cases refuses these
    cases.push_back({std::move(name), std::move(graph), size});
  }
};

constexpr Size kSizes[] = {{1, 1}, {1, 7}, {5, 1}, {3, 4}, {7, 9}, {16, 33}};

// Operators that see the whole picture, or pixels around the one they write.
void reaching_cases(CaseList& list, Size size) {
  list.several("GlobalAverage", size, {5}, GlobalAverage{});
  list.several("GlobalDeviation", size, {17}, GlobalAverage{true});
  list.with_average("AddAverage", size, 5, Add{{1.0f, -0.5f}});
  list.with_average("MultiplyAverage", size, 20, Multiply{});
  list.norm("GroupNorm3", size, 9, GroupNormFactors{3, 1e-5});
  list.norm("GroupNorm1", size, 4, GroupNormFactors{1, 1e-3}, false);
  list.norm("LayerNorm", size, 21, ChannelNorm{true, 1e-6});
  list.norm("LayerNorm", size, 3, ChannelNorm{true, 1e-6}, false);
  list.norm("RMSNorm", size, 40, ChannelNorm{false, 1e-6});
  ChannelNorm to_root{false, 0.1};
  to_root.adds_to_root = true;
  list.norm("RMSNormToRoot", size, 20, to_root);
  for (const int64_t margin : {1, 3, 9}) {
    list.several(fmt::format("PadReflect{}", margin), size, {3}, Pad{PadMode::kReflect, margin});
    list.several(fmt::format("PadReplicate{}to4", margin), size, {2},
                 Pad{PadMode::kReplicate, margin, 4});
    list.several(fmt::format("PadZero{}to3", margin), size, {2}, Pad{PadMode::kZero, margin, 3});
  }
  list.several("PadReflectTo4", size, {3}, Pad{PadMode::kReflect, 0, 4});
  list.several("PadReflect2To8", size, {3}, Pad{PadMode::kReflect, 2, 8});
  const Size larger{size.height + 14, size.width + 14};
  list.several("Crop3", larger, {3}, Crop{3});
  list.crop_to_another(size, Crop{2, 1});
  list.crop_to_another(size, Crop{3, 2});
  list.several("MaxPool7s3m1", larger, {5}, Pool{PoolKind::kMax, 7, 3, 1});
  list.several("MaxPool2s2", larger, {3}, Pool{PoolKind::kMax, 2, 2, 0});
  list.several("AveragePool3s2", larger, {5}, Pool{PoolKind::kAverage, 3, 2, 0});
  list.several("EverySecond", larger, {5}, Pool{PoolKind::kMax, 1, 2, 1});
  for (const ResizeFilter filter : {ResizeFilter::kBilinear, ResizeFilter::kNearest})
    list.resize_to_another(larger, 5, filter);
  list.grid_sample(size, 12, 2, 4);
  list.grid_sample(size, 6, 3, 3);
}

}  // namespace

std::vector<OperatorCase> operator_cases() {
  CaseList list;
  const Activation relu{ActivationKind::kRelu, 0, kNoParameter};
  const Activation leaky{ActivationKind::kLeakyRelu, 0.2f, kNoParameter};
  const Activation prelu{ActivationKind::kPrelu, 0, kNoParameter};
  for (const Size size : kSizes) {
    list.convolution(size, 3, 16, 3, 3, 1, leaky);
    list.convolution(size, 16, 3, 3, 3);
    list.convolution(size, 5, 7, 1, 1, 1, relu, 0, false);
    list.convolution(size, 1, 9, 9, 9, 1, relu);
    list.convolution(size, 3, 17, 9, 9, 1, relu);
    list.convolution(size, 9, 8, 5, 5, 1, prelu);
    list.convolution(size, 4, 6, 3, 5);
    list.convolution(size, 12, 8, 3, 3, 1, leaky, 1);
    list.convolution(size, 12, 17, 3, 3, 1, {}, 2);
    list.convolution(size, 6, 6, 3, 3, 6);
    list.convolution(size, 8, 12, 3, 3, 4, relu, 1);
    list.upsample_convolution(size, 5, 6);
    list.upsample_convolution(size, 20, 35);
    list.dense_block(size, 16, 8, 16, 1);
    list.dense_block(size, 9, 10, 12, 2);
    list.several("Add", size, {5, 5}, Add{{0.2f, 1.0f}});
    list.several("Add", size, {4, 4, 4}, Add{{1.0f, -0.5f, 0.25f}});
    list.several("Multiply", size, {3, 3}, Multiply{});
    list.several("Concat", size, {3, 5, 2}, Concat{});
    list.several("Slice", size, {7}, Slice{2, 4});
    list.several("PixelShuffle2", size, {12}, PixelShuffle{2});
    list.several("PixelShuffle3", size, {9}, PixelShuffle{3});
    list.several("Clamp", size, {3}, Clamp{-0.5f, 0.75f});
    list.affine(size, 5, true, true);
    list.affine(size, 5, true, false);
    list.affine(size, 5, false, true);
    const Size even{size.height * 4, size.width * 2};
    list.several("PixelUnshuffle2", even, {3}, PixelUnshuffle{2});
  }
  list.several("PixelUnshuffle4", {8, 12}, {2}, PixelUnshuffle{4});
  for (const ActivationKind kind :
       {ActivationKind::kNone, ActivationKind::kRelu, ActivationKind::kLeakyRelu,
        ActivationKind::kPrelu, ActivationKind::kSigmoid, ActivationKind::kSilu,
        ActivationKind::kTanh, ActivationKind::kGelu, ActivationKind::kMish,
        ActivationKind::kHardSwish})
    list.activate({7, 9}, 5, kind);
  for (const Size size : kSizes) {
    for (const Scale scale : {Scale{2, 1}, Scale{4, 1}, Scale{3, 4}, Scale{1, 2}, Scale{17, 10}}) {
      list.resize(size, ResizeFilter::kNearest, scale, -0.5, true);
      list.resize(size, ResizeFilter::kBilinear, scale, -0.5, true);
      list.resize(size, ResizeFilter::kBicubic, scale, -0.5, true);
      list.resize(size, ResizeFilter::kBicubic, scale, -0.75, false);
      list.resize(size, ResizeFilter::kLanczos3, scale, -0.5, true);
    }
  }
  for (const Size size : kSizes) {
    list.shuffle_convolution(size, 12, 3, 4, 3, true);
    list.shuffle_convolution(size, 9, 3, 2, 3, false, leaky);
    list.shuffle_convolution(size, 8, 5, 3, 5, true, prelu);
    list.shuffle_convolution(size, 10, 11, 1, 3, true);
    list.shuffle_convolution(size, 8, 9, 2, 3, true, {ActivationKind::kTanh, 0, kNoParameter});
    list.shuffle_convolution(size, 3, 3, 4, 3, true);          // too few channels for Winograd
    list.shuffle_convolution(size, 16, 1, 2, 3, true, prelu);  // four outputs
    list.shuffle_convolution(size, 8, 2, 2, 1, false);
    list.shuffle_convolution(size, 8, 3, 2, 3, true, relu, 4);
  }
  for (const Size size : kSizes) reaching_cases(list, size);
  for (const Size size : kSizes) {
    list.convolution(size, 20, 20, 7, 7, 20, leaky, 1);
    list.convolution(size, 5, 5, 5, 3, 5, prelu, 0, false);
    list.convolution(size, 33, 33, 5, 5, 33);
  }
  list.several("GlobalAverage", {130, 70}, {20}, GlobalAverage{});
  list.norm("GroupNorm4", {130, 70}, 20, GroupNormFactors{4, 1e-5});
  return std::move(list.cases);
}

std::vector<Tensor> random_inputs(const OperatorCase& operator_case) {
  const auto sizes = infer_sizes(operator_case.graph, operator_case.input);
  RandomValues random(7);
  std::vector<Tensor> inputs;
  for (const ValueId id : operator_case.node().inputs)
    inputs.push_back(
        random.map((*sizes)[static_cast<size_t>(id)], operator_case.graph.value(id).channels));
  return inputs;
}

}  // namespace fovea::test
