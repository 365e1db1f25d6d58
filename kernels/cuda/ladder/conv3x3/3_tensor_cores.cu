// Rung 3: the same tile, multiplied by the tensor cores: nine shifted views of it are nine
// matrices.
//
//   y[i,j,k] = R(A(b[k] + sum_{c,u,v} w[k,c,u,v] x[i+u-1, j+v-1, c])), x = 0 outside the map; A, R
//   of epilogue.cuh.
//
// Maps and weights f16, C8-planar, whole or rings; weights of pack_conv_mma.h in blocks of 32 or 64
// outputs: (blocks, chunks of 16 channels, v, u, 2 halves, outputs, 8 channels); sums f32 over
// chunks, v, u; one rounding.
// Preconditions: conv3x3_ladder.h.
//
// Grid: one tile a block, of 16 rows x 32 columns x 32 outputs or 8 x 32 x 64, blocks of outputs
// being neighbours. 8 warps of 4 rows x 16 columns x 32 outputs: M = 16 pixels of a row, N = 8
// outputs, K = 16 channels of an mma.sync.
//
// Tiling, for 16 input channels at a time (32 outputs; 64 outputs):
//   input   = 2 planes * 18 rows * 34 columns * 16     = 19,584;  2 * 10 * 34 * 16 = 10,880
//   weights = 9 taps * 2 halves * 32 outputs * 16      =  9,216;  9 *  2 * 64 * 16 = 18,432
//                                                        28,800                      29,312
//
// The idea: a convolution is nine matrix products. For tap (u, v), pixels (i+u-1, j+v-1) are the
// rows of A and w[., ., u, v] is B (implicit GEMM: no matrix of 9 C columns is ever written). In
// the C8-planar layout a pixel's 8 channels are 16 contiguous bytes, a row of ldmatrix; so a shift
// by a tap is another address, and 8 pixels are 128 contiguous bytes at any shift: no bank
// conflict.
//
// The bound it lifts: the multiply-adders. A multiprocessor of Hopper has 128 of f32, and by
// mma.sync about 1270 products of f16 a cycle (62 % of what wgmma reaches, as measured by others).
// What bounds it now: shared memory. A tap of a warp, 4 x 512 bytes of A and 1024 of B, is 24
// cycles at 128 bytes for 32,768 products, 25.8 cycles: 93 %; with what cp.async writes (0.13 of
// what is read) 105 %. Predicted ceiling on an H200: 0.62 * 132 * 4096 * 1.98 GHz = 664 TFLOP/s by
// mma.sync, 630 by shared memory, less the loads of each chunk, which only a second block hides.
// Second-level cache: a tile of 64 -> 32 reads 4 * 28,800 bytes for 512 * 36,864 FLOP, 164 FLOP a
// byte; at 630 TFLOP/s 15 bytes a cycle and multiprocessor, of the 38 it gives.
//
// Registers: 64 sums, 4 to 16 of A, 8 of B, some 30 of addresses: two blocks fit.
//
// Edges: pixels outside the map, rows below those that the last wanted row needs (a ring may have
// lost them) and planes that fill up a chunk come as zeros; finish_warp drops sums beyond width and
// rows.
//
// See: 2_shared_memory.cu, 4_ky_stack.cu. conv_mma.cu is this rung made ready for every GPU: a row
// of A, once loaded, meets all three u, and loads run two steps ahead.
// tests/emulation/test_ladder_conv3x3.cpp.
#include "kernels/cuda/conv_mma.cuh"
#include "kernels/cuda/ladder/conv3x3/conv3x3_ladder.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/pack_conv_mma.h"

namespace fovea::cuda::ladder {
namespace {

template <int kBlockOutputs>
struct BlockTile {
  // A warp's part, in the words of finish_warp.
  static constexpr int kRows = 4;
  static constexpr int kOutputs8 = 4;
  static constexpr int kWarpPixels = 16;
  static constexpr int kPixelBytes16 = 16;
  static constexpr bool kUpsample = false;
  // The block's.
  static constexpr int kOutputs = kBlockOutputs;
  static constexpr int kWarpsN = kOutputs / (8 * kOutputs8);
  static constexpr int kWarpsX = 2;
  static constexpr int kWarpsY = 8 / kWarpsX / kWarpsN;
  static constexpr int kThreads = kWarpThreads * kWarpsY * kWarpsX * kWarpsN;
  static constexpr int kTileRows = kWarpsY * kRows;
  static constexpr int kTileColumns = kWarpsX * kWarpPixels;
  static constexpr int kInputColumns = kTileColumns + 2;
  static constexpr int kPlanePixels = (kTileRows + 2) * kInputColumns;
  static constexpr int kInputBytes = 2 * kPlanePixels * kPixelBytes16;
  static constexpr int kTapBytes = 2 * kOutputs * kPixelBytes16;
  static constexpr int kWeightBytes = 9 * kTapBytes;
  static constexpr int kSharedBytes = kInputBytes + kWeightBytes;
  static_assert(kThreads == 256 && kSharedBytes <= 48 * 1024, "no opt-in needed, two blocks fit");
};

// Planes 2 chunk and 2 chunk + 1 of the input under the tile, with their halo.
template <class Tile>
FOVEA_DEVICE void load_input(const ConvolutionArgs& args, const ConvMmaPlace& place, int chunk,
                             uint8_t* shared) {
  const DeviceMap& map = args.input;
  const int below = static_cast<int>(args.last_row) + 1;
  const int end = below < map.height ? below : static_cast<int>(map.height);
  for (int i = thread_index(); i < 2 * Tile::kPlanePixels; i += Tile::kThreads) {
    const int plane = 2 * chunk + i / Tile::kPlanePixels;
    const int pixel = i % Tile::kPlanePixels;
    const int y = place.row - 1 + pixel / Tile::kInputColumns;
    const int x = place.column - 1 + pixel % Tile::kInputColumns;
    const bool valid = plane < map.planes() && y >= 0 && y < end && x >= 0 && x < map.width;
    const void* source = map.data;
    if (valid)
      source = row_start(map, y) + plane * plane_bytes(map) + int64_t{x} * Tile::kPixelBytes16;
    async_copy_16(shared + i * Tile::kPixelBytes16, source, valid);
  }
}

template <class Tile>
FOVEA_DEVICE void load_weights(const uint8_t* weights, uint8_t* shared) {
  for (int i = thread_index() * 16; i < Tile::kWeightBytes; i += Tile::kThreads * 16)
    async_copy_16(shared + i, weights + i, true);
}

// sums += A B for one tap. `pixels` and `outputs`: the lane's row of the first core matrices.
template <class Tile>
FOVEA_DEVICE void multiply_tap(uint32_t pixels, uint32_t outputs, ConvMmaSums<Tile>& sums) {
  constexpr uint32_t kRowBytes = Tile::kInputColumns * Tile::kPixelBytes16;
  uint32_t b[Tile::kOutputs8 / 2][4];  // both halves of 8 outputs, and of the next 8
  FOVEA_UNROLL
  for (int n = 0; n < Tile::kOutputs8 / 2; ++n)
    load_matrix_x4(b[n], outputs + static_cast<uint32_t>(n * 16 * Tile::kPixelBytes16));
  FOVEA_UNROLL
  for (int r = 0; r < Tile::kRows; ++r) {
    uint32_t a[4];
    load_matrix_x4(a, pixels + static_cast<uint32_t>(r) * kRowBytes);
    FOVEA_UNROLL
    for (int n = 0; n < Tile::kOutputs8; ++n) {
      const uint32_t column[2] = {b[n / 2][n % 2 * 2], b[n / 2][n % 2 * 2 + 1]};
      mma_m16n8k16<Half>(sums[r][n], a, column);
    }
  }
}

template <int kBlockOutputs>
FOVEA_KERNEL(BlockTile<kBlockOutputs>::kThreads, 2)
void tensor_cores_kernel(FOVEA_GRID_CONSTANT const ConvMmaArgs args) {
  using Tile = BlockTile<kBlockOutputs>;
  const ConvolutionArgs& convolution = args.convolution;
  const int tile = block_index() / args.blocks;
  ConvMmaPlace place{};
  place.block = block_index() % args.blocks;
  place.row = static_cast<int>(convolution.first_row) + tile / args.tiles_x * Tile::kTileRows;
  place.end_row = static_cast<int>(convolution.last_row);
  place.column = tile % args.tiles_x * Tile::kTileColumns;
  const ConvMmaWarp<Tile> warp;

  uint8_t* const input = dynamic_shared();
  uint8_t* const weights = input + Tile::kInputBytes;
  const int lane = lane_index();
  // ldmatrix: lane 8 m + i names row i of core matrix m. Of A: 8 pixels, the next 8, and both of
  // the second plane. Of B: both halves of 8 outputs, and of the next 8.
  const uint32_t pixels =
      shared_address(input) + static_cast<uint32_t>((lane / 16 * Tile::kPlanePixels +
                                                     warp.y * Tile::kRows * Tile::kInputColumns +
                                                     warp.x * Tile::kWarpPixels + lane % 16) *
                                                    Tile::kPixelBytes16);
  const uint32_t outputs =
      shared_address(weights) +
      static_cast<uint32_t>((lane / 8 % 2 * Tile::kOutputs + warp.n * Tile::kOutputs8 * 8 +
                             lane / 16 * 8 + lane % 8) *
                            Tile::kPixelBytes16);

  ConvMmaSums<Tile> sums = {};
  const uint8_t* packed = static_cast<const uint8_t*>(convolution.weights) +
                          int64_t{place.block} * args.chunks * Tile::kWeightBytes;
  for (int chunk = 0; chunk < args.chunks; ++chunk, packed += Tile::kWeightBytes) {
    sync_threads();  // nobody reads the chunk before
    load_input<Tile>(convolution, place, chunk, input);
    load_weights<Tile>(packed, weights);
    async_copy_commit();
    async_copy_wait<0>();
    sync_threads();
    FOVEA_NO_UNROLL  // unrolled, ptxas keeps the rows that two u share: conv_mma.cu's idea
        for (int tap = 0; tap < 9; ++tap) {
      const int shift = tap % 3 * Tile::kInputColumns + tap / 3;
      multiply_tap<Tile>(pixels + static_cast<uint32_t>(shift * Tile::kPixelBytes16),
                         outputs + static_cast<uint32_t>(tap * Tile::kTapBytes), sums);
    }
  }
  finish_warp<Half, Tile>(convolution, place, warp.row(place), warp.column(place),
                          warp.plane(place), sums);
}

template <int kBlockOutputs>
CudaError launch_tiles(const ConvolutionArgs& args, const ConvMmaLayout& layout, Stream stream) {
  using Tile = BlockTile<kBlockOutputs>;
  const int64_t tiles_y = (args.last_row - args.first_row + Tile::kTileRows - 1) / Tile::kTileRows;
  const int64_t tiles_x = (args.output.width + Tile::kTileColumns - 1) / Tile::kTileColumns;
  const int64_t blocks = tiles_y * tiles_x * layout.blocks;
  if (blocks > INT32_MAX) return kInvalidArgument;
  LaunchShape shape;
  shape.grid_x = static_cast<unsigned>(blocks);
  shape.threads = Tile::kThreads;
  shape.shared_bytes = Tile::kSharedBytes;
  const ConvMmaArgs kernel_args{args, static_cast<int32_t>(tiles_x), layout.blocks, layout.chunks};
  return launch(tensor_cores_kernel<kBlockOutputs>, shape, stream, kernel_args);
}

ConvMmaLayout layout_of(const ConvolutionArgs& args) {
  return conv_mma_layout(3, args.input.channels, args.output.channels);
}

}  // namespace

bool tensor_cores_support(const ConvolutionArgs& args) {
  const ConvMmaLayout layout = layout_of(args);
  return conv3x3_is_sound(args) && layout.chunk_planes == 2 &&
         (layout.block_outputs == 32 || layout.block_outputs == 64);
}

CudaError launch_tensor_cores(const ConvolutionArgs& args, Stream stream) {
  if (!tensor_cores_support(args)) return kInvalidArgument;
  const ConvMmaLayout layout = layout_of(args);
  return layout.block_outputs == 32 ? launch_tiles<32>(args, layout, stream)
                                    : launch_tiles<64>(args, layout, stream);
}

}  // namespace fovea::cuda::ladder
