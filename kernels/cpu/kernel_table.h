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
  kSigmoid,
  kSilu,
  kMish,
  kHardSwish,
  kTanh,
  kGelu  ///< with the normal distribution, not its approximation by tanh
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
  int32_t residual_count;
  float scale[kMaxResiduals];
  float residual_scale[kMaxResiduals];
  MapArgs residual[kMaxResiduals];
};

/// What becomes of a convolution's outputs, in the order (row, column, channel) of the factor x
/// factor output pixels that one input pixel makes: they are shuffled and, where there is a base,
/// its pixel is added to all of them.
struct ShuffleArgs {
  int64_t factor;  // 0: nothing; outputs are stored as they are
  MapArgs base;    // of the input's size; data is null where there is none
};

enum class WeightType : int32_t { kF32, kF16, kBF16 };

/// U = G g G^T from weights as they are stored.
struct WinogradWeightArgs {
  int64_t kernel;       // 3 or 5
  const void* weights;  // (out, in, kernel, kernel)
  WeightType type;
  int64_t in_channels;
  int64_t out_channels;
  float* u;  // (frequencies, padded out / 16, in, 16)
};

/// A 3x3 or 5x5 convolution by F(6x6, 3x3) or F(6x6, 5x5): tiles [first_tile, last_tile) of the
/// grid of 6x6 output tiles that begins at the picture's origin, row by row, tiles_x a row.
///
/// A kernel of `split` x `split` pieces of 3x3 (9x9: 3) is one of 3x3 on split^2 times the
/// channels: the map shifted by three pixels for each piece. Those maps exist a tile at a time.
///
/// V, the transformed input, is (frequencies, tiles, channels). A convolution on its own keeps it
/// in scratch and transforms all its channels. In a dense block `v` points to the first tile of a V
/// that outlives the call, in which the channels before `first_new` are there already: only the new
/// ones are transformed.
struct WinogradArgs {
  int64_t kernel;        // 3 or 5; of a piece where it is split
  int64_t split;         // pieces a side, odd; 1: whole
  MapArgs input;         // holds the new channels
  MapArgs output;        // data is written
  ShuffleArgs shuffle;   // on the way to the output, which then has factor^2 the pixels of a tile
  int64_t in_channels;   // of V: first_new + new_channels
  int64_t first_new;     // channel of V
  int64_t new_channels;  // of the input, times split^2
  int64_t out_channels;
  const float* weights;  // U, (frequencies, padded out / 16, in_channels, 16)
  // Or null. For 3x3: filters that are transformed anew for each block of tiles, a row of 8
  // frequencies at a time, so that U never leaves the second-level cache. Then `weights` is not
  // read, and stored->u is room for winograd_row_floats().
  const WinogradWeightArgs* stored;
  EpilogueArgs epilogue;
  int64_t tiles_x;
  int64_t tile_block;          // tiles that are transformed and multiplied together
  float* v;                    // V of first_tile, or null: in scratch
  int64_t v_tile_stride;       // floats; for v that is not null
  int64_t v_frequency_stride;  // floats; for v that is not null
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
                         // kernel_h, kernel_w, padded C); depthwise: (kernel_h, kernel_w, padded C)
  EpilogueArgs epilogue;
};

enum class PointwiseKind : int32_t {
  kActivate,  ///< of input 0
  kAdd,       ///< scale[0] in[0] + scale[1] in[1] + ..., from the left
  kMultiply,  ///< in[0] in[1]
  kAffine,    ///< weight[c] in[0] + bias[c]
  kClamp,     ///< min(max(in[0], low), high); NaN stays
  kNormalise  ///< weight[c] (in[0] - m) / sqrt(v + epsilon) + bias[c], m (0 unless centred) and v
              ///< the mean and the mean square of in[0] - m over the pixel's channels
};

/// A row of an operator that reads one pixel of each map to write one. The output may lie where an
/// input lies.
struct PointwiseArgs {
  static constexpr int32_t kMaxInputs = 8;

  PointwiseKind kind;
  int64_t width;
  int64_t channels;
  int32_t input_count;
  const float* in[kMaxInputs];
  int64_t in_stride[kMaxInputs];  // floats from pixel to pixel
  float* out;
  int64_t out_stride;
  float scale[kMaxInputs];
  EpilogueActivation activation;
  float slope;          // for kLeaky
  const float* slopes;  // (channels), for kPrelu
  const float* weight;  // (channels)
  const float* bias;    // (channels)
  float low;
  float high;
  bool centred;
  float epsilon;       // below the root of kNormalise
  float root_epsilon;  // added to it
};

/// One axis of a resize: output o is the sum of count[o] samples from first[o], each with its
/// weight.
struct ResizeAxis {
  const int32_t* first;
  const int32_t* count;
  const float* weights;  // (out, most)
  int64_t most;          // the largest count
};

/// Rows resized along their width. Reads and writes up to 3 floats beyond each row's end where
/// there are fewer than 4 channels.
struct ResizeColumnsArgs {
  ResizeAxis axis;
  const float* in;  // (rows, in_width, channels)
  int64_t in_stride;
  float* out;  // (rows, out_width, channels)
  int64_t out_stride;
  int64_t rows;
  int64_t out_width;
  int64_t channels;
};

/// A sum of rows first ... first + count - 1 of a ring, each with its weight.
struct SumRowsArgs {
  const float* in;
  int64_t in_stride;
  int64_t ring_rows;
  int64_t first;
  int64_t count;
  const float* weights;
  float* out;
};

/// The kernels of one instruction set.
struct KernelTable {
  /// Scratch: winograd_scratch() floats.
  void (*winograd)(const WinogradArgs& args, int64_t first_tile, int64_t last_tile, float* scratch);

  /// Filters [first, last) of the padded out / 16 * in there are, 16 outputs of one input channel
  /// at a time.
  void (*winograd_weights)(const WinogradWeightArgs& args, int64_t first, int64_t last);

  /// Nearest x2 and a 3x3 convolution in one, as four 2x2 convolutions of the small map:
  /// args.kernel is 2, the weights are U of each phase in turn, (4, 64, padded out / 16, in, 16), v
  /// is null. Tiles are those of kUpsampleTile; scratch as for winograd().
  void (*winograd_upsample)(const WinogradArgs& args, int64_t first_tile, int64_t last_tile,
                            float* scratch);

  /// For few input channels and many output channels. Scratch: kernel_h lines of the input, each
  /// kernel_w - 1 + kMostDirectPixels pixels longer than the map is wide.
  void (*direct)(const DirectArgs& args, int64_t first_row, int64_t last_row, float* scratch);

  /// For at most kMaxNarrowOutputs output channels; lanes are input channels. No scratch.
  void (*narrow)(const DirectArgs& args, int64_t first_row, int64_t last_row);

  /// For convolutions of each channel on its own. No scratch.
  void (*depthwise)(const DirectArgs& args, int64_t first_row, int64_t last_row);

  void (*pointwise)(const PointwiseArgs& args);

  void (*resize_columns)(const ResizeColumnsArgs& args);

  /// Floats [first, last) of the row.
  void (*sum_rows)(const SumRowsArgs& args, int64_t first, int64_t last);
};

inline constexpr int64_t kMaxNarrowOutputs = 4;

/// The highest kernel that direct() takes, and the most pixels of its register blocks over all
/// levels: what its lines are longer by.
inline constexpr int64_t kMaxDirectKernel = 31;
inline constexpr int64_t kMostDirectPixels = 14;

/// Output channels are padded to multiples of this in packed weights, biases and slopes; input
/// channels in narrow's weights: one AVX-512 vector.
inline constexpr int64_t kPanel = 16;

/// Input pixels a side of a tile, and what a tile is transformed to.
constexpr int64_t winograd_input(int64_t kernel) { return kernel == 5 ? 10 : 8; }
constexpr int64_t winograd_frequencies(int64_t kernel) {
  return winograd_input(kernel) * winograd_input(kernel);
}
inline constexpr int64_t kMostWinogradInput = winograd_input(5);

/// Output pixels a side of a tile: 6 for 3x3 and 5x5.
constexpr int64_t winograd_tile(int64_t kernel) { return winograd_input(kernel) + 1 - kernel; }

/// Small rows and columns that a tile of winograd_upsample() covers. Tile t covers kUpsampleTile of
/// every phase: output rows 2 kUpsampleTile t - 1 ... 2 kUpsampleTile (t + 1) - 2.
inline constexpr int64_t kUpsampleTile = winograd_tile(2);

/// Floats that a call of winograd() needs: a padded input tile, V where it is in scratch, and M,
/// (frequencies, tiles, padded out). Rows of V and M are skewed by a panel: streams a power of two
/// apart would all fall into the same few sets of the first-level cache.
constexpr int64_t winograd_scratch(int64_t kernel, int64_t tile_block, int64_t new_channels,
                                   int64_t v_channels, int64_t out_channels) {
  const int64_t outputs = (out_channels + kPanel - 1) / kPanel * kPanel;
  return winograd_frequencies(kernel) *
         (new_channels + (tile_block * v_channels + kPanel) + (tile_block * outputs + kPanel));
}

/// Floats that WinogradArgs::stored needs: the filters as f32 and a row of U.
constexpr int64_t winograd_row_floats(int64_t in_channels, int64_t out_channels) {
  const int64_t outputs = (out_channels + kPanel - 1) / kPanel * kPanel;
  return 9 * outputs * in_channels + winograd_input(3) * (outputs * in_channels + kPanel);
}

/// Floats that it needs behind those where outputs are shuffled: a tile's outputs, (tile, tile,
/// padded out), and a row of the tile's base, enlarged.
constexpr int64_t winograd_shuffle_scratch(int64_t kernel, int64_t out_channels) {
  const int64_t outputs = (out_channels + kPanel - 1) / kPanel * kPanel;
  const int64_t tile = winograd_tile(kernel);
  return (tile * tile + tile) * outputs;
}

extern const KernelTable kPortableKernels;
extern const KernelTable kAvx2Kernels;
extern const KernelTable kAvx512Kernels;

}  // namespace fovea::cpu
