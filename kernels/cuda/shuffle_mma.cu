// The last layer of SRVGGNetCompact: 3x3 convolution, pixel shuffle, nearest base, in one.
//
//   z[a,b,k] = A(bias[k] + sum_{c,u,v} w[k,c,u,v] x[a + u - 1, b + v - 1, c])
//   y[i,j,c] = z[i/r, j/r, c r^2 + (i%r) r + j%r] + base[i/r, j/r, c], r the factor
//
// Maps f16 or bf16 (sm_80), C8-planar; weights as conv_mma.cu's; z stays f32 and is never stored: y
// is rounded once. Up to 8 channels of y (one plane), up to 64 of z (one block of outputs).
// Preconditions: those, and argument_checks.h's; the rows are those of y.
//
// Parallel, tiling, registers: the tile's products are conv_mma.cu's. Then the sums pass through
// shared memory, since a pixel of y needs channels that different lanes and warps have, and a warp
// should write neighbouring pixels. In 4 rounds: in each every warp writes one of its 4 rows,
//   kWarpsY rows * 32 columns * (outputs + 8) * 4 bytes = 14,336 (48), 20,480 (32), 18,432 (64)
// where the operands were, and then all threads make pixels of y, neighbours in a row of y, 512
// contiguous bytes a warp. The pitch of outputs + 8 words puts the 4 pixels that half a warp
// writes into different banks (40, 56 and 72 are 8 or 24 modulo 32); reads conflict twofold.
// For 64 -> 48 and r = 4 a round is 6 stores to shared memory of 8 bytes and 4 * 3 loads a thread:
// together some 6 % of the products' time on sm_80 (a prediction).
// What it saves is 48 channels of z: written and read they were 192 bytes a pixel of x, more than
// the 128 that the layer reads.
//
// Edges: rows of y before the first and from the last wanted one are computed where they share a
// row of x with one, and not stored.
//
// See: kernels/reference/shuffle_convolution.cpp, tests/emulation/test_shuffle_mma.cpp.
#include "kernels/cuda/shuffle_mma.h"

#include "kernels/cuda/argument_checks.h"
#include "kernels/cuda/conv_mma.cuh"
#include "kernels/cuda/launch.h"

namespace fovea::cuda {
namespace {

constexpr int kKernel = 3;
constexpr int kMaxOutputs = 64;

struct ShuffleMmaArgs {
  ConvMmaArgs products;  // rows of the small map
  DeviceMap base;
  int32_t factor = 1;
  int32_t first_row = 0;  // of y
  int32_t last_row = 0;
};

// Tile::kTileColumns pixels of kWarpsY rows, in f32.
template <class Tile>
struct ShuffleStage {
  static constexpr int kPitch = Tile::kOutputs + 8;
  static constexpr int kBytes = Tile::kWarpsY * Tile::kTileColumns * kPitch * 4;
  static_assert(kPitch % 16 == 8, "4 pixels' 8 words each lie in different banks");
  static_assert(kBytes <= Tile::kSharedBytes, "the sums lie where the operands were");
};

// Blocks of a multiprocessor. The tile of 32 outputs copies most pixels a thread and would spill.
template <class Tile>
constexpr int kBlocks = Tile::kOutputs == 32 ? 1 : Tile::kBlocksPerMultiprocessor;

// A warp's row of sums, biased and activated, to its place in `stage`.
template <class Tile>
FOVEA_DEVICE void stage_row(const EpilogueArgs& epilogue, const ConvMmaWarp<Tile>& warp, int planes,
                            const float (&sums)[Tile::kOutputs8][4], float* stage) {
  const int first_plane = warp.n * Tile::kOutputs8;
  const int pixel = (warp.y * Tile::kWarpsX + warp.x) * Tile::kWarpPixels + lane_index() / 4;
  FOVEA_UNROLL
  for (int n = 0; n < Tile::kOutputs8; ++n) {
    if (first_plane + n >= planes) continue;
    const int channel = (first_plane + n) * kPixelChannels + lane_index() % 4 * 2;
    FOVEA_UNROLL
    for (int i = 0; i < 2; ++i) {
      const ChannelEpilogue of_channel = channel_epilogue(epilogue, channel + i);
      FOVEA_UNROLL
      for (int half = 0; half < 2; ++half)
        stage[(pixel + 8 * half) * ShuffleStage<Tile>::kPitch + channel + i] =
            biased_and_activated(of_channel, sums[n][2 * half + i]);
    }
  }
}

// The pixels of y that row `round` of each warp makes.
template <class T, class Tile>
FOVEA_DEVICE void store_shuffled(const ShuffleMmaArgs& args, const ConvMmaPlace& place, int round,
                                 const float* stage) {
  const DeviceMap& output = args.products.convolution.output;
  const int factor = args.factor;
  const int columns = Tile::kTileColumns * factor;
  const int count = Tile::kWarpsY * factor * columns;
  const int channels = static_cast<int>(output.channels);
  for (int index = thread_index(); index < count; index += Tile::kThreads) {
    const int column = index % columns;
    const int row = index / columns;  // a row of y, of those of this round
    const int small_row = place.row + row / factor * Tile::kRows + round;
    const int small_column = place.column + column / factor;
    const int y = small_row * factor + row % factor;
    const int x = place.column * factor + column;
    if (y < args.first_row || y >= args.last_row || x >= output.width) continue;

    const float* sums =
        stage + (row / factor * Tile::kTileColumns + column / factor) * ShuffleStage<Tile>::kPitch +
        row % factor * factor + column % factor;
    float values[kPixelChannels] = {};
    if (args.base.data != nullptr)
      load_pixel<T>(row_start(args.base, small_row) + small_column * kPixelBytes<T>, values);
    FOVEA_UNROLL
    for (int c = 0; c < kPixelChannels; ++c)
      values[c] = c < channels ? sums[c * factor * factor] + values[c] : 0.0f;
    store_pixel<T>(row_start(output, y) + x * kPixelBytes<T>, values);
  }
}

template <class T, class Tile>
FOVEA_KERNEL(Tile::kThreads, compute_capability() < 80 ? 1 : kBlocks<Tile>)
void shuffle_mma(FOVEA_GRID_CONSTANT const ShuffleMmaArgs args) {
  const ConvMmaPlace place = place_of_block<Tile>(args.products);
  const ConvMmaWarp<Tile> warp;
  ConvMmaSums<Tile> sums = {};
  multiply_tile<T, Tile>(args.products, place, warp, sums);

  const int64_t outputs = args.products.convolution.output.channels * args.factor * args.factor;
  const int planes = static_cast<int>(planes_of(outputs));
  float* const stage = reinterpret_cast<float*>(dynamic_shared());
  FOVEA_UNROLL
  for (int round = 0; round < Tile::kRows; ++round) {
    sync_threads();  // the operands, or the round before, have been read
    stage_row<Tile>(args.products.convolution.epilogue, warp, planes, sums[round], stage);
    sync_threads();
    store_shuffled<T, Tile>(args, place, round, stage);
  }
}

template <class T, class Tile>
CudaError launch_tile(const ShuffleConvolutionArgs& shuffle, const ConvMmaLayout& layout,
                      Stream stream) {
  const ConvolutionArgs& convolution = shuffle.convolution;
  ShuffleMmaArgs args;
  args.products.convolution = convolution;
  args.products.convolution.first_row = convolution.first_row / shuffle.factor;
  args.products.convolution.last_row = (convolution.last_row + shuffle.factor - 1) / shuffle.factor;
  args.products.blocks = layout.blocks;
  args.products.chunks = layout.chunks;
  args.base = shuffle.base;
  args.factor = shuffle.factor;
  args.first_row = static_cast<int32_t>(convolution.first_row);
  args.last_row = static_cast<int32_t>(convolution.last_row);
  const int64_t rows = args.products.convolution.last_row - args.products.convolution.first_row;
  const int64_t tiles_y = (rows + Tile::kTileRows - 1) / Tile::kTileRows;
  const int64_t tiles_x = (convolution.input.width + Tile::kTileColumns - 1) / Tile::kTileColumns;
  args.products.tiles_x = static_cast<int32_t>(tiles_x);
  if (tiles_y * tiles_x > INT32_MAX) return kInvalidArgument;
  LaunchShape shape;
  shape.grid_x = static_cast<unsigned>(tiles_y * tiles_x);
  shape.threads = Tile::kThreads;
  shape.shared_bytes = Tile::kSharedBytes;
  shape.dependent = true;
  return launch(shuffle_mma<T, Tile>, shape, stream, args);
}

ConvMmaLayout layout_of(int64_t in_channels, int64_t channels, int64_t factor) {
  return conv_mma_layout(kKernel, in_channels, channels * factor * factor);
}

template <class T>
CudaError launch_layout(const ShuffleConvolutionArgs& args, Stream stream) {
  const ConvMmaLayout layout =
      layout_of(args.convolution.input.channels, args.convolution.output.channels, args.factor);
  switch (layout.block_outputs) {
    case 32:
      return launch_tile<T, ConvMmaTileOf<kKernel, 2, 1, 32>>(args, layout, stream);
    case 48:
      return launch_tile<T, ConvMmaTileOf<kKernel, 2, 1, 48>>(args, layout, stream);
    case 64:
      return launch_tile<T, ConvMmaTileOf<kKernel, 2, 1, 64>>(args, layout, stream);
    default:
      return kInvalidArgument;
  }
}

bool sound_base(const ShuffleConvolutionArgs& args, int64_t rows) {
  const DeviceMap& base = args.base;
  const DeviceMap& input = args.convolution.input;
  return base.data == nullptr ||
         (map_is_sound(base) && base.type == input.type && base.height == input.height &&
          base.width == input.width && base.channels == args.convolution.output.channels &&
          rows <= base.ring_rows);
}

bool supports(const ShuffleConvolutionArgs& args) {
  const ConvolutionArgs& convolution = args.convolution;
  const DeviceMap& input = convolution.input;
  const DeviceMap& output = convolution.output;
  if (!map_is_sound(input) || !map_is_sound(output) || input.type != output.type ||
      !shuffle_mma_has_tile(input.channels, output.channels, args.factor) ||
      output.height != input.height * args.factor || output.width != input.width * args.factor)
    return false;
  if (convolution.weights == nullptr || convolution.epilogue.residual_count != 0 ||
      !epilogue_is_sound(convolution.epilogue, output))
    return false;
  if (convolution.first_row < 0 || convolution.first_row >= convolution.last_row ||
      convolution.last_row > output.height ||
      convolution.last_row - convolution.first_row > output.ring_rows)
    return false;
  // One input row more than the small rows on each side, where the map has it.
  const int64_t first = convolution.first_row / args.factor;
  const int64_t last = (convolution.last_row + args.factor - 1) / args.factor;
  const int64_t read = (last < input.height ? last + 1 : last) - (first > 0 ? first - 1 : first);
  return read <= input.ring_rows && sound_base(args, last - first) &&
         input.ring_rows * input.row_stride <= INT32_MAX;
}

}  // namespace

bool shuffle_mma_has_tile(int64_t in_channels, int64_t channels, int64_t factor) {
  if (channels < 1 || channels > kPlaneChannels || factor < 1 || factor > kMaxOutputs ||
      channels * factor * factor > kMaxOutputs)
    return false;
  const ConvMmaLayout layout = layout_of(in_channels, channels, factor);
  return layout.blocks == 1 && layout.chunk_planes == 2 && layout.block_outputs >= 32;
}

bool shuffle_mma_supports(const ShuffleConvolutionArgs& args, int compute_capability) {
  const ElementType type = args.convolution.output.type;
  const int least = type == ElementType::kF16 ? 75 : 80;
  return type != ElementType::kF32 && compute_capability >= least && supports(args);
}

CudaError launch_shuffle_mma(const ShuffleConvolutionArgs& args, Stream stream) {
  if (!supports(args)) return kInvalidArgument;
  switch (args.convolution.output.type) {
    case ElementType::kF16:
      return launch_layout<Half>(args, stream);
    case ElementType::kBf16:
      return launch_layout<Bfloat16>(args, stream);
    case ElementType::kF32:
      break;
  }
  return kInvalidArgument;
}

}  // namespace fovea::cuda
