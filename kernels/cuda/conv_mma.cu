// Convolution on the tensor cores by mma.sync: what every GPU from sm_75 on runs where
// conv3x3_wgmma (sm_90a alone) does not: kernels from 1x1 to 9x9, and upsample convolutions.
//
//   y[i,j,k] = R(A(b[k] + sum_{c,u,v} w[k,c,u,v] x[i + u - K/2, j + v - K/2, c])), x = 0 outside
//   the map; K = 1, 3, 5 or 9; A, R of epilogue.cuh. Upsample: y[2a + s, 2b + t, k] = R(A(b[k] +
//   sum_{c,u,v in {0,1}} w[2s + t,k,c,u,v] x[a + u - 1 + s, b + v - 1 + t, c])): four convolutions
//   with K = 2 and their own borders, one a phase (s, t).
//
// Maps f16 or, from sm_80 on, bf16, C8-planar, rings and slices of buffers; weights of
// pack_conv_mma.h in the same type; sums f32, over chunks of channels, then v, then u, whatever the
// rows asked for, so that a row has the same bits in every band; rounded once.
// Preconditions: argument_checks.h; a plane of the input has less than 2^31 pixels. The last
// plane's padding channels of the input are zero; those of the output are written as zero. The
// output may lie beside the input in one buffer, as other planes.
//
// Parallel: a block makes a tile of rows x columns x outputs (all outputs of RDB and SRVGG layers),
// a warp of its 8 makes 4 rows x 16 columns x up to 32 outputs: M = 16 pixels of a row, N = 8
// outputs, K = 16: two planes at one pixel (or two pixels of one plane, where there is no second).
// Blocks of one tile, its phases and its blocks of outputs, are neighbours in the grid, so that
// they read the input from the second-level cache and fill each other's halves of a sector.
//
// Tiling (ConvMmaTileOf), S = columns of a product, 2 for one plane and 1 for two:
//   input   = 2 slots * planes * (rows + K - 1) * (columns + S * ceil(K / S) - 1) * 16
//   weights = slots * K * 2 halves * outputs * 16; 2 slots where a chunk is one step, else 3
//     K outputs  rows x columns  planes   input         weights        bytes
//     1    32       16 x 32        2    2 * 16384  +  2 *  1024  =  34816
//     1    64        8 x 32        2    2 *  8192  +  2 *  2048  =  20480
//     2    32       16 x 32        2    2 * 17952  +  3 *  2048  =  42048
//     2    64        8 x 32        2    2 *  9504  +  3 *  4096  =  31296
//     3     8       16 x 32        2    2 * 19584  +  2 *  2304  =  43776  (all 3 columns a step)
//     3    32       16 x 32        2    2 * 19584  +  3 *  3072  =  48384
//     3    48        8 x 32        2    2 * 10880  +  3 *  4608  =  35584
//     3    64        8 x 32        2    2 * 10880  +  3 *  6144  =  40192
//     3    64        8 x 32        1    2 *  5600  +  3 *  6144  =  29632
//     5     8       16 x 32        2    2 * 23040  +  3 *  1280  =  49920
//     5    32       16 x 32        2    2 * 23040  +  3 *  5120  =  61440
//     5    64        8 x 32        2    2 * 13824  +  3 * 10240  =  58368
//     9     8       16 x 32        1    2 * 15744  +  3 *  2304  =  38400
//     9    32       16 x 32        1    2 * 15744  +  3 *  9216  =  59136
// The input moves a chunk (2 planes with their halo) at a time, the weights a chunk's column step
// at a time, by cp.async two steps ahead. So the number of channels is free, one program serves
// every layer, and all tiles fit sm_75's 64 KB. The 3x3 and 2x2 ones leave room for two blocks on
// sm_86, 89 and 120 (100 KB, less 1 KB a block): one multiplies while the other waits at a barrier,
// fills its first slots or stores.
//
// Why not the ky-stack of conv3x3_wgmma, one product of a row of pixels with the weights of all
// three ky (a warp's would be 32 pixels x 96): mma.sync reads its operands through registers, so a
// row of pixels that is loaded once can meet the three ky with the sums of *different output rows*
// in registers; no sums rotate and no weights are triplicated. Bytes of shared memory a
// multiply-add: a stack of 32 x 96 reads (32 + 96) * 32 bytes for 32 * 96 * 16, 0.083; this tile
// reads, for 16 channels and a column, 6 rows * 16 pixels and 3 * 32 weights of 32 bytes for 4 * 16
// * 3 * 32 * 16, 0.063. At sm_80's 1024 multiply-adds a cycle that is 64 of the 128 bytes a cycle
// of shared memory, plus 12 that cp.async writes; consumer GPUs multiply 256 or 512 a cycle, and
// are not bounded here. A core matrix is 8 pixels x 16 bytes, contiguous at every column shift:
// ldmatrix has no bank conflicts, and an accumulator fragment is stored as it lies, 128 contiguous
// bytes a warp.
// Why weights are not resident: a block that stays would need a scheduler of tiles, and all that it
// would save is reads of the second-level cache. A tile of 64 -> 64 reads 9 * 64 * 64 * 2 = 74 KB
// of weights and 4 * 10.9 KB of pixels for 8 * 32 * 9 * 64 * 64 multiply-adds: 13 bytes a cycle and
// multiprocessor on sm_80, whose second-level cache gives 47.
//
// Registers: 64 sums, 16 to 24 of pixels, 8 of weights, some 30 of addresses: 128, so that two
// blocks of 256 threads fit (from sm_80 on). A step of 3x3 is 48 HMMA (2 * 48 of half the size on
// sm_75), 12 LDSM and some 90 other instructions: 150 issue slots for 48 * 8 cycles of an sm_80
// tensor core. Predictions, none measured: 64 -> 64 at 1280x720 on an A100 is 28,800 warp tiles *
// 576 HMMA * 8 cycles / (432 tensor cores * 1.41 GHz) = 0.22 ms at the tensor cores' full rate; 70
// to 80 % of it is expected, the rest being lost to the last wave, and to first loads and epilogues
// where the other block does not cover them. sm_75 runs one block of the wide tiles and its copies
// are loads and stores: expect 60 %.
//
// Edges: pixels outside the map come as zeros; rows below those that the last wanted row needs are
// not read (a ring may have lost them). Outputs beyond the width or the last row are computed and
// dropped; outputs beyond the model's have zero weights and only their planes that exist are
// stored.
//
// See: kernels/reference/convolution.cpp and upsample_convolution.cpp, conv_direct.cu,
// tests/emulation/test_conv_mma.cpp; conv_mma.cuh has the device code.
#include "kernels/cuda/conv_mma.h"

#include "kernels/cuda/argument_checks.h"
#include "kernels/cuda/conv_mma.cuh"
#include "kernels/cuda/launch.h"

namespace fovea::cuda {
namespace {

constexpr int kUpsampleKernel = 2;

template <class T, class Tile>
CudaError launch_tile(const ConvolutionArgs& convolution, const ConvMmaLayout& layout,
                      Stream stream) {
  constexpr int64_t kPhases = Tile::kUpsample ? 4 : 1;
  constexpr int64_t kScale = Tile::kUpsample ? 2 : 1;
  const int64_t rows = (convolution.last_row - convolution.first_row + kScale - 1) / kScale;
  const int64_t tiles_y = (rows + Tile::kTileRows - 1) / Tile::kTileRows;
  const int64_t tiles_x = (convolution.input.width + Tile::kTileColumns - 1) / Tile::kTileColumns;
  const int64_t grid = tiles_y * tiles_x * kPhases * layout.blocks;
  if (grid > INT32_MAX) return kInvalidArgument;
  ConvMmaArgs args;
  args.convolution = convolution;
  args.tiles_x = static_cast<int32_t>(tiles_x);
  args.blocks = layout.blocks;
  args.chunks = layout.chunks;
  LaunchShape shape;
  shape.grid_x = static_cast<unsigned>(grid);
  shape.threads = Tile::kThreads;
  shape.shared_bytes = Tile::kSharedBytes;
  shape.dependent = true;
  return launch(conv_mma<T, Tile>, shape, stream, args);
}

// The tiles: kernel, planes of a chunk, column steps between barriers, outputs of a block.
template <class T>
CudaError launch_layout(const ConvolutionArgs& args, const ConvMmaLayout& layout, Stream stream) {
  switch (layout.kernel * 100 + layout.block_outputs) {
    case 132:
      return launch_tile<T, ConvMmaTileOf<1, 2, 1, 32>>(args, layout, stream);
    case 164:
      return launch_tile<T, ConvMmaTileOf<1, 2, 1, 64>>(args, layout, stream);
    case 232:
      return launch_tile<T, ConvMmaTileOf<2, 2, 1, 32>>(args, layout, stream);
    case 264:
      return launch_tile<T, ConvMmaTileOf<2, 2, 1, 64>>(args, layout, stream);
    case 308:
      return launch_tile<T, ConvMmaTileOf<3, 2, 3, 8>>(args, layout, stream);
    case 332:
      return launch_tile<T, ConvMmaTileOf<3, 2, 1, 32>>(args, layout, stream);
    case 348:
      return launch_tile<T, ConvMmaTileOf<3, 2, 1, 48>>(args, layout, stream);
    case 364:
      return layout.chunk_planes == 1
                 ? launch_tile<T, ConvMmaTileOf<3, 1, 1, 64>>(args, layout, stream)
                 : launch_tile<T, ConvMmaTileOf<3, 2, 1, 64>>(args, layout, stream);
    case 508:
      return launch_tile<T, ConvMmaTileOf<5, 2, 1, 8>>(args, layout, stream);
    case 532:
      return launch_tile<T, ConvMmaTileOf<5, 2, 1, 32>>(args, layout, stream);
    case 564:
      return launch_tile<T, ConvMmaTileOf<5, 2, 1, 64>>(args, layout, stream);
    case 908:
      return launch_tile<T, ConvMmaTileOf<9, 1, 1, 8>>(args, layout, stream);
    case 932:
      return launch_tile<T, ConvMmaTileOf<9, 1, 1, 32>>(args, layout, stream);
    default:
      return kInvalidArgument;
  }
}

bool supports(const ConvolutionArgs& args, int kernel, int64_t scale, int compute_capability) {
  const ConvMmaLayout layout = conv_mma_layout(kernel, args.input.channels, args.output.channels);
  if (layout.block_outputs == 0 || !convolution_is_sound(args, kernel, scale)) return false;
  // Offsets in a plane are 32-bit.
  if (args.input.ring_rows * args.input.row_stride > INT32_MAX) return false;
  return args.output.type == ElementType::kF16
             ? compute_capability >= 75
             : args.output.type == ElementType::kBf16 && compute_capability >= 80;
}

CudaError launch_kernel(const ConvolutionArgs& args, int kernel, int64_t scale, Stream stream) {
  constexpr int kNewest = 1000;
  if (!supports(args, kernel, scale, kNewest)) return kInvalidArgument;
  const ConvMmaLayout layout = conv_mma_layout(kernel, args.input.channels, args.output.channels);
  return args.output.type == ElementType::kF16 ? launch_layout<Half>(args, layout, stream)
                                               : launch_layout<Bfloat16>(args, layout, stream);
}

}  // namespace

bool conv_mma_supports(const ConvolutionArgs& args, int kernel, int compute_capability) {
  return kernel != kUpsampleKernel && supports(args, kernel, 1, compute_capability);
}

CudaError launch_conv_mma(const ConvolutionArgs& args, int kernel, Stream stream) {
  return kernel == kUpsampleKernel ? kInvalidArgument : launch_kernel(args, kernel, 1, stream);
}

bool upsample_mma_supports(const ConvolutionArgs& args, int compute_capability) {
  return supports(args, kUpsampleKernel, 2, compute_capability);
}

CudaError launch_upsample_mma(const ConvolutionArgs& args, Stream stream) {
  return launch_kernel(args, kUpsampleKernel, 2, stream);
}

}  // namespace fovea::cuda
