#include "kernels/cuda/pack_conv_pair_wgmma.h"

#include <cstring>

#include "kernels/cuda/conv_pair_wgmma_shape.h"
#include "kernels/cuda/pack_conv3x3_wgmma.h"
#include "kernels/cuda/rounding16.h"

namespace fovea::cuda {

std::vector<uint8_t> pack_conv_pair_wgmma(ElementType type, std::span<const float> first,
                                          std::span<const float> second, int64_t in, int64_t middle,
                                          int64_t out) {
  using Shape = ConvPairWgmmaShape;
  if (!Shape::has(in, middle, out) ||
      static_cast<int64_t>(second.size()) != out * middle * Shape::kTaps)
    return {};
  std::vector<uint8_t> packed = pack_conv3x3_wgmma(type, first, in, middle);
  if (packed.size() != static_cast<size_t>(Shape::kFirst.weight_bytes())) return {};
  packed.resize(Shape::kWeightBytes);
  for (int64_t k = 0; k < out; ++k) {
    for (int64_t c = 0; c < middle; ++c) {
      for (int tap = 0; tap < Shape::kTaps; ++tap) {
        const uint16_t bits = round_to_16_bits(
            type, second[static_cast<size_t>((k * middle + c) * Shape::kTaps + tap)]);
        const int64_t place = Shape::kFirst.weight_bytes() + c / 8 * Shape::kPlaneBytes +
                              Shape::column(tap, static_cast<int>(k)) * 16 + c % 8 * 2;
        std::memcpy(packed.data() + place, &bits, sizeof(bits));
      }
    }
  }
  return packed;
}

}  // namespace fovea::cuda
