// Nearest x2 and a 3x3 convolution in one, as four 2x2 phase convolutions on the small map.
#include "kernels/reference/reference.h"

namespace fovea::reference {

void upsample_convolution(const ops::UpsampleConvolutionOp& op, ConstTensorView input,
                          TensorView output, RowRange rows) {
  std::vector<float> sums(static_cast<size_t>(op.out_channels));
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t x = 0; x < output.width; ++x) {
      const int64_t phase = 2 * (y % 2) + x % 2;
      sums = op.bias;
      for (int64_t u = 0; u < 2; ++u) {
        const int64_t row = y / 2 + u - 1 + y % 2;
        for (int64_t v = 0; v < 2; ++v) {
          const int64_t column = x / 2 + v - 1 + x % 2;
          if (row < 0 || row >= input.height || column < 0 || column >= input.width) continue;
          const float* pixel = input.at(row, column);
          for (int64_t k = 0; k < op.out_channels; ++k) {
            const float* weights =
                op.weight.data() + ((phase * op.out_channels + k) * op.in_channels) * 4 + u * 2 + v;
            float& sum = sums[static_cast<size_t>(k)];
            for (int64_t c = 0; c < op.in_channels; ++c) sum += pixel[c] * weights[c * 4];
          }
        }
      }
      for (int64_t k = 0; k < op.out_channels; ++k)
        output.at(y, x)[k] = apply(op.activation, sums[static_cast<size_t>(k)], k);
    }
  }
}

}  // namespace fovea::reference
