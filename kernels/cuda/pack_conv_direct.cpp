#include "kernels/cuda/conv_direct.h"

namespace fovea::cuda {

std::vector<float> pack_conv_direct(const std::vector<float>& weight, int64_t out_channels,
                                    int64_t group_channels, int64_t kernel_h, int64_t kernel_w) {
  const int64_t padded = planes_of(group_channels) * kPlaneChannels;
  const int64_t taps = kernel_h * kernel_w;
  std::vector<float> packed(
      static_cast<size_t>(planes_of(out_channels) * taps * padded * kPlaneChannels), 0.0f);
  for (int64_t k = 0; k < out_channels; ++k) {
    for (int64_t c = 0; c < group_channels; ++c) {
      for (int64_t tap = 0; tap < taps; ++tap) {
        const int64_t place = (k / kPlaneChannels * taps + tap) * padded + c;
        packed[static_cast<size_t>(place * kPlaneChannels + k % kPlaneChannels)] =
            weight[static_cast<size_t>((k * group_channels + c) * taps + tap)];
      }
    }
  }
  return packed;
}

}  // namespace fovea::cuda
