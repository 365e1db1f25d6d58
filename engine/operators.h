// The operators a Graph is made of: what each computes and with which attributes. Formulas, shapes
// and layouts are in kernels/ops.h; this header knows nothing of sizes, devices or memory.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/activation_kind.h"
#include "engine/scale.h"

namespace fovea {

/// Index of a parameter tensor in its Graph; kNoParameter where there is none.
using ParameterId = int32_t;
inline constexpr ParameterId kNoParameter = -1;

/// An activation; `negative_slope` is LeakyReLU's, `slopes` PReLU's: 1 or C values.
struct Activation {
  ActivationKind kind = ActivationKind::kNone;
  float negative_slope = 0.0f;
  ParameterId slopes = kNoParameter;
};

/// One step of a convolution's epilogue: y <- scale * y + residual_scale * residual.
/// The residuals are the convolution's inputs 1, 2, ... in this order.
struct ScaledResidual {
  float scale = 1.0f;
  float residual_scale = 1.0f;
};

/// 2-D cross-correlation, stride 1, odd kernel, zero padding "same", followed by its epilogue:
/// bias, activation, then the scaled residuals. Input 0 is the map; inputs 1... the residuals.
struct Convolution {
  ParameterId weight = kNoParameter;  // (out, in / groups, kernel_h, kernel_w)
  ParameterId bias = kNoParameter;    // (out)
  int64_t out_channels = 0;
  int64_t kernel_h = 0;
  int64_t kernel_w = 0;
  int64_t groups = 1;
  Activation activation;
  std::vector<ScaledResidual> residuals;
};

/// Nearest x2 upsampling followed by a 3x3 convolution (padding 1), as four 2x2 phase convolutions
/// on the small map: exactly the same function for 4/9 of the multiplications. Made by
/// passes/fold_upsample.
struct UpsampleConvolution {
  ParameterId weight = kNoParameter;  // (4, out, in, 2, 2): phase 2 * (row odd) + (column odd)
  ParameterId bias = kNoParameter;    // (out)
  int64_t out_channels = 0;
  Activation activation;
};

/// A convolution whose result is pixel-shuffled (see PixelShuffle), then, where `base` says so,
/// added to input 1 enlarged by repetition: the tail of SRVGGNetCompact. No residuals. Made by
/// passes/fuse_shuffle.
struct ShuffleConvolution {
  Convolution convolution;
  int64_t factor = 1;
  bool base = false;
};

/// A dense block (Huang et al. 2017; Zhang et al. 2018): convolutions of which each reads the input
/// and all results before it, joined along the channels; the last one's result is the block's.
/// Residuals only on the last: they are inputs 1... of the block. Made by passes/fuse_dense_block.
struct DenseBlock {
  std::vector<Convolution> convolutions;
};

/// An activation on its own.
struct Activate {
  Activation activation;
};

/// sum_i scales[i] * input_i, added from the left. All inputs are of one shape, but those after the
/// first may be one pixel that stands for the whole picture (GlobalAverage): it is added
/// everywhere.
struct Add {
  std::vector<float> scales;
};

/// input_0 * input_1 elementwise; input 1 may be one pixel that stands for the whole picture.
struct Multiply {};

/// Inputs one after the other along the channels.
struct Concat {};

/// Channels [begin, begin + count).
struct Slice {
  int64_t begin = 0;
  int64_t count = 0;
};

enum class ResizeFilter { kNearest, kBilinear, kBicubic, kLanczos3 };

/// Resampling by `scale` with half-pixel centres and clamped borders. With a second input, to that
/// one's size: `scale` is then unknown.
struct Resize {
  ResizeFilter filter = ResizeFilter::kBicubic;
  Scale scale;
  double cubic_a =
      -0.5;  ///< bicubic: -0.5 in MATLAB's imresize and Pillow, -0.75 in PyTorch, OpenCV, ncnn
  bool antialias = true;  ///< stretch the kernel when shrinking, as imresize does
};

/// PyTorch's PixelShuffle: (H, W, C r^2) -> (H r, W r, C), input channel c r^2 + dy r + dx.
struct PixelShuffle {
  int64_t factor = 1;
};

/// Its inverse, PyTorch's PixelUnshuffle. Height and width must be multiples of `factor`.
struct PixelUnshuffle {
  int64_t factor = 1;
};

/// Per-channel y = weight[c] * x + bias[c]; either may be absent.
struct Affine {
  ParameterId weight = kNoParameter;  // (C)
  ParameterId bias = kNoParameter;    // (C)
};

struct Clamp {
  float low = 0.0f;
  float high = 1.0f;
};

/// One pixel for the whole picture: each channel's mean, or its standard deviation (of all pixels,
/// not of a sample of them).
struct GlobalAverage {
  bool deviation = false;
};

/// What a group norm (Wu & He 2018) multiplies and adds, one pixel for the whole picture: first for
/// each channel weight / sqrt(variance + epsilon), then for each bias - mean * that; mean and
/// variance of all pixels of the channel's group.
struct GroupNormFactors {
  int64_t groups = 1;
  double epsilon = 1e-5;
  ParameterId weight = kNoParameter;  // (C)
  ParameterId bias = kNoParameter;    // (C)
};

/// Each pixel's channels normalised among themselves: layer norm (Ba et al. 2016) over channels
/// where `centred`, else RMS norm (Zhang & Sennrich 2019).
struct ChannelNorm {
  bool centred = true;
  double epsilon = 1e-6;
  ParameterId weight = kNoParameter;  // (C)
  ParameterId bias = kNoParameter;    // (C)
  bool adds_to_root = false;          ///< epsilon is added to the root, not below it
};

/// How a map goes on beyond its borders: by zeros, mirrored at the border pixel (which is not
/// repeated), or by the border pixel.
enum class PadMode { kZero, kReflect, kReplicate };

/// A map continued: right and bottom to multiples of `multiple`, then by `margin` on all sides.
struct Pad {
  PadMode mode = PadMode::kZero;
  int64_t margin = 0;
  int64_t multiple = 1;
};

/// A map without its first `margin` rows and columns. It ends `margin` before the other ends or,
/// with a second input, where it has `factor` times that one's size.
struct Crop {
  int64_t margin = 0;
  int64_t factor = 1;
};

enum class PoolKind { kMax, kAverage };

/// The largest or mean value of windows of kernel x kernel, `stride` apart, that lie within the
/// map without `margin` pixels on each side. A kernel of 1 takes every `stride`-th pixel.
struct Pool {
  PoolKind kind = PoolKind::kMax;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t margin = 0;
};

/// DySample's sampling (Liu et al. 2023, arXiv 2308.15085): input 0 enlarged `factor` times, each
/// output pixel read bilinearly where input 1, (H, W, 2 groups factor^2), says, in pixels from the
/// input pixel it lies on; channels in `groups`, each with offsets of its own.
struct GridSample {
  int64_t factor = 1;
  int64_t groups = 1;
};

/// All operators. To add one: a struct here, its contract in kernels/ops.h, a line in each table
/// that the compiler then asks for, a reference kernel and its cases in tests/operator_cases.h.
using Operator =
    std::variant<Convolution, UpsampleConvolution, ShuffleConvolution, DenseBlock, Activate, Add,
                 Multiply, Concat, Slice, Resize, PixelShuffle, PixelUnshuffle, Affine, Clamp,
                 GlobalAverage, GroupNormFactors, ChannelNorm, Pad, Crop, Pool, GridSample>;

/// The operator's name as PyTorch users know it, e.g. "Convolution".
std::string_view operator_name(const Operator& op);
std::string_view to_string(ActivationKind kind);
std::string_view to_string(ResizeFilter filter);
std::string_view to_string(PadMode mode);

/// True when an output pixel of the operator may depend on every pixel of an input.
bool sees_whole_picture(const Operator& op);

}  // namespace fovea
