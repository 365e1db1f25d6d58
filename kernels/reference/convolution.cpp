// Convolution, any odd kernel, groups, epilogue. Output pixels are computed kPixels x kBlock at a
// time: the sums of a block stay in registers while the input channels of one tap stream by. 4 x 8
// f32 sums are 8 of the 16 vector registers of baseline x86-64, which leaves room for two vectors
// of weights and the broadcast inputs.
#include <algorithm>
#include <cstring>

#include "kernels/reference/reference.h"

namespace fovea::reference {
namespace {

constexpr int64_t kPixels = 4;
constexpr int64_t kBlock = 8;

// A baseline vector register of T. Spelt out because GCC 12 leaves the same loop over plain arrays
// in scalar code: 6.7 against 30 GFLOP/s a core; the operations, and so the bits, are the same.
template <class T>
struct Lanes {
  static constexpr int64_t kCount = 16 / sizeof(T);
  typedef T Type __attribute__((vector_size(16)));
};

// sums[p][k] += pixels[p][c] * weights[c][k] over `channels` input channels of one tap.
template <class Accumulator>
void accumulate(const float* const pixels[kPixels], const float* weights, int64_t channels,
                Accumulator sums[kPixels][kBlock]) {
  using Vector = typename Lanes<Accumulator>::Type;
  constexpr int64_t kLanes = Lanes<Accumulator>::kCount;
  constexpr int64_t kVectors = kBlock / kLanes;
  Vector local[kPixels][kVectors];
  std::memcpy(local, sums, sizeof(local));
  for (int64_t c = 0; c < channels; ++c, weights += kBlock) {
    Vector w[kVectors];
    for (int64_t v = 0; v < kVectors; ++v) {
      for (int64_t k = 0; k < kLanes; ++k)
        w[v][k] = static_cast<Accumulator>(weights[v * kLanes + k]);
    }
    for (int64_t p = 0; p < kPixels; ++p) {
      for (int64_t v = 0; v < kVectors; ++v)
        local[p][v] += static_cast<Accumulator>(pixels[p][c]) * w[v];
    }
  }
  std::memcpy(sums, local, sizeof(local));
}

}  // namespace

ConvolutionKernel::ConvolutionKernel(ops::ConvolutionOp op) : op_(std::move(op)) {
  const int64_t group_in = op_.in_channels / op_.groups;
  const int64_t group_out = op_.out_channels / op_.groups;
  const int64_t taps = op_.kernel_h * op_.kernel_w;
  blocks_ = (group_out + kBlock - 1) / kBlock;
  zeros_.assign(static_cast<size_t>(op_.in_channels), 0.0f);
  packed_.assign(static_cast<size_t>(op_.groups * blocks_ * taps * group_in * kBlock), 0.0f);
  for (int64_t k = 0; k < op_.out_channels; ++k) {
    const int64_t block = k / group_out * blocks_ + k % group_out / kBlock;
    const int64_t lane = k % group_out % kBlock;
    for (int64_t c = 0; c < group_in; ++c) {
      for (int64_t tap = 0; tap < taps; ++tap)
        packed_[static_cast<size_t>(((block * taps + tap) * group_in + c) * kBlock + lane)] =
            op_.weight[static_cast<size_t>((k * group_in + c) * taps + tap)];
    }
  }
}

template <class Accumulator>
void ConvolutionKernel::run(std::span<const ConstTensorView> inputs, TensorView output,
                            RowRange rows) const {
  const ConstTensorView& input = inputs[0];
  const int64_t group_in = op_.in_channels / op_.groups;
  const int64_t group_out = op_.out_channels / op_.groups;

  // One block of output channels [first, first + count) of pixels x ... x + kPixels - 1 of row y.
  const auto block_of_pixels = [&](int64_t y, int64_t x, int64_t group, int64_t block) {
    const int64_t first = group * group_out + block * kBlock;
    const int64_t count = std::min(kBlock, group_out - block * kBlock);
    Accumulator sums[kPixels][kBlock] = {};
    for (int64_t p = 0; p < kPixels; ++p) std::copy_n(op_.bias.data() + first, count, sums[p]);

    const float* weights = packed_.data() + (group * blocks_ + block) * op_.kernel_h *
                                                op_.kernel_w * group_in * kBlock;
    for (int64_t u = 0; u < op_.kernel_h; ++u) {
      const int64_t row = y + u - op_.kernel_h / 2;
      for (int64_t v = 0; v < op_.kernel_w; ++v, weights += group_in * kBlock) {
        if (row < 0 || row >= input.height) continue;
        const float* pixels[kPixels];
        for (int64_t p = 0; p < kPixels; ++p) {
          const int64_t column = x + p + v - op_.kernel_w / 2;
          const bool inside = column >= 0 && column < input.width;
          pixels[p] = (inside ? input.at(row, column) : zeros_.data()) + group * group_in;
        }
        accumulate(pixels, weights, group_in, sums);
      }
    }

    for (int64_t p = 0; p < std::min(kPixels, output.width - x); ++p) {
      for (int64_t k = 0; k < count; ++k) {
        float value = apply(op_.activation, static_cast<float>(sums[p][k]), first + k);
        for (size_t r = 0; r < op_.residuals.size(); ++r)
          value = op_.residuals[r].scale * value +
                  op_.residuals[r].residual_scale * inputs[r + 1].at(y, x + p)[first + k];
        output.at(y, x + p)[first + k] = value;
      }
    }
  };

  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t x = 0; x < output.width; x += kPixels) {
      for (int64_t group = 0; group < op_.groups; ++group) {
        for (int64_t block = 0; block < blocks_; ++block) block_of_pixels(y, x, group, block);
      }
    }
  }
}

template void ConvolutionKernel::run<float>(std::span<const ConstTensorView>, TensorView,
                                            RowRange) const;
template void ConvolutionKernel::run<double>(std::span<const ConstTensorView>, TensorView,
                                             RowRange) const;

}  // namespace fovea::reference
