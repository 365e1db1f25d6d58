// Separable resampling: for each output row the vertical sum of the input rows it needs, then the
// horizontal one.
#include <algorithm>

#include "kernels/reference/reference.h"

namespace fovea::reference {

void resize(const Resize& op, ConstTensorView input, TensorView output, RowRange rows) {
  const ResizeTaps vertical(op, input.height, output.height);
  const ResizeTaps horizontal(op, input.width, output.width);
  std::vector<std::vector<double>> column_weights(static_cast<size_t>(output.width));
  for (int64_t x = 0; x < output.width; ++x)
    horizontal.weights(x, column_weights[static_cast<size_t>(x)]);

  const int64_t channels = input.channels;
  std::vector<double> row_weights;
  std::vector<double> blended(static_cast<size_t>(input.width * channels));  // (W, C)
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    vertical.weights(y, row_weights);
    std::fill(blended.begin(), blended.end(), 0.0);
    for (size_t u = 0; u < row_weights.size(); ++u) {
      const int64_t row = vertical.first(y) + static_cast<int64_t>(u);
      for (int64_t x = 0; x < input.width; ++x) {
        for (int64_t c = 0; c < channels; ++c)
          blended[static_cast<size_t>(x * channels + c)] += row_weights[u] * input.at(row, x)[c];
      }
    }
    for (int64_t x = 0; x < output.width; ++x) {
      const std::vector<double>& weights = column_weights[static_cast<size_t>(x)];
      for (int64_t c = 0; c < channels; ++c) {
        double sum = 0.0;
        for (size_t v = 0; v < weights.size(); ++v) {
          const int64_t column = horizontal.first(x) + static_cast<int64_t>(v);
          sum += weights[v] * blended[static_cast<size_t>(column * channels + c)];
        }
        output.at(y, x)[c] = static_cast<float>(sum);
      }
    }
  }
}

}  // namespace fovea::reference
