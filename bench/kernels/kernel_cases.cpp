#include "bench/kernels/kernel_cases.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "tests/operator_cases.h"
#include "tests/random_values.h"

namespace fovea::bench {
namespace {

constexpr Activation kNothing{};
constexpr Activation kLeaky{ActivationKind::kLeakyRelu, 0.2f, kNoParameter};
constexpr Activation kRelu{ActivationKind::kRelu, 0.0f, kNoParameter};
constexpr Activation kPrelu{ActivationKind::kPrelu, 0.0f, kNoParameter};

std::string text(Size size) { return fmt::format("{}x{}", size.height, size.width); }

class CaseList {
 public:
  std::vector<KernelCase> cases;

  void convolution(const char* network, Size size, int64_t in, int64_t out, int64_t kernel,
                   Activation activation = kNothing) {
    Graph graph;
    const ValueId input = graph.add_input(in);
    const Convolution op = weighted(graph, in, out, kernel, activation);
    add(fmt::format("{}/conv{}x{}_{}to{}/{}", network, kernel, kernel, in, out, text(size)),
        std::move(graph), size, op, {input});
  }

  void dense_block(Size size) {
    Graph graph;
    const ValueId input = graph.add_input(64);
    DenseBlock block;
    for (int64_t n = 0; n < 5; ++n)
      block.convolutions.push_back(
          weighted(graph, 64 + 32 * n, n < 4 ? 32 : 64, 3, n < 4 ? kLeaky : kNothing));
    block.convolutions.back().residuals.push_back({0.2f, 1.0f});
    add(fmt::format("RRDB/dense_block/{}", text(size)), std::move(graph), size, block,
        {input, input});
  }

  void plain(const std::string& name, Size size, int64_t channels, const Operator& op) {
    Graph graph;
    const ValueId input = graph.add_input(channels);
    add(fmt::format("{}/{}", name, text(size)), std::move(graph), size, op, {input});
  }

  // Nearest x2 and the convolution behind it.
  void upsampling(Size size) {
    Graph graph;
    const ValueId input = graph.add_input(64);
    const auto large = graph.add(Resize{ResizeFilter::kNearest, {2, 1}}, {input}, "resize");
    const Convolution op = weighted(graph, 64, 64, 3, kLeaky);
    add(fmt::format("RRDB/nearest_x2_and_conv_64to64/{}", text(size)), std::move(graph), size, op,
        {*large});
  }

  // The last convolution, the shuffle of its result, and what is added to it.
  void compact_tail(Size size) {
    Graph graph;
    const ValueId input = graph.add_input(64);
    const Convolution op = weighted(graph, 64, 48, 3, kNothing);
    const auto small = graph.add(op, {input}, "last");
    const auto shuffled = graph.add(PixelShuffle{4}, {*small}, "shuffle");
    const auto colours = graph.add(Slice{0, 3}, {input}, "colours");
    const auto base = graph.add(Resize{ResizeFilter::kNearest, {4, 1}}, {*colours}, "base");
    add(fmt::format("SRVGG/tail_64to3_x4/{}", text(size)), std::move(graph), size,
        Add{{1.0f, 1.0f}}, {*shuffled, *base});
  }

 private:
  // N(0, 2 / inputs of a sum): values keep their size (He et al. 2015).
  Convolution weighted(Graph& graph, int64_t in, int64_t out, int64_t kernel,
                       Activation activation) {
    test::RandomValues random(static_cast<uint32_t>(4000 + cases.size()));
    Convolution op;
    op.weight = random.parameter(graph, "weight", {out, in, kernel, kernel},
                                 std::sqrt(2.0f / static_cast<float>(in * kernel * kernel)));
    op.bias = random.parameter(graph, "bias", {out}, 0.1f);
    op.out_channels = out;
    op.kernel_h = op.kernel_w = kernel;
    op.activation = activation;
    if (activation.kind == ActivationKind::kPrelu)
      op.activation.slopes = random.parameter(graph, "slopes", {out}, 0.3f);
    return op;
  }

  void add(std::string name, Graph graph, Size size, const Operator& op,
           const std::vector<ValueId>& inputs) {
    const auto added = graph.add(op, inputs, "measured");
    if (!added) name += ": " + added.error().message;  // which test_kernel_cases refuses
    cases.push_back({std::move(name), std::move(graph), size, false});
  }
};

bool has_weights(const Operator& op) {
  return std::holds_alternative<Convolution>(op) || std::holds_alternative<DenseBlock>(op) ||
         std::holds_alternative<UpsampleConvolution>(op) ||
         std::holds_alternative<ShuffleConvolution>(op);
}

}  // namespace

std::vector<KernelCase> network_cases() {
  constexpr Size kTile{64, 64};
  constexpr Size kLargeTile{200, 200};
  constexpr Size kSmallFrame{180, 320};
  constexpr Size kFrame{360, 640};
  CaseList list;
  for (const Size size : {kTile, kLargeTile}) list.dense_block(size);
  list.convolution("RRDB", kTile, 3, 64, 3);
  for (const Size size : {kTile, kSmallFrame, kFrame})
    list.convolution("RRDB", size, 64, 64, 3, kLeaky);
  list.convolution("RRDB", {256, 256}, 64, 3, 3);
  list.plain("RRDB/nearest_x2_64", kTile, 64, Resize{ResizeFilter::kNearest, {2, 1}});
  list.plain("RRDB/nearest_x2_64", {128, 128}, 64, Resize{ResizeFilter::kNearest, {2, 1}});
  list.upsampling(kTile);
  list.upsampling({128, 128});

  list.convolution("SRVGG", kSmallFrame, 3, 64, 3, kPrelu);
  list.convolution("SRVGG", kSmallFrame, 64, 64, 3, kPrelu);
  list.convolution("SRVGG", kSmallFrame, 64, 48, 3);
  list.plain("SRVGG/pixel_shuffle_x4_3", kSmallFrame, 48, PixelShuffle{4});
  list.plain("SRVGG/nearest_x4_3", kSmallFrame, 3, Resize{ResizeFilter::kNearest, {4, 1}});
  list.compact_tail(kSmallFrame);

  list.convolution("SRCNN", kFrame, 1, 64, 9, kRelu);
  list.convolution("SRCNN", kFrame, 64, 32, 5, kRelu);
  list.convolution("SRCNN", kFrame, 32, 1, 5);
  list.plain("SRCNN/bicubic_x2_1", kSmallFrame, 1, Resize{ResizeFilter::kBicubic, {2, 1}});
  list.plain("bicubic_x4_3", kSmallFrame, 3, Resize{ResizeFilter::kBicubic, {4, 1}});
  return std::move(list.cases);
}

std::vector<KernelCase> test_cases() {
  std::vector<KernelCase> cases;
  for (test::OperatorCase& tested : test::operator_cases()) {
    if (has_weights(tested.node().op))
      cases.push_back({"case/" + tested.name, std::move(tested.graph), tested.input, true});
  }
  return cases;
}

int64_t multiply_accumulates(const KernelCase& measured) {
  const auto sizes = infer_sizes(measured.graph, measured.input);
  const auto all = fovea::multiply_accumulates(measured.graph, measured.input);
  if (!sizes || !all) return 0;
  int64_t count = *all;
  if (!measured.only_last) return count;
  // What makes the inputs are convolutions.
  const std::vector<Node>& nodes = measured.graph.nodes();
  for (size_t n = 0; n + 1 < nodes.size(); ++n) {
    if (const auto* op = std::get_if<Convolution>(&nodes[n].op))
      count -= (*sizes)[static_cast<size_t>(nodes[n].output)].area() *
               measured.graph.parameter(op->weight).element_count();
  }
  return count;
}

int64_t least_bytes(const KernelCase& measured) {
  const auto sizes = infer_sizes(measured.graph, measured.input);
  if (!sizes) return 0;
  const Node& node = measured.graph.nodes().back();
  const auto map_bytes = [&](ValueId id) {
    return (*sizes)[static_cast<size_t>(id)].area() * measured.graph.value(id).channels * 4;
  };
  int64_t bytes = map_bytes(node.output);
  if (measured.only_last) {
    for (const ValueId id : std::set(node.inputs.begin(), node.inputs.end()))
      bytes += map_bytes(id);
  } else {
    bytes += map_bytes(measured.graph.input());
  }
  for (const ParameterId id : parameters_of(node.op))
    bytes += static_cast<int64_t>(measured.graph.parameter(id).byte_count());
  return bytes;
}

}  // namespace fovea::bench
