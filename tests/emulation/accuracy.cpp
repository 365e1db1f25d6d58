#include "tests/emulation/accuracy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <span>

#include "tests/emulation/map_buffer.h"

namespace fovea::test {

double relative_error(std::span<const double> exact, std::span<const float> values) {
  double error = 0;
  double magnitude = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    const double difference = static_cast<double>(values[i]) - exact[i];
    error += difference * difference;
    magnitude += exact[i] * exact[i];
  }
  return std::sqrt(error / magnitude);
}

void expect_accurate(cuda::ElementType type, const std::vector<double>& formula,
                     const Tensor& result) {
  ASSERT_EQ(formula.size(), result.values().size());
  std::vector<float> rounded;
  for (const double value : formula) rounded.push_back(rounded_to(type, static_cast<float>(value)));
  const double allowed = 2 * relative_error(formula, rounded);
  const double error = relative_error(formula, result.values());
  EXPECT_TRUE(error <= allowed) << error << " against " << allowed;
}

}  // namespace fovea::test
