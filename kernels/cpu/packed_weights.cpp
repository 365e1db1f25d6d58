#include "kernels/cpu/packed_weights.h"

#include <algorithm>

#include "kernels/cpu/kernel_table.h"

namespace fovea::cpu {
namespace {

// G of F(6, 3) for the points 0, 1, -1, 2, -2, 1/2, -1/2, infinity (Lavin and Gray 2016): the
// filter's polynomial at each point over the product of the point's distances to the others, signed
// and scaled as winograd.h's B^T expects.
constexpr double kG[8][3] = {{1, 0, 0},
                             {-2 / 9., -2 / 9., -2 / 9.},
                             {-2 / 9., 2 / 9., -2 / 9.},
                             {1 / 90., 1 / 45., 2 / 45.},
                             {1 / 90., -1 / 45., 2 / 45.},
                             {1 / 45., 1 / 90., 1 / 180.},
                             {1 / 45., -1 / 90., 1 / 180.},
                             {0, 0, 1}};

// u = G g G^T of one 3x3 filter g.
void transform_filter(const float* g, double u[8][8]) {
  double rows[8][3] = {};
  for (int a = 0; a < 8; ++a) {
    for (int j = 0; j < 3; ++j) {
      for (int i = 0; i < 3; ++i) rows[a][j] += kG[a][i] * static_cast<double>(g[i * 3 + j]);
    }
  }
  for (int a = 0; a < 8; ++a) {
    for (int b = 0; b < 8; ++b) {
      u[a][b] = 0;
      for (int j = 0; j < 3; ++j) u[a][b] += rows[a][j] * kG[b][j];
    }
  }
}

}  // namespace

int64_t padded_channels(int64_t count) { return (count + kPanel - 1) / kPanel * kPanel; }

AlignedFloats pad_channels(const std::vector<float>& values, int64_t count) {
  AlignedFloats padded(static_cast<size_t>(padded_channels(count)), 0.0f);
  std::copy(values.begin(), values.end(), padded.begin());
  return padded;
}

AlignedFloats pack_winograd(const ops::ConvolutionOp& op) {
  const int64_t in = op.in_channels;
  const int64_t out = padded_channels(op.out_channels);
  AlignedFloats packed(static_cast<size_t>(kWinogradFrequencies * out * in), 0.0f);
  double u[8][8];
  for (int64_t k = 0; k < op.out_channels; ++k) {
    for (int64_t c = 0; c < in; ++c) {
      transform_filter(op.weight.data() + (k * in + c) * 9, u);
      for (int64_t f = 0; f < kWinogradFrequencies; ++f)
        packed[static_cast<size_t>(((f * (out / kPanel) + k / kPanel) * in + c) * kPanel +
                                   k % kPanel)] = static_cast<float>(u[f / 8][f % 8]);
    }
  }
  return packed;
}

AlignedFloats pack_direct(const ops::ConvolutionOp& op) {
  const int64_t taps = op.kernel_h * op.kernel_w;
  AlignedFloats packed(
      static_cast<size_t>(padded_channels(op.out_channels) * taps * op.in_channels), 0.0f);
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

AlignedFloats pack_narrow(const ops::ConvolutionOp& op) {
  const int64_t taps = op.kernel_h * op.kernel_w;
  const int64_t padded = padded_channels(op.in_channels);
  AlignedFloats packed(static_cast<size_t>(op.out_channels * taps * padded), 0.0f);
  for (int64_t k = 0; k < op.out_channels; ++k) {
    for (int64_t c = 0; c < op.in_channels; ++c) {
      for (int64_t tap = 0; tap < taps; ++tap)
        packed[static_cast<size_t>((k * taps + tap) * padded + c)] =
            op.weight[static_cast<size_t>((k * op.in_channels + c) * taps + tap)];
    }
  }
  return packed;
}

}  // namespace fovea::cpu
