#include "tests/random_values.h"

#include <cmath>

namespace fovea::test {

float RandomValues::uniform() { return static_cast<float>(engine_() >> 8) * 0x1p-24f; }

float RandomValues::normal(float deviation) {
  float sum = -6.0f;
  for (int i = 0; i < 12; ++i) sum += uniform();
  return sum * deviation;
}

int64_t RandomValues::integer(int64_t low, int64_t high) {
  return low + static_cast<int64_t>(engine_() % static_cast<uint32_t>(high - low + 1));
}

std::vector<float> RandomValues::normals(int64_t count, float deviation) {
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = normal(deviation);
  return values;
}

Tensor RandomValues::map(Size size, int64_t channels) {
  Tensor map(size, channels);
  for (float& value : map.values()) value = normal();
  return map;
}

ParameterId RandomValues::parameter(Graph& graph, const std::string& name,
                                    std::vector<int64_t> shape, float deviation) {
  int64_t count = 1;
  for (const int64_t length : shape) count *= length;
  return graph.add_parameter(make_weight(name, std::move(shape), normals(count, deviation)));
}

Result<ValueId> RandomValues::convolution(Graph& graph, ValueId input, int64_t out_channels,
                                          int64_t kernel_h, int64_t kernel_w, int64_t groups) {
  const int64_t group_in = graph.value(input).channels / groups;
  const auto fan_in = static_cast<float>(group_in * kernel_h * kernel_w);
  Convolution op;
  op.weight = parameter(graph, "weight", {out_channels, group_in, kernel_h, kernel_w},
                        std::sqrt(1.0f / fan_in));
  op.bias = parameter(graph, "bias", {out_channels}, 0.1f);
  op.out_channels = out_channels;
  op.kernel_h = kernel_h;
  op.kernel_w = kernel_w;
  op.groups = groups;
  return graph.add(op, {input}, "convolution");
}

}  // namespace fovea::test
