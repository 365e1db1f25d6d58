// The table of CPU kernels: plain structs in, one function pointer a kernel, filled once for each
// instruction set.
//
// The files that are compiled for an instruction set include this header and <cstdint>, and nothing
// that defines inline functions or templates of namespace std or fovea: a copy of such a function
// compiled with AVX-512 could be the one the linker keeps for the whole program.
#pragma once

#include <cstdint>

namespace fovea::cpu {

/// What an epilogue computes after the bias.
enum class EpilogueActivation : int32_t {
  kNone,
  kLeaky,  ///< x < 0 ? slope x : x; ReLU is slope 0
  kPrelu,  ///< the same with a slope a channel
  kOther   ///< `other` below, a value at a time
};

/// A map as TensorView describes it; ConstTensorView's fields in their order.
struct MapArgs {
  const float* data;  // (ring_rows, W, C)
  int64_t height;
  int64_t width;
  int64_t channels;
  int64_t pixel_stride;
  int64_t row_stride;
  int64_t ring_rows;
};

/// What follows a convolution's sums: bias, activation, then y <- scale y + residual_scale r for
/// each residual.
struct EpilogueArgs {
  static constexpr int32_t kMaxResiduals = 4;

  const float* bias;    // (padded out)
  const float* slopes;  // (padded out), for kPrelu
  EpilogueActivation activation;
  float slope;  // for kLeaky
  float (*other)(const void* context, float x, int64_t channel);
  const void* other_context;
  int32_t residual_count;
  float scale[kMaxResiduals];
  float residual_scale[kMaxResiduals];
  MapArgs residual[kMaxResiduals];
};

/// A 3x3 convolution by F(6x6, 3x3): tiles [first_tile, last_tile) of the grid of 6x6 output tiles
/// that begins at the picture's origin, row by row, tiles_x a row.
struct WinogradArgs {
  MapArgs input;
  MapArgs output;        // data is written
  int64_t in_channels;   // C of the input that is read
  int64_t out_channels;  // K
  const float* weights;  // (64, padded K / 16, in_channels, 16): U = G g G^T
  EpilogueArgs epilogue;
  int64_t tiles_x;
};

/// A convolution with any odd kernel, summed directly: output rows [first_row, last_row).
struct DirectArgs {
  MapArgs input;
  MapArgs output;  // data is written
  int64_t in_channels;
  int64_t out_channels;
  int64_t kernel_h;
  int64_t kernel_w;
  const float* weights;  // (padded K / 16, kernel_h, kernel_w, in_channels, 16); narrow: (K,
                         // kernel_h, kernel_w, padded C)
  EpilogueArgs epilogue;
};

/// The kernels of one instruction set.
struct KernelTable {
  /// Scratch: winograd_scratch_floats.
  void (*winograd)(const WinogradArgs& args, int64_t first_tile, int64_t last_tile, float* scratch);

  /// For few input channels and many output channels. Scratch: direct_scratch_floats.
  void (*direct)(const DirectArgs& args, int64_t first_row, int64_t last_row, float* scratch);

  /// For at most kMaxNarrowOutputs output channels; lanes are input channels. No scratch.
  void (*narrow)(const DirectArgs& args, int64_t first_row, int64_t last_row);
};

inline constexpr int64_t kMaxNarrowOutputs = 4;

/// Output channels are padded to multiples of this in packed weights, biases and slopes; input
/// channels in narrow's weights: one AVX-512 vector.
inline constexpr int64_t kPanel = 16;

/// Tiles that are transformed and multiplied together. 24 tiles of 64 channels at 64 frequencies
/// are 390 KB of transformed input and as much of products: beside the weights of one frequency
/// they fit a 1 MB second-level cache, and 24 divides by both register blocks (6 and 12 tiles).
inline constexpr int64_t kTileBlock = 24;
inline constexpr int64_t kWinogradTile = 6;          // output pixels a side
inline constexpr int64_t kWinogradInput = 8;         // input pixels a side
inline constexpr int64_t kWinogradFrequencies = 64;  // = kWinogradInput^2

extern const KernelTable kPortableKernels;
extern const KernelTable kAvx2Kernels;
extern const KernelTable kAvx512Kernels;

}  // namespace fovea::cpu
