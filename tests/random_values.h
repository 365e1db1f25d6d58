// Seeded random maps, weights and small graphs for tests. Every test prints the seed it used when
// it fails.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "engine/graph.h"

namespace fovea::test {

/// Values from N(0, deviation^2); the same sequence on every machine (no std::normal_distribution,
/// whose algorithm is the library's choice).
class RandomValues {
 public:
  explicit RandomValues(uint32_t seed) : engine_(seed) {}

  float uniform();                             ///< [0, 1)
  float normal(float deviation = 1.0f);        ///< sum of twelve uniforms
  int64_t integer(int64_t low, int64_t high);  ///< low ... high, both included
  std::vector<float> normals(int64_t count, float deviation);
  Tensor map(Size size, int64_t channels);  ///< N(0, 1)

  /// Appends a convolution with bias, its weights scaled to keep the variance of its input (He et
  /// al. 2015).
  Result<ValueId> convolution(Graph& graph, ValueId input, int64_t out_channels, int64_t kernel_h,
                              int64_t kernel_w, int64_t groups = 1);
  ParameterId parameter(Graph& graph, const std::string& name, std::vector<int64_t> shape,
                        float deviation);

 private:
  std::mt19937 engine_;
};

}  // namespace fovea::test
