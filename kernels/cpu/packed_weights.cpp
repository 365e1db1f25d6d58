#include "kernels/cpu/packed_weights.h"

#include <algorithm>

#include "engine/rounding.h"
#include "kernels/cpu/kernel_table.h"

namespace fovea::cpu {

int64_t padded_channels(int64_t count) { return round_up(count, kPanel); }

AlignedFloats pad_channels(const std::vector<float>& values, int64_t count) {
  AlignedFloats padded(static_cast<size_t>(padded_channels(count)), 0.0f);
  std::copy(values.begin(), values.end(), padded.begin());
  return padded;
}

PackedFloats pack_direct(const ops::ConvolutionOp& op) {
  const int64_t taps = op.kernel_h * op.kernel_w;
  PackedFloats packed(static_cast<size_t>(padded_channels(op.out_channels) * taps * op.in_channels),
                      0.0f);
  for (int64_t k = 0; k < op.out_channels; ++k) {
    for (int64_t c = 0; c < op.in_channels; ++c) {
      for (int64_t tap = 0; tap < taps; ++tap)
        packed[static_cast<size_t>(((k / kPanel * taps + tap) * op.in_channels + c) * kPanel +
                                   k % kPanel)] =
            op.weight[static_cast<size_t>((k * op.in_channels + c) * taps + tap)];
    }
  }
  return packed;
}

PackedFloats pack_narrow(const ops::ConvolutionOp& op) {
  const int64_t taps = op.kernel_h * op.kernel_w;
  const int64_t padded = padded_channels(op.in_channels);
  PackedFloats packed(static_cast<size_t>(op.out_channels * taps * padded), 0.0f);
  for (int64_t k = 0; k < op.out_channels; ++k) {
    for (int64_t c = 0; c < op.in_channels; ++c) {
      for (int64_t tap = 0; tap < taps; ++tap)
        packed[static_cast<size_t>((k * taps + tap) * padded + c)] =
            op.weight[static_cast<size_t>((k * op.in_channels + c) * taps + tap)];
    }
  }
  return packed;
}

PackedFloats pack_depthwise(const ops::ConvolutionOp& op) {
  const int64_t taps = op.kernel_h * op.kernel_w;
  const int64_t padded = padded_channels(op.out_channels);
  PackedFloats packed(static_cast<size_t>(taps * padded));
  std::fill(packed.begin(), packed.end(), 0.0f);
  for (int64_t c = 0; c < op.out_channels; ++c) {
    for (int64_t tap = 0; tap < taps; ++tap)
      packed[static_cast<size_t>(tap * padded + c)] =
          op.weight[static_cast<size_t>(c * taps + tap)];
  }
  return packed;
}

}  // namespace fovea::cpu
