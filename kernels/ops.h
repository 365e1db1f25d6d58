// The contract of every operator: formula, shapes, layout. Each backend implements these;
// kernels/reference is the specification by example, and tests hold every other kernel to it over
// tests/operator_cases.h.
//
// Notation: x input, y output; (H, W, C) maps with channels fastest, addressed through TensorView,
// which hides whether rows lie in a whole map or in a ring; (i, j) row and column, c, k input and
// output channel. All maps are f32. A kernel writes rows `rows` of y and nothing else, reads only
// the rows that rows_needed() of engine/graph.h names, may read a residual where it writes nothing,
// and gives a row the same bits whatever `rows` it is part of: that is what makes sweeps exact.
// Several threads run one kernel on disjoint rows at once.
//
//   Convolution          y[i,j,k] = R(A(b[k] + sum_{c,u,v} w[k,c,u,v] x[i+u-p, j+v-q, g(k)+c])), p
//   = kernel_h/2,
//                        q = kernel_w/2, x = 0 outside the map, g(k) the first channel of k's group
//                        (0 for one group); A the activation; R the residuals in turn: y <- scale y
//                        + residual_scale r[i,j,k]. That is PyTorch's Conv2d(padding="same")
//                        followed by the pointwise tail.
//   UpsampleConvolution  Convolution 3x3 of nearest x2 of x, as phases: for output row i = 2a+s,
//                        column j = 2b+t,
//                        y[i,j,k] = A(b[k] + sum_{c,u,v in {0,1}} w[2s+t,k,c,u,v] *
//                        x[a+u-1+s, b+v-1+t, c]).
//   ShuffleConvolution r y[i,j,c] = z[i/r, j/r, c r^2 + (i%r) r + j%r], z the Convolution of x,
//                        plus x_1[i/r, j/r, c] where it has a base.
//   DenseBlock           x_0 = x, x_n = Convolution_n(Concat(x_0, ..., x_{n-1})), y = the last x_n.
//   Activate             y = A(x) pointwise: ReLU max(x,0); LeakyReLU x>=0 ? x : slope x; PReLU
//                        the same with a slope a channel; Sigmoid 1/(1+e^-x); SiLU x sigmoid(x);
//                        Tanh; GELU x/2 (1+erf(x/sqrt 2)); Mish x tanh(log(1+e^x)); Hardswish
//                        x min(max(x+3,0),6)/6.
//   Add                  y = sum_n scales[n] x_n, from the left.
//   Multiply             y = x_0 x_1.
//   Concat               y's channels are x_0's, then x_1's, ...
//   Slice                y[..., c] = x[..., begin + c].
//   Resize               separable, rows (vertical) first:
//                        y[i,j] = sum_v wh[j,v] sum_u wv[i,u] x[u,v], weights of
//                        engine/resize_taps.h in f64.
//   PixelShuffle r       y[i,j,c] = x[i/r, j/r, c r^2 + (i%r) r + j%r].
//   PixelUnshuffle r     y[i,j, c r^2 + u r + v] = x[i r + u, j r + v, c].
//   Affine               y[..., c] = weight[c] x[..., c] + bias[c].
//   Clamp                y = min(max(x, low), high), NaN kept.
//
// Add and Multiply take, after the first input, one pixel for the whole picture: x_n[0,0,c] for
// every (i, j). A Resize with a second input has that one's size. Sums over a picture or a pixel's
// channels are in f64 and in an order that depends on sizes alone.
//
//   GlobalAverage        y[0,0,c] = m[c] = mean_{i,j} x[i,j,c]; the deviation:
//                        sqrt(mean_{i,j} (x[i,j,c] - m[c])^2).
//   GroupNormFactors     y[0,0,c] = s[c] = weight[c] / sqrt(v + epsilon),
//                        y[0,0,C+c] = bias[c] - m s[c];
//                        m and v the mean and variance of all x of c's group.
//   ChannelNorm          y[i,j,c] = weight[c] (x[i,j,c] - m) / sqrt(v + epsilon) + bias[c];
//                        m = mean_c x[i,j,c], 0 where not centred, v = mean_c (x[i,j,c] - m)^2;
//                        or over sqrt(v) + epsilon.
//   Pad m                y[i,j] = x[i-m, j-m], x continued by zeros, mirrored or repeated, its
//                        height and width first to multiples.
//   Crop m               y[i,j] = x[i+m, j+m].
//   Pool m, k, s         y[i,j,c] = max or mean over u, v < k of x[m + i s + u, m + j s + v, c].
//   GridSample r         y[i,j,c] = x at row i/r + o[1], column j/r + o[0], bilinear, clamped to
//                        the map; o[d] = x_1[i/r, j/r, (d G + g) r^2 + (i%r) r + j%r], g of G
//                        the group of c.
#pragma once

#include <vector>

#include "engine/graph.h"

namespace fovea::ops {

/// An activation with its PReLU slopes as f32, one a channel.
struct ActivationOp {
  ActivationKind kind = ActivationKind::kNone;
  float negative_slope = 0.0f;
  std::vector<float> slopes;  // (C) for PReLU, else empty
};

/// A convolution with its tensors as f32.
struct ConvolutionOp {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t kernel_h = 0;
  int64_t kernel_w = 0;
  int64_t groups = 1;
  std::vector<float> weight;  // (out, in / groups, kernel_h, kernel_w)
  std::vector<float> bias;    // (out), zeros where the model has none
  ActivationOp activation;
  std::vector<ScaledResidual> residuals;
};

/// An upsample convolution with its tensors as f32.
struct UpsampleConvolutionOp {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  std::vector<float> weight;  // (4, out, in, 2, 2)
  std::vector<float> bias;    // (out)
  ActivationOp activation;
};

/// An affine map with its tensors as f32.
struct AffineOp {
  std::vector<float> weight;  // (C), ones where absent
  std::vector<float> bias;    // (C), zeros where absent
};

/// Weight and bias of a norm as f32.
using NormOp = AffineOp;

/// Reads the parameters of a node's operator. kModel for tensors that are not floating point.
Result<ActivationOp> resolve(const Graph& graph, const Activation& activation, int64_t channels);
Result<ConvolutionOp> resolve(const Graph& graph, const Convolution& op, int64_t in_channels);
/// The same without reading the weight, for kernels that read it as it is stored.
Result<ConvolutionOp> resolve_epilogue(const Graph& graph, const Convolution& op,
                                       int64_t in_channels);

/// The convolutions of a dense block, each with the channels it reads.
Result<std::vector<ConvolutionOp>> resolve(const Graph& graph, const DenseBlock& op,
                                           int64_t in_channels);
Result<UpsampleConvolutionOp> resolve(const Graph& graph, const UpsampleConvolution& op,
                                      int64_t in_channels);
Result<AffineOp> resolve(const Graph& graph, const Affine& op, int64_t channels);
Result<NormOp> resolve(const Graph& graph, const GroupNormFactors& op, int64_t channels);
Result<NormOp> resolve(const Graph& graph, const ChannelNorm& op, int64_t channels);

/// Multiply-accumulates of one output pixel of a node, or as much work: Step::work_per_pixel.
double work_per_pixel(const Graph& graph, const Node& node);

}  // namespace fovea::ops
