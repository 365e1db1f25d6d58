// Resizing on the CPU kernels: pictures of many rounds, every number of channels, every level.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/resize_taps.h"
#include "engine/run_whole.h"
#include "kernels/cpu/cpu_backend.h"
#include "tests/compare.h"
#include "tests/random_values.h"
#include "tests/swept.h"

namespace fovea::test {
namespace {

Graph resize_graph(int64_t channels, const Resize& resize) {
  Graph graph;
  const ValueId input = graph.add_input(channels);
  (void)*graph.add(resize, {input}, "resize");
  return graph;
}

struct Axis {
  int64_t most = 0;      // taps of one output sample
  double magnitude = 0;  // the largest sum of |weight|
};

Axis measure(const Resize& resize, int64_t in, int64_t out) {
  const ResizeTaps taps(resize, in, out);
  Axis axis;
  std::vector<double> weights;
  for (int64_t o = 0; o < out; ++o) {
    taps.weights(o, weights);
    double sum = 0;
    for (const double weight : weights) sum += std::abs(weight);
    axis.most = std::max(axis.most, static_cast<int64_t>(weights.size()));
    axis.magnitude = std::max(axis.magnitude, sum);
  }
  return axis;
}

std::vector<Resize> resizes() {
  std::vector<Resize> all;
  for (const ResizeFilter filter :
       {ResizeFilter::kBilinear, ResizeFilter::kBicubic, ResizeFilter::kLanczos3}) {
    for (const Scale scale : {Scale{8, 1}, Scale{17, 10}, Scale{1, 3}, Scale{1, 20}}) {
      for (const bool antialias : {true, false}) all.push_back({filter, scale, -0.5, antialias});
    }
  }
  return all;
}

std::string name_of(const Resize& resize, int64_t channels) {
  return fmt::format("{} {} {} channels{}", to_string(resize.filter), to_string(resize.scale),
                     channels, resize.antialias ? "" : " not antialiased");
}

TEST(CpuResize, IsTheReferenceToItsRounding) {
  for (const Resize& resize : resizes()) {
    for (const int64_t channels : {1, 2, 3, 4, 5, 20}) {
      const Graph graph = resize_graph(channels, resize);
      RandomValues random(3);
      const Tensor input = random.map({70, 31}, channels);
      const auto expected = run_whole(*make_reference_backend(), graph, input);
      ASSERT_TRUE(expected);
      // The reference sums in f64. Here weights and each multiply-add are rounded, once per tap and
      // axis (twice where there is no fused one); 4 more for the way out.
      const Axis lines = measure(resize, 70, expected->size().height);
      const Axis columns = measure(resize, 31, expected->size().width);
      const double roundings = 2.0 * static_cast<double>(lines.most + columns.most) + 4;
      const double tolerance = roundings * std::numeric_limits<float>::epsilon() * lines.magnitude *
                               columns.magnitude * max_magnitude(input.view());
      for (const cpu::Isa isa : cpu::supported_isas()) {
        SCOPED_TRACE(fmt::format("{} {}", cpu::to_string(isa), name_of(resize, channels)));
        const auto backend = std::move(*cpu::make_cpu_backend(isa));
        const auto actual = run_whole(*backend, graph, input);
        ASSERT_TRUE(actual);
        EXPECT_TRUE(all_within(expected->view(), actual->view(), tolerance));
      }
    }
  }
}

TEST(CpuResize, BandsAndThreadsChangeNoBit) {
  const auto backend = std::move(*make_cpu_backend());
  for (const Resize& resize : resizes()) {
    SCOPED_TRACE(name_of(resize, 3));
    expect_swept_equals_whole(resize_graph(3, resize), *backend, {130, 71});
  }
}

TEST(CpuResize, Avx512HasTheBitsOfAvx2) {
  const auto isas = cpu::supported_isas();
  if (std::find(isas.begin(), isas.end(), cpu::Isa::kAvx512) == isas.end())
    GTEST_SKIP() << "this machine does not run avx512";
  const auto avx2 = std::move(*cpu::make_cpu_backend(cpu::Isa::kAvx2));
  const auto avx512 = std::move(*cpu::make_cpu_backend(cpu::Isa::kAvx512));
  for (const Resize& resize : resizes()) {
    for (const int64_t channels : {1, 3, 20}) {
      SCOPED_TRACE(name_of(resize, channels));
      RandomValues random(4);
      const Tensor input = random.map({61, 47}, channels);
      const Graph graph = resize_graph(channels, resize);
      const auto expected = run_whole(*avx2, graph, input);
      const auto actual = run_whole(*avx512, graph, input);
      ASSERT_TRUE(expected && actual);
      EXPECT_TRUE(same_bits(expected->view(), actual->view()));
    }
  }
}

}  // namespace
}  // namespace fovea::test
