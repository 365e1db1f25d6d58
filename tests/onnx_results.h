// What a network read from ONNX gives, held to a formula.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "engine/run_whole.h"
#include "kernels/reference/reference.h"
#include "tests/onnx_files.h"

namespace fovea::test {

// A sample of a test map: all different, of both signs.
inline float sample(int64_t y, int64_t x, int64_t c) {
  return static_cast<float>(std::sin(0.7 * static_cast<double>(y) + 1.3 * static_cast<double>(x) +
                                     2.1 * static_cast<double>(c)));
}

inline Tensor test_map(Size size, int64_t channels) {
  Tensor map(size, channels);
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) {
      for (int64_t c = 0; c < channels; ++c) map.view().at(y, x)[c] = sample(y, x, c);
    }
  }
  return map;
}

// The network's result on a map of 4 x 6 is formula(row, column, channel), everywhere.
inline void expect_result(const OnnxFile& file, Size size, int64_t channels,
                          const std::function<double(int64_t, int64_t, int64_t)>& formula) {
  const auto model = file.read();
  ASSERT_TRUE(model) << model.error().message;
  const auto backend = make_reference_backend(ReferenceAccumulator::kF64);
  const Tensor input = test_map({4, 6}, model->graph.value(model->graph.input()).channels);
  const auto output = run_whole(*backend, model->graph, input);
  ASSERT_TRUE(output) << output.error().message;
  ASSERT_EQ(output->size(), size);
  ASSERT_EQ(output->channels(), channels);
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) {
      for (int64_t c = 0; c < channels; ++c)
        // Sums of a few dozen samples up to 1 in f64, rounded to f32 once an operator.
        EXPECT_NEAR(output->view().at(y, x)[c], formula(y, x, c), 1e-5)
            << y << " " << x << " " << c;
    }
  }
}

}  // namespace fovea::test
