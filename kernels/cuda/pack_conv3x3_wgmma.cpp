#include "kernels/cuda/pack_conv3x3_wgmma.h"

#include <cstring>

#include "kernels/cuda/conv3x3_wgmma_shapes.h"
#include "kernels/cuda/rounding16.h"

namespace fovea::cuda {

std::vector<uint8_t> pack_conv3x3_wgmma(ElementType type, std::span<const float> weight,
                                        int64_t in_channels, int64_t out_channels) {
  const Conv3x3WgmmaShape* shape = find_conv3x3_wgmma_shape(in_channels, out_channels);
  if (shape == nullptr || type == ElementType::kF32 ||
      static_cast<int64_t>(weight.size()) != out_channels * in_channels * 9)
    return {};
  const int64_t groups = conv3x3_wgmma_groups(*shape, out_channels);
  std::vector<uint8_t> packed(static_cast<size_t>(groups * shape->weight_bytes()));
  for (int64_t out = 0; out < out_channels; ++out) {
    for (int64_t in = 0; in < in_channels; ++in) {
      for (int64_t ky = 0; ky < 3; ++ky) {
        for (int64_t kx = 0; kx < 3; ++kx) {
          const int64_t plane = (out / shape->group * 3 + kx) * shape->planes() + in / 8;
          const int64_t column = (plane * 3 + ky) * shape->group + out % shape->group;
          const uint16_t bits = round_to_16_bits(
              type, weight[static_cast<size_t>(((out * in_channels + in) * 3 + ky) * 3 + kx)]);
          std::memcpy(packed.data() + (column * 8 + in % 8) * 2, &bits, sizeof(bits));
        }
      }
    }
  }
  return packed;
}

}  // namespace fovea::cuda
