#include "tests/random_networks.h"

#include <fmt/format.h>

namespace fovea::test {
namespace {

ValueId activate(Graph& graph, ValueId input, ActivationKind kind, float slope = 0.2f,
                 ParameterId slopes = kNoParameter) {
  return *graph.add(Activate{{kind, slope, slopes}}, {input}, "activate");
}

ValueId nearest(Graph& graph, ValueId input, Scale scale) {
  return *graph.add(Resize{ResizeFilter::kNearest, scale, -0.5, true}, {input}, "nearest");
}

ValueId dense_block(Graph& graph, RandomValues& random, ValueId input, int64_t growth) {
  const int64_t features = graph.value(input).channels;
  std::vector<ValueId> grown{input};
  for (int i = 0; i < 4; ++i) {
    const ValueId from = i == 0 ? input : *graph.add(Concat{}, grown, "concat");
    const ValueId value = *random.convolution(graph, from, growth, 3, 3);
    grown.push_back(activate(graph, value, ActivationKind::kLeakyRelu));
  }
  const ValueId all = *graph.add(Concat{}, grown, "concat");
  const ValueId last = *random.convolution(graph, all, features, 3, 3);
  return *graph.add(Add{{0.2f, 1.0f}}, {last, input}, "residual");
}

struct Layer {
  int64_t channels;
  int64_t kernel;
};

Network three_layers(const char* name, uint32_t seed, Scale scale, Layer first, Layer second) {
  RandomValues random(seed);
  Graph graph;
  ValueId value = graph.add_input(1);
  value = *graph.add(Resize{ResizeFilter::kBicubic, scale, -0.5, true}, {value}, "bicubic");
  for (const Layer& layer : {first, second}) {
    value = *random.convolution(graph, value, layer.channels, layer.kernel, layer.kernel);
    value = activate(graph, value, ActivationKind::kRelu);
  }
  value = *random.convolution(graph, value, 1, 5, 5);
  return {fmt::format("{}_{}over{}", name, scale.numerator, scale.denominator), std::move(graph)};
}

}  // namespace

Network dense_network(uint32_t seed, int64_t blocks, int64_t stages, int64_t unshuffle) {
  RandomValues random(seed);
  Graph graph;
  ValueId value = graph.add_input(3);
  if (unshuffle > 1) value = *graph.add(PixelUnshuffle{unshuffle}, {value}, "unshuffle");
  const ValueId first = *random.convolution(graph, value, 10, 3, 3);
  value = first;
  for (int64_t b = 0; b < blocks; ++b) {
    const ValueId before = value;
    for (int i = 0; i < 3; ++i) value = dense_block(graph, random, value, 8);
    value = *graph.add(Add{{0.2f, 1.0f}}, {value, before}, "rrdb");
  }
  value = *random.convolution(graph, value, 10, 3, 3);
  value = *graph.add(Add{{1.0f, 1.0f}}, {first, value}, "trunk");
  for (int64_t s = 0; s < stages; ++s) {
    value = nearest(graph, value, {2, 1});
    value = *random.convolution(graph, value, 10, 3, 3);
    value = activate(graph, value, ActivationKind::kLeakyRelu);
  }
  value = *random.convolution(graph, value, 3, 3, 3);
  return {fmt::format("dense_{}blocks_{}stages_unshuffle{}", blocks, stages, unshuffle),
          std::move(graph), unshuffle};
}

Network shuffle_network(uint32_t seed, int64_t convolutions, int64_t factor, Scale after,
                        int64_t features) {
  RandomValues random(seed);
  Graph graph;
  const ValueId input = graph.add_input(3);
  ValueId value = input;
  for (int64_t i = 0; i < convolutions; ++i) {
    value = *random.convolution(graph, value, features, 3, 3);
    const ParameterId slopes = random.parameter(graph, "slopes", {features}, 0.3f);
    value = activate(graph, value, ActivationKind::kPrelu, 0, slopes);
  }
  value = *random.convolution(graph, value, 3 * factor * factor, 3, 3);
  value = *graph.add(PixelShuffle{factor}, {value}, "shuffle");
  const ValueId base = nearest(graph, input, {factor, 1});
  value = *graph.add(Add{{1.0f, 1.0f}}, {value, base}, "base");
  if (!(after == Scale{1, 1}))
    value = *graph.add(Resize{ResizeFilter::kBicubic, after, -0.75, false}, {value}, "after");
  return {fmt::format("shuffle_{}convolutions_x{}_after{}over{}", convolutions, factor,
                      after.numerator, after.denominator),
          std::move(graph)};
}

Network srcnn_network(uint32_t seed, Scale scale) {
  return three_layers("srcnn", seed, scale, {9, 9}, {5, 5});
}

Network srcnn_915_network(uint32_t seed, Scale scale) {
  return three_layers("srcnn_915", seed, scale, {64, 9}, {32, 1});
}

Network tail_network(uint32_t seed, int64_t out) {
  constexpr int64_t kFeatures = 64;
  RandomValues random(seed);
  Graph graph;
  ValueId value = graph.add_input(3);
  value = *random.convolution(graph, value, kFeatures, 3, 3);
  value = nearest(graph, value, {2, 1});
  for (int i = 0; i < 2; ++i) {
    value = *random.convolution(graph, value, kFeatures, 3, 3);
    value = activate(graph, value, ActivationKind::kLeakyRelu);
  }
  value = *random.convolution(graph, value, out, 3, 3);
  return {fmt::format("tail_{}", out), std::move(graph)};
}

Network random_network(uint32_t seed) {
  RandomValues random(seed);
  Graph graph;
  graph.add_input(3);
  for (int i = 0; i < 12; ++i) {
    const auto pick = [&] {
      return static_cast<ValueId>(
          random.integer(0, static_cast<int64_t>(graph.values().size()) - 1));
    };
    const ValueId a = random.integer(0, 2) == 0 ? pick() : graph.output();
    const int64_t channels = graph.value(a).channels;
    const Scale scale = graph.value(a).scale;
    std::vector<ValueId> alike{a};  // of a's scale, any channels
    for (int n = 0; n < 3; ++n) {
      const ValueId b = pick();
      if (graph.value(b).scale == scale && channels + graph.value(b).channels < 40)
        alike.push_back(b);
    }
    switch (random.integer(0, 7)) {
      case 0:
      case 1:
        (void)random.convolution(graph, a, random.integer(1, 9), 1 + 2 * random.integer(0, 2),
                                 1 + 2 * random.integer(0, 2));
        break;
      case 2:
        (void)activate(graph, a, ActivationKind::kLeakyRelu);
        break;
      case 3:
        (void)graph.add(Concat{}, alike, "concat");
        break;
      case 4: {
        const ValueId b = *random.convolution(graph, alike.back(), channels, 3, 3);
        (void)graph.add(Add{{0.5f, 1.0f}}, {b, a}, "add");
        break;
      }
      case 5:
        // Up by at most 4 in all, so that test pictures stay small; down again from there.
        if (scale.value() < 3)
          (void)nearest(graph, a, {2, 1});
        else
          (void)graph.add(Resize{ResizeFilter::kBicubic, {1, 2}, -0.5, true}, {a}, "down");
        break;
      case 6:
        (void)graph.add(Slice{0, (channels + 1) / 2}, {a}, "slice");
        break;
      default:
        (void)graph.add(Multiply{}, {a, a}, "square");
        (void)graph.add(Clamp{-2, 2}, {graph.output()}, "clamp");
        break;
    }
  }
  return {fmt::format("random_{}", seed), std::move(graph)};
}

Network reaching_network(uint32_t seed) {
  RandomValues random(seed);
  Graph graph;
  ValueId value = graph.add_input(3);
  value = *random.convolution(graph, value, 8, 3, 3);
  for (int i = 0; i < 10; ++i) {
    const int64_t channels = graph.value(value).channels;
    const ParameterId weight = random.parameter(graph, "weight", {channels}, 1.0f);
    const ParameterId bias = random.parameter(graph, "bias", {channels}, 0.3f);
    switch (random.integer(0, 7)) {
      case 0: {  // squeeze and excitation
        ValueId gate = *graph.add(GlobalAverage{random.integer(0, 1) == 1}, {value}, "average");
        gate = activate(graph, *random.convolution(graph, gate, channels, 1, 1),
                        ActivationKind::kSigmoid);
        value = *graph.add(Multiply{}, {value, gate}, "gated");
        break;
      }
      case 1: {  // group norm beside a skip
        const ValueId factors =
            *graph.add(GroupNormFactors{1, 1e-5, weight, bias}, {value}, "factors");
        const ValueId scale = *graph.add(Slice{0, channels}, {factors}, "scale");
        const ValueId shift = *graph.add(Slice{channels, channels}, {factors}, "shift");
        const ValueId scaled = *graph.add(Multiply{}, {value, scale}, "scaled");
        const ValueId moved = *graph.add(Add{{1.0f, 1.0f}}, {scaled, shift}, "shifted");
        value = *graph.add(Add{{1.0f, 0.5f}}, {moved, value}, "skip");
        break;
      }
      case 2:
        value =
            *graph.add(ChannelNorm{random.integer(0, 1) == 1, 1e-6, weight, bias}, {value}, "norm");
        break;
      case 3: {  // a valid convolution, padded so that its size stays
        const auto mode = static_cast<PadMode>(random.integer(0, 2));
        const int64_t margin = random.integer(1, 6);
        const ValueId padded = *graph.add(Pad{mode, margin, random.integer(1, 3)}, {value}, "pad");
        const ValueId convolved = *random.convolution(graph, padded, channels, 3, 3);
        value = *graph.add(Crop{margin, 1}, {convolved, value}, "crop");
        break;
      }
      case 4: {  // attention from a smaller map
        const ValueId padded = *graph.add(Pad{PadMode::kReplicate, 3}, {value}, "pad");
        const ValueId pooled = *graph.add(Pool{static_cast<PoolKind>(random.integer(0, 1)),
                                               random.integer(2, 5), random.integer(1, 3), 1},
                                          {padded}, "pool");
        const ValueId resized =
            *graph.add(Resize{ResizeFilter::kBilinear, kUnknownScale}, {pooled, value}, "resize");
        value = *graph.add(Multiply{}, {value, activate(graph, resized, ActivationKind::kSigmoid)},
                           "gated");
        break;
      }
      case 5: {
        const int64_t factor = graph.value(value).scale.value() < 2 ? 2 : 1;
        const ValueId offsets = *random.convolution(graph, value, 4 * factor * factor, 1, 1);
        value = *graph.add(GridSample{factor, 2}, {value, offsets}, "sample");
        break;
      }
      default:
        value = *random.convolution(graph, value, 2 * random.integer(2, 6), 3, 3);
        break;
    }
  }
  return {fmt::format("reaching_{}", seed), std::move(graph)};
}

std::vector<Network> all_networks() {
  std::vector<Network> networks = local_networks();
  for (uint32_t seed = 200; seed < 212; ++seed) networks.push_back(reaching_network(seed));
  return networks;
}

std::vector<Network> local_networks() {
  std::vector<Network> networks;
  networks.push_back(dense_network(11, 2, 2, 1));
  networks.push_back(dense_network(12, 1, 3, 1));
  networks.push_back(dense_network(13, 1, 2, 2));
  networks.push_back(dense_network(14, 1, 2, 4));
  networks.push_back(shuffle_network(15, 5, 4, {1, 1}));
  networks.push_back(shuffle_network(16, 3, 4, {1, 2}));
  networks.push_back(shuffle_network(17, 3, 4, {3, 4}));
  networks.push_back(shuffle_network(18, 2, 1, {17, 10}));
  networks.push_back(srcnn_network(19, {3, 1}));
  networks.push_back(srcnn_network(20, {3, 2}));
  for (uint32_t seed = 100; seed < 120; ++seed) networks.push_back(random_network(seed));
  return networks;
}

}  // namespace fovea::test
