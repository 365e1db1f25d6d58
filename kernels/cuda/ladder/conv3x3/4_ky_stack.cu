// Rung 4: the three rows of taps side by side, so that an input row is needed once.
//
//   y[i,j,k] = R(A(b[k] + sum_{c,ky,kx} w[k,c,ky,kx] x[i+ky-1, j+kx-1, c])), x = 0 outside the map;
//   A, R of epilogue.cuh.
//
// Maps and weights f16, C8-planar, whole or rings; weights of pack_conv3x3_wgmma in groups of 32
// outputs, (groups, kx, planes, 3 ky, 32 outputs, 8 channels); sums f32 over ky, kx, channels,
// whatever the rows asked for; one rounding. Preconditions: ky_stack_supports.
//
// Grid: as many blocks as the device holds, groups being neighbours. Those of a group share strips
// of 128 columns by rows (strip_runs.cuh) and walk down them. 4 warps of 32 columns: M = 2 x 16
// pixels of the row, N = 3 x 32, what they give to three output rows, K = 16 channels.
//
// Tiling: weights of the group, which stay, and the row that is multiplied and the one that comes:
//    64 -> 32:  3 * 8 * 96 * 16  + 2 *  8 * 130 * 16 =  36,864 + 33,280 =  70,144 bytes
//   192 -> 32:  3 * 24 * 96 * 16 + 2 * 24 * 130 * 16 = 110,592 + 99,840 = 210,432
//
// The idea: turn the window into a stream. Row r of the input belongs to output rows r+1, r and
// r-1, by ky = 0, 1 and 2. One pass over it, times [W(ky=0) | W(ky=1) | W(ky=2)], makes all three
// parts; sums of three output rows are in registers, the oldest is stored and the others move up.
// No window of rows is kept: shared memory has room for all weights, and A is read once for 96
// columns instead of 3 x 32.
//
// The bound it lifts: what a tile costs that is not products. Rung 3 reads 18 rows for 16 and all
// weights for each tile: 225 bytes of the second-level cache a pixel (64 -> 32). Here, 720p on 264
// blocks of an H200, runs have 27 rows: 130 * 29 / 27 + 36,864 / (27 * 128) = 150; and loads run a
// row ahead of products. Shared memory: a step (16 channels, kx) of a warp is 1024 bytes of A and
// 3072 of B, 32 cycles, for 49,152 products of 38.7 cycles at mma.sync's rate; with cp.async's
// writes 90 %, where rung 3 has 105 %. What bounds it now: mma.sync itself, whose operands pass
// through registers. Predicted ceiling on an H200: 664 TFLOP/s (0.62 * 1070), less 3 % by which the
// longest run is above the mean: 645. That is little, and conv_mma.cu gets further by rows of A
// that stay in registers (0.063 bytes a product; here 0.083, rung 3 0.094). wgmma reads both
// operands from shared memory for each product: there N = 32 is bound to 67 % and N = 96 is not.
// Rung 5.
//
// Registers: 96 sums, 16 operands, some 60 of addresses and epilogue; above 168, so two blocks.
//
// Edges: products are made for output rows of the run alone, and for no row outside the map. Pixels
// beside it and planes that fill up 16 channels come as zeros; finish_warp drops what is beyond it.
//
// See: 3_tensor_cores.cu; conv3x3_wgmma.cuh is rung 5; tests/emulation/test_ladder_conv3x3.cpp.
#include <algorithm>

#include "kernels/cuda/conv3x3_wgmma_shapes.h"
#include "kernels/cuda/conv_mma.cuh"
#include "kernels/cuda/ladder/conv3x3/conv3x3_ladder.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/multiprocessor_count.h"
#include "kernels/cuda/strip_runs.cuh"

namespace fovea::cuda::ladder {
namespace {

constexpr int kWarps = 4;
constexpr int kThreads = kWarps * kWarpThreads;
constexpr int kBlocksPerMultiprocessor = 2;
constexpr int kWarpTiles = 2;  // of 16 pixels
constexpr int kStripPixels = kWarps * kWarpTiles * 16;
constexpr int kRowPixels = kStripPixels + 2;
constexpr int kGroup = 32;
constexpr int kColumns = 3 * kGroup;
constexpr int kBytes = 16;  // of a pixel of a plane, and of an output's 8 weights

// 16 pixels of a row x 32 outputs, in the words of finish_warp.
struct RowTile {
  static constexpr int kRows = 1;
  static constexpr int kOutputs8 = kGroup / 8;
  static constexpr int kPixelBytes16 = kBytes;
  static constexpr bool kUpsample = false;
};

struct KyStackArgs {
  ConvolutionArgs convolution;
  int32_t planes;  // of the weights: even
  int32_t groups;
};

FOVEA_CONSTEXPR int weight_bytes(int planes) { return 3 * planes * kColumns * kBytes; }
FOVEA_CONSTEXPR int row_bytes(int planes) { return planes * kRowPixels * kBytes; }
FOVEA_CONSTEXPR int shared_bytes(int planes) {
  return weight_bytes(planes) + 2 * row_bytes(planes);
}

FOVEA_DEVICE void load_row(const KyStackArgs& args, int row, int column, uint8_t* slot) {
  const DeviceMap& map = args.convolution.input;
  const uint8_t* source = row_start(map, row);
  for (int i = thread_index(); i < args.planes * kRowPixels; i += kThreads) {
    const int plane = i / kRowPixels;
    const int x = column - 1 + i % kRowPixels;
    const bool valid = plane < map.planes() && x >= 0 && x < map.width;
    async_copy_16(slot + i * kBytes,
                  source + (valid ? plane * plane_bytes(map) + int64_t{x} * kBytes : 0), valid);
  }
}

using StackSums = ConvMmaSums<RowTile>[3][kWarpTiles];  // [ky]: of output row row + 1 - ky

// sums[ky] += the row times W(ky), where wanted[ky]. `pixels` and `outputs`: the lane's row of the
// first core matrices.
FOVEA_DEVICE void multiply_row(uint32_t pixels, uint32_t outputs, int planes,
                               const bool (&wanted)[3], StackSums& sums) {
  FOVEA_NO_UNROLL
  for (int kx = 0; kx < 3; ++kx) {
    FOVEA_NO_UNROLL
    for (int plane = 0; plane < planes; plane += 2) {
      uint32_t a[kWarpTiles][4];
      FOVEA_UNROLL
      for (int m = 0; m < kWarpTiles; ++m)
        load_matrix_x4(a[m],
                       pixels + static_cast<uint32_t>((plane * kRowPixels + 16 * m + kx) * kBytes));
      FOVEA_UNROLL
      for (int ky = 0; ky < 3; ++ky) {
        if (!wanted[ky]) continue;
        const int first = (kx * planes + plane) * kColumns + ky * kGroup;
        FOVEA_UNROLL
        for (int n = 0; n < RowTile::kOutputs8; n += 2) {
          uint32_t b[4];  // both halves of 8 outputs, and of the next 8
          load_matrix_x4(b, outputs + static_cast<uint32_t>((first + 8 * n) * kBytes));
          FOVEA_UNROLL
          for (int m = 0; m < kWarpTiles; ++m) {
            mma_m16n8k16<Half>(sums[ky][m][0][n], a[m], {b[0], b[1]});
            mma_m16n8k16<Half>(sums[ky][m][0][n + 1], a[m], {b[2], b[3]});
          }
        }
      }
    }
  }
}

// The newest row's sums begin.
FOVEA_DEVICE void move_up(StackSums& sums) {
  constexpr int kRowSums = kWarpTiles * RowTile::kOutputs8 * 4;
  auto& rows = reinterpret_cast<float(&)[3][kRowSums]>(sums);
  FOVEA_UNROLL
  for (int i = 0; i < kRowSums; ++i) {
    rows[2][i] = rows[1][i];
    rows[1][i] = rows[0][i];
    rows[0][i] = 0.0f;
  }
}

FOVEA_KERNEL(kThreads, kBlocksPerMultiprocessor)
void ky_stack_kernel(FOVEA_GRID_CONSTANT const KyStackArgs args) {
  const ConvolutionArgs& convolution = args.convolution;
  const int group = block_index() % args.groups;
  uint8_t* const weights = dynamic_shared();
  uint8_t* const rows = weights + weight_bytes(args.planes);

  const uint8_t* packed =
      static_cast<const uint8_t*>(convolution.weights) + int64_t{group} * weight_bytes(args.planes);
  for (int i = thread_index() * kBytes; i < weight_bytes(args.planes); i += kThreads * kBytes)
    async_copy_16(weights + i, packed + i, true);  // the first row's wait is theirs too

  // ldmatrix: lane 8 m + i names row i of core matrix m. Of A: 8 pixels, the next 8, and both of
  // the second plane. Of B: both planes' channels of 8 outputs, and of the next 8.
  const int lane = lane_index();
  const int own_pixel = uniform(warp_index()) * kWarpTiles * 16;
  const auto pixels =
      static_cast<uint32_t>((lane / 16 * kRowPixels + own_pixel + lane % 16) * kBytes);
  const uint32_t outputs =
      shared_address(weights) +
      static_cast<uint32_t>((lane / 8 % 2 * kColumns + lane / 16 * 8 + lane % 8) * kBytes);

  const int height = static_cast<int>(convolution.input.height);
  const int strips = (static_cast<int>(convolution.output.width) + kStripPixels - 1) / kStripPixels;
  StripRuns runs(strips, static_cast<int>(convolution.first_row),
                 static_cast<int>(convolution.last_row), block_index() / args.groups,
                 block_count() / args.groups);
  StripRun run;
  int slot = 0;
  while (runs.next(run)) {
    const int column = run.strip * kStripPixels;
    const int above = run.first_row > 0 ? run.first_row - 1 : 0;
    // Nobody reads the slot: all have come to the barrier of the row before, which lies in the
    // other.
    load_row(args, above, column, rows + slot * row_bytes(args.planes));
    async_copy_commit();
    StackSums sums = {};
    for (int row = run.first_row - 1; row <= run.last_row; ++row) {
      if (row >= 0 && row < height) {
        async_copy_wait<0>();
        sync_threads();
        if (row < run.last_row && row + 1 < height)
          load_row(args, row + 1, column, rows + (slot ^ 1) * row_bytes(args.planes));
        async_copy_commit();
        bool wanted[3];
        FOVEA_UNROLL
        for (int ky = 0; ky < 3; ++ky) {
          const int output_row = row + 1 - ky;
          wanted[ky] = output_row >= run.first_row && output_row < run.last_row;
        }
        multiply_row(shared_address(rows + slot * row_bytes(args.planes)) + pixels, outputs,
                     args.planes, wanted, sums);
        slot ^= 1;
      }
      if (row - 1 >= run.first_row) {
        ConvMmaPlace place{};
        place.end_row = run.last_row;
        FOVEA_UNROLL
        for (int m = 0; m < kWarpTiles; ++m) {
          finish_warp<Half, RowTile>(convolution, place, row - 1, column + own_pixel + 16 * m,
                                     group * RowTile::kOutputs8, sums[2][m]);
        }
      }
      move_up(sums);
    }
  }
}

const Conv3x3WgmmaShape* shape_of(const ConvolutionArgs& args) {
  const auto* shape = find_conv3x3_wgmma_shape(args.input.channels, args.output.channels);
  return shape != nullptr && shape->group == kGroup ? shape : nullptr;
}

// Of a block, with the opt-in.
int max_shared_bytes(int capability) {
  return (capability == 80 ? 163 : capability == 90 || capability == 100 ? 227 : 99) * 1024;
}

}  // namespace

bool ky_stack_supports(const ConvolutionArgs& args, int compute_capability) {
  const Conv3x3WgmmaShape* shape = shape_of(args);
  return conv3x3_is_sound(args) && shape != nullptr &&
         shared_bytes(shape->planes()) <= max_shared_bytes(compute_capability);
}

CudaError launch_ky_stack(const ConvolutionArgs& args, Stream stream, int blocks) {
  const Conv3x3WgmmaShape* shape = shape_of(args);
  if (!conv3x3_is_sound(args) || shape == nullptr) return kInvalidArgument;
  const KyStackArgs kernel_args{
      args, shape->planes(),
      static_cast<int32_t>(conv3x3_wgmma_groups(*shape, args.output.channels))};
  if (blocks == 0) {
    if (const CudaError error = multiprocessor_count(blocks); error != 0) return error;
    const int resident = max_shared_bytes(90) / shared_bytes(shape->planes());
    blocks = blocks * std::min(resident, kBlocksPerMultiprocessor) / kernel_args.groups;
  }
  // More blocks than rows would only load weights.
  const int64_t strips = (args.output.width + kStripPixels - 1) / kStripPixels;
  const int64_t most = strips * (args.last_row - args.first_row);
  LaunchShape launch_shape;
  launch_shape.grid_x =
      static_cast<unsigned>(std::clamp<int64_t>(blocks, 1, most) * kernel_args.groups);
  launch_shape.threads = kThreads;
  launch_shape.shared_bytes = static_cast<size_t>(shared_bytes(shape->planes()));
  return launch(ky_stack_kernel, launch_shape, stream, kernel_args);
}

}  // namespace fovea::cuda::ladder
