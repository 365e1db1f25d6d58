// Pixel shuffle (Shi et al. 2016, "ESPCN", section 3.2; channel order as in PyTorch) and its
// inverse.
#include "kernels/reference/reference.h"

namespace fovea::reference {

void pixel_shuffle(int64_t factor, ConstTensorView input, TensorView output, RowRange rows) {
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    const float* in = input.row(y / factor) + (y % factor) * factor;
    float* out = output.row(y);
    for (int64_t x = 0; x < input.width; ++x, in += input.pixel_stride) {
      for (int64_t v = 0; v < factor; ++v, out += output.pixel_stride) {
        for (int64_t c = 0; c < output.channels; ++c) out[c] = in[c * factor * factor + v];
      }
    }
  }
}

void pixel_unshuffle(int64_t factor, ConstTensorView input, TensorView output, RowRange rows) {
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t u = 0; u < factor; ++u) {
      const float* in = input.row(y * factor + u);
      float* out = output.row(y) + u * factor;
      for (int64_t x = 0; x < output.width; ++x, out += output.pixel_stride) {
        for (int64_t v = 0; v < factor; ++v, in += input.pixel_stride) {
          for (int64_t c = 0; c < input.channels; ++c) out[c * factor * factor + v] = in[c];
        }
      }
    }
  }
}

}  // namespace fovea::reference
