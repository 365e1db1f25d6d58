#include "kernels/cuda/pack_conv_upsample_wgmma.h"

#include <cstring>

#include "kernels/cuda/conv_upsample_wgmma_shape.h"
#include "kernels/cuda/rounding16.h"

namespace fovea::cuda {

std::vector<uint8_t> pack_conv_upsample_wgmma(ElementType type, std::span<const float> weight,
                                              int64_t in_channels, int64_t out_channels) {
  using Shape = ConvUpsampleWgmmaShape;
  if (!Shape::has(in_channels, out_channels) || type == ElementType::kF32 ||
      static_cast<int64_t>(weight.size()) != 16 * out_channels * in_channels)
    return {};
  std::vector<uint8_t> packed(Shape::kWeightBytes);
  const float* value = weight.data();
  for (int64_t s = 0; s < 2; ++s) {
    for (int64_t t = 0; t < 2; ++t) {
      for (int64_t out = 0; out < out_channels; ++out) {
        for (int64_t in = 0; in < in_channels; ++in) {
          for (int64_t u = 0; u < 2; ++u) {
            for (int64_t v = 0; v < 2; ++v, ++value) {
              const int64_t shift = (out / Shape::kGroup * 2 + t) * 2 + v;
              const int64_t plane = shift * Shape::kPlanes + in / 8;
              const int64_t column =
                  ((plane * 2 + u) * 2 + 1 - s) * Shape::kGroup + out % Shape::kGroup;
              const uint16_t bits = round_to_16_bits(type, *value);
              std::memcpy(packed.data() + (column * 8 + in % 8) * 2, &bits, sizeof(bits));
            }
          }
        }
      }
    }
  }
  return packed;
}

}  // namespace fovea::cuda
