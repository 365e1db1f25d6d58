// Pixel shuffle (Shi et al. 2016, "ESPCN", section 3.2; channel order as in PyTorch) and its
// inverse.
#include "kernels/reference/reference.h"

namespace fovea::reference {

void pixel_shuffle(int64_t factor, ConstTensorView input, TensorView output, RowRange rows) {
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t x = 0; x < output.width; ++x) {
      const float* pixel = input.at(y / factor, x / factor) + (y % factor) * factor + x % factor;
      for (int64_t c = 0; c < output.channels; ++c) output.at(y, x)[c] = pixel[c * factor * factor];
    }
  }
}

void pixel_unshuffle(int64_t factor, ConstTensorView input, TensorView output, RowRange rows) {
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t x = 0; x < output.width; ++x) {
      float* pixel = output.at(y, x);
      for (int64_t c = 0; c < input.channels; ++c) {
        for (int64_t u = 0; u < factor; ++u) {
          for (int64_t v = 0; v < factor; ++v)
            *pixel++ = input.at(y * factor + u, x * factor + v)[c];
        }
      }
    }
  }
}

}  // namespace fovea::reference
