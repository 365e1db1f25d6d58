// The reference kernels: plain loops that are the specification of every operator (kernels/ops.h
// has the formulas). Each writes rows `rows` of `output`. f32 storage; sums in f32, or in f64 where
// a test asks for the accumulator.
#pragma once

#include <span>

#include "engine/resize_taps.h"
#include "kernels/ops.h"

namespace fovea::reference {

/// Convolution; inputs[0] the map, inputs[1...] the residuals. Weights are packed once, at birth.
class ConvolutionKernel {
 public:
  explicit ConvolutionKernel(ops::ConvolutionOp op);

  template <class Accumulator>
  void run(std::span<const ConstTensorView> inputs, TensorView output, RowRange rows) const;

  int64_t out_channels() const { return op_.out_channels; }
  int64_t padding() const { return op_.kernel_h / 2; }

 private:
  ops::ConvolutionOp op_;
  int64_t blocks_ = 0;         // of output channels in a group
  std::vector<float> packed_;  // (groups, blocks, kernel_h, kernel_w, in / groups, kBlock)
  std::vector<float> zeros_;   // (in): what lies outside the map
};

/// DenseBlock: its convolutions one after the other, on as many rows around `rows` as the later
/// ones need.
class DenseBlockKernel {
 public:
  explicit DenseBlockKernel(std::vector<ops::ConvolutionOp> convolutions);

  template <class Accumulator>
  void run(std::span<const ConstTensorView> inputs, TensorView output, RowRange rows) const;

 private:
  std::vector<ConvolutionKernel> kernels_;
  int64_t in_channels_ = 0;
  int64_t padding_ = 0;  // of all convolutions together
};

void upsample_convolution(const ops::UpsampleConvolutionOp& op, ConstTensorView input,
                          TensorView output, RowRange rows);
/// `kernel` on inputs[0], shuffled by `factor`; inputs[1], where it is there, is the base.
template <class Accumulator>
void shuffle_convolution(const ConvolutionKernel& kernel, int64_t factor,
                         std::span<const ConstTensorView> inputs, TensorView output, RowRange rows);
void activate(const ops::ActivationOp& op, ConstTensorView input, TensorView output, RowRange rows);
void add(std::span<const float> scales, std::span<const ConstTensorView> inputs, TensorView output,
         RowRange rows);
void multiply(ConstTensorView a, ConstTensorView b, TensorView output, RowRange rows);
void concat(std::span<const ConstTensorView> inputs, TensorView output, RowRange rows);
void slice(int64_t begin, ConstTensorView input, TensorView output, RowRange rows);
void resize(const Resize& op, ConstTensorView input, TensorView output, RowRange rows);
void pixel_shuffle(int64_t factor, ConstTensorView input, TensorView output, RowRange rows);
void pixel_unshuffle(int64_t factor, ConstTensorView input, TensorView output, RowRange rows);
void affine(const ops::AffineOp& op, ConstTensorView input, TensorView output, RowRange rows);
void clamp(const Clamp& op, ConstTensorView input, TensorView output, RowRange rows);

void global_average(const GlobalAverage& op, ConstTensorView input, TensorView output);
void group_norm_factors(const GroupNormFactors& op, const ops::NormOp& norm, ConstTensorView input,
                        TensorView output);
void channel_norm(const ChannelNorm& op, const ops::NormOp& norm, ConstTensorView input,
                  TensorView output, RowRange rows);
void pad(const Pad& op, ConstTensorView input, TensorView output, RowRange rows);
void crop(const Crop& op, ConstTensorView input, TensorView output, RowRange rows);
void pool(const Pool& op, ConstTensorView input, TensorView output, RowRange rows);
void grid_sample(const GridSample& op, ConstTensorView input, ConstTensorView offsets,
                 TensorView output, RowRange rows);

/// A(x) of channel c.
float apply(const ops::ActivationOp& op, float x, int64_t c);

}  // namespace fovea::reference
