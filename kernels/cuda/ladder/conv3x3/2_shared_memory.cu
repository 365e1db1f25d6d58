// Rung 2: a tile of the map and its weights in shared memory, a block of the outputs in registers.
//
//   y[i,j,k] = R(A(b[k] + sum_{c,u,v} w[k,c,u,v] x[i+u-1, j+v-1, c])), x = 0 outside the map; A, R
//   of epilogue.cuh.
//
// Maps f16, C8-planar, whole or rings; weights f32, (planes of out, 3, 3, padded in, 8 outputs) of
// pack_conv_direct; sums f32 over planes of 8 channels, then c, v, u; one rounding.
// Preconditions: conv3x3_ladder.h, at most 65535 tiles along rows and groups of 32 outputs.
//
// Grid: x, y tiles of 16 rows x 32 columns, z groups of 32 outputs. Of a block's 8 warps, 2 x 4,
// each has 8 rows x 32 columns of one plane of 8 outputs; a lane has a column: 8 pixels x 8
// outputs.
//
// Tiling, for one plane of 8 input channels at a time:
//   input   = 8 channels * 18 rows * 34 columns * 4     = 19,584 bytes (f32: converted once)
//   weights = 4 planes * 9 taps * 8 channels * 8 * 4    =  9,216
//                                                         28,800
//
// The idea: read once, use often. Between two barriers a block reads 9.8 KB of pixels and 9.2 KB of
// weights for 512 * 32 * 72 multiply-adds: 124 FLOP for a byte of the second-level cache. And a
// lane that has one column of 10 values and 8 weights in registers multiplies each value with up to
// 3 rows of taps and 8 outputs.
//
// The bound it lifts: the load pipe. For one channel and one v a warp loads 10 values (a cycle of
// shared memory each: 32 neighbouring words) and 3 * 2 vectors of weights (the same for all lanes:
// one cycle each) for 3 * 8 * 8 = 192 multiply-adds, which take 48 cycles of the multiprocessor:
// loads are 1/3 of that. What bounds it now: the f32 multiply-adders, 192 of the 208 instructions.
// Predicted ceiling on an H200: 192 / 208 * 66.9 = 61.8 TFLOP/s, less barriers.
//
// Registers: 64 sums, 10 values, 8 weights, some 20 of addresses: two blocks fit (128 each), one
// multiplies while the other loads.
//
// Edges: pixels outside the map, and rows below those that the last wanted row needs (a ring may
// have lost them), are zero in shared memory; sums beyond the width or the last row are dropped.
// Planes of outputs that the map lacks have zero weights and are not stored.
//
// See: 1_naive.cu, 3_tensor_cores.cu; tests/emulation/test_ladder_conv3x3.cpp.
#include "kernels/cuda/argument_checks.h"
#include "kernels/cuda/finish_pixel.cuh"
#include "kernels/cuda/ladder/conv3x3/conv3x3_ladder.h"
#include "kernels/cuda/launch.h"

namespace fovea::cuda::ladder {
namespace {

constexpr int kThreads = 256;
constexpr int kTileRows = 16;
constexpr int kTileColumns = kWarpThreads;
constexpr int kThreadRows = 8;
constexpr int kBlockPlanes = 4;  // of outputs
static_assert(kTileRows / kThreadRows * kBlockPlanes * kWarpThreads == kThreads,
              "a warp has its rows and its plane");

constexpr int kInputRows = kTileRows + 2;
constexpr int kInputColumns = kTileColumns + 2;
constexpr int64_t kMaxGrid = 65535;  // blocks along y and z

struct Shared {
  float input[kPixelChannels][kInputRows][kInputColumns];
  float weights[kBlockPlanes][9][kPixelChannels][kPixelChannels];  // [..][u 3 + v][c][k]
};
static_assert(sizeof(Shared) == 28800 && sizeof(Shared) <= 48 * 1024, "no opt-in needed");

struct Tile {
  int row;
  int column;
  int plane;  // of outputs
};

// Plane `plane` of the input under the tile, with its halo.
FOVEA_DEVICE void load_input(const ConvolutionArgs& args, const Tile& tile, int plane,
                             Shared& shared) {
  const DeviceMap& map = args.input;
  const int below = static_cast<int>(args.last_row) + 1;
  const int end = below < map.height ? below : static_cast<int>(map.height);
  for (int i = thread_index(); i < kInputRows * kInputColumns; i += kThreads) {
    const int y = tile.row - 1 + i / kInputColumns;
    const int x = tile.column - 1 + i % kInputColumns;
    float values[kPixelChannels] = {};
    if (y >= 0 && y < end && x >= 0 && x < map.width) {
      load_pixel<Half>(
          row_start(map, y) + plane * plane_bytes(map) + int64_t{x} * kPixelBytes<Half>, values);
    }
    FOVEA_UNROLL
    for (int c = 0; c < kPixelChannels; ++c)
      shared.input[c][i / kInputColumns][i % kInputColumns] = values[c];
  }
}

// The weights of that plane for the tile's outputs.
FOVEA_DEVICE void load_weights(const ConvolutionArgs& args, const Tile& tile, int plane,
                               Shared& shared) {
  constexpr int kTapVectors = kPixelChannels * kPixelChannels / 4;
  const auto* packed = static_cast<const PixelFloats*>(args.weights);
  auto* vectors = reinterpret_cast<PixelFloats*>(shared.weights);
  for (int i = thread_index(); i < kBlockPlanes * 9 * kTapVectors; i += kThreads) {
    const int output_plane = tile.plane + i / (9 * kTapVectors);
    const int tap = i / kTapVectors % 9;
    PixelFloats four = {};
    if (output_plane < args.output.planes()) {
      const int64_t taps = (int64_t{output_plane} * 9 + tap) * args.input.planes() + plane;
      four = packed[taps * kTapVectors + i % kTapVectors];
    }
    vectors[i] = four;
  }
}

FOVEA_KERNEL(kThreads, 2)
void shared_memory_kernel(FOVEA_GRID_CONSTANT const ConvolutionArgs args) {
  Shared& shared = *reinterpret_cast<Shared*>(dynamic_shared());
  const Tile tile{static_cast<int>(args.first_row) + block_index_y() * kTileRows,
                  block_index() * kTileColumns, block_index_z() * kBlockPlanes};
  const int first = warp_index() / kBlockPlanes * kThreadRows;  // row of the tile
  const int own_plane = warp_index() % kBlockPlanes;
  const int column = lane_index();

  float sums[kThreadRows][kPixelChannels] = {};
  const int planes = static_cast<int>(args.input.planes());
  for (int plane = 0; plane < planes; ++plane) {
    sync_threads();  // nobody reads the plane before
    load_input(args, tile, plane, shared);
    load_weights(args, tile, plane, shared);
    sync_threads();
    FOVEA_NO_UNROLL
    for (int c = 0; c < kPixelChannels; ++c) {
      FOVEA_UNROLL
      for (int v = 0; v < 3; ++v) {
        float values[kThreadRows + 2];
        FOVEA_UNROLL
        for (int r = 0; r < kThreadRows + 2; ++r)
          values[r] = shared.input[c][first + r][column + v];
        FOVEA_UNROLL
        for (int u = 0; u < 3; ++u) {
          float weights[kPixelChannels];
          load_pixel<float>(shared.weights[own_plane][3 * u + v][c], weights);
          FOVEA_UNROLL
          for (int r = 0; r < kThreadRows; ++r) {
            FOVEA_UNROLL
            for (int k = 0; k < kPixelChannels; ++k) sums[r][k] += values[r + u] * weights[k];
          }
        }
      }
    }
  }

  const int x = tile.column + column;
  const int plane = tile.plane + own_plane;
  if (x >= args.output.width || plane >= args.output.planes()) return;
  FOVEA_UNROLL
  for (int r = 0; r < kThreadRows; ++r) {
    const int y = tile.row + first + r;
    if (y < args.last_row) finish_pixel<Half>(args, y, x, plane, sums[r]);
  }
}

}  // namespace

CudaError launch_shared_memory(const ConvolutionArgs& args, Stream stream) {
  const int64_t tile_rows = (args.last_row - args.first_row + kTileRows - 1) / kTileRows;
  const int64_t groups = (args.output.planes() + kBlockPlanes - 1) / kBlockPlanes;
  if (!conv3x3_is_sound(args) || tile_rows > kMaxGrid || groups > kMaxGrid) return kInvalidArgument;
  LaunchShape shape;
  shape.grid_x = static_cast<unsigned>((args.output.width + kTileColumns - 1) / kTileColumns);
  shape.grid_y = static_cast<unsigned>(tile_rows);
  shape.grid_z = static_cast<unsigned>(groups);
  shape.threads = kThreads;
  shape.shared_bytes = sizeof(Shared);
  return launch(shared_memory_kernel, shape, stream, args);
}

}  // namespace fovea::cuda::ladder
