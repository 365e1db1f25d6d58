// Rung 4: the whole block in one kernel, x_1 ... x_4 in shared memory alone; and why that loses.
//
//   x_n = LeakyReLU(conv_n([x_0, ..., x_{n-1}])), x_0 = x, n = 1 ... 4
//   y = 0.2 conv_5([x_0, ..., x_4]) + x
//
// Every x_n is 0 outside the map. Maps f16, C8-planar; weights f16 of pack_conv_mma.h, five packs;
// sums f32 over chunks of 16 channels, kx, ky, rounded to f16 as each x_n is kept: bit for bit rung
// 3 by conv_mma. Preconditions: dense_block_is_sound.
//
// Grid: one block a tile of 16 x 16 pixels of y. Around it conv_5 needs x_4 on 18 x 18, conv_4
// needs x_3 on 20 x 20, ... x on 26 x 26: the halo is computed by each block for itself. 8 warps
// share the pixels of a convolution, 16 to an m-tile in the order of its little map: ldmatrix takes
// any 16 addresses, so that a row's end costs nothing. Weights come in steps of 16 channels and a
// kx, by cp.async two steps ahead.
//
// Tiling: (8 * 26^2 + 4 * 24^2 + 4 * 22^2 + 4 * 20^2 + 4 * 18^2) * 16 bytes of x ... x_4 = 200,704
//       + 3 slots * 3 taps * 2 halves * 64 outputs * 16 of weights                       =  18,432
//                                                                                          219,136
// A tile of 32 x 32 would take 578 KB of maps.
//
// The idea: keep on chip what only the block itself reads. The bound it lifts: device memory, 1,664
// bytes a pixel to 128 + 128 (x's halo, the residual and the weights, 338 + 128 + 479,232 / 256 =
// 2,338 bytes, come from the second-level cache: 8 bytes a cycle and multiprocessor at the speed
// below, of 38).
//
// Why it loses: that was not the bound (rung 3), and the halo is work.
//            pixels a tile   of 256   m-tiles, in rounds of 8 warps   executed
//   conv_1     24^2 = 576     2.25        36, 5 rounds                  2.5
//   conv_2     22^2 = 484     1.89        31, 4                         2.0
//   conv_3     20^2 = 400     1.56        25, 4                         2.0
//   conv_4     18^2 = 324     1.27        21, 3                         1.5
//   conv_5     16^2 = 256     1           16, 2                         1
// Weighted by their products (7.7, 11.5, 15.4, 19.2, 46.2 %): 1.34 times the work, 1.48 with rounds
// that are not full. Predicted ceiling on an H200: 664 TFLOP/s of mma.sync / 1.48 = 449, 0.98 ms
// for 1280 x 720, where rung 3 has 568 us by wgmma and 666 by mma.sync; and one block fills a
// multiprocessor, so that nothing covers its barriers. wgmma would not save it: 2-D tiles have no
// ky-stack, N = 32 is bound to 67 % by shared memory, and / 1.34 is 50 %.
//
// Registers: up to 80 sums (5 m-tiles x 32 outputs), 4 of A, 16 of B; 256 threads may have 255.
//
// Edges: x outside the map comes as zeros; x_n there is stored as 0, not as LeakyReLU(b_n). Lanes
// beyond the last pixel of a little map multiply it again and store nothing.
//
// See: 3_fused_epilogues.cpp, conv_mma.cuh; tests/emulation/test_ladder_dense_block.cpp.
#include "kernels/cuda/conv_mma.cuh"
#include "kernels/cuda/ladder/residual_dense_block/dense_block_ladder.h"
#include "kernels/cuda/launch.h"

namespace fovea::cuda::ladder {
namespace {

constexpr int kTile = 16;  // rows and columns of y
constexpr int kWarps = 8;
constexpr int kThreads = kWarps * kWarpThreads;
constexpr int kBytes = 16;  // of a pixel of a plane
constexpr int kWeightSlots = 3;
constexpr int kSlotBytes = 3 * 2 * static_cast<int>(kDenseFeatures) * kBytes;

// Map n is x_n, the last y.
FOVEA_CONSTEXPR int side(int n) { return kTile + 2 * (kDenseConvolutions - n); }
FOVEA_CONSTEXPR int map_pixels(int n) { return side(n) * side(n); }
FOVEA_CONSTEXPR int map_bytes(int n) {
  return static_cast<int>(n == 0 ? kDenseFeatures : kDenseGrowth) / 8 * map_pixels(n) * kBytes;
}
FOVEA_CONSTEXPR int map_offset(int n) {
  int bytes = 0;
  for (int before = 0; before < n; ++before) bytes += map_bytes(before);
  return bytes;
}
constexpr int kMapsBytes = map_offset(kDenseConvolutions);
constexpr int kSharedBytes = kMapsBytes + kWeightSlots * kSlotBytes;
static_assert(kSharedBytes == 219136 && kSharedBytes <= 227 * 1024, "a block of sm_90 has 227 KB");

// A warp's part of convolution n.
template <int n>
struct WarpTile {
  static constexpr int kTiles = (map_pixels(n) + 16 * kWarps - 1) / (16 * kWarps);
  static constexpr int kOutputs8 = static_cast<int>(dense_outputs(n)) / 8;
  static constexpr int kStepBytes = 3 * 2 * 8 * kOutputs8 * kBytes;
  static constexpr int kSteps = static_cast<int>(dense_inputs(n)) / 16 * 3;
  static_assert(kSteps % kWeightSlots == 0,
                "slots 0 and 1 are free when the next convolution asks");
};
template <int n>
using Sums = float[WarpTile<n>::kTiles][WarpTile<n>::kOutputs8][4];

// That of conv_5, whose m-tiles are rows of y, in the words of finish_warp.
struct LastTile : WarpTile<kDenseConvolutions> {
  static constexpr int kRows = kTiles;
  static constexpr int kPixelBytes16 = kBytes;
  static constexpr bool kUpsample = false;
};

struct OneKernelArgs {
  ConvolutionArgs convolutions[kDenseConvolutions];  // of rung 3: their weights and epilogues
  int32_t tiles_x;
};

FOVEA_DEVICE void load_x(const DeviceMap& map, int row, int column, uint8_t* x) {
  for (int i = thread_index(); i < map_bytes(0) / kBytes; i += kThreads) {
    const int plane = i / map_pixels(0);
    const int pixel = i % map_pixels(0);
    const int y = row - kDenseConvolutions + pixel / side(0);
    const int x_column = column - kDenseConvolutions + pixel % side(0);
    const bool valid = y >= 0 && y < map.height && x_column >= 0 && x_column < map.width;
    const void* source = map.data;
    if (valid) source = row_start(map, y) + plane * plane_bytes(map) + int64_t{x_column} * kBytes;
    async_copy_16(x + i * kBytes, source, valid);
  }
}

// sums = conv_n on the warp's pixels.
template <int n>
FOVEA_DEVICE void convolve(const void* packed, uint8_t* shared, Sums<n>& sums) {
  using Tile = WarpTile<n>;
  const auto* weights = static_cast<const uint8_t*>(packed);
  uint8_t* const ring = shared + kMapsBytes;
  const auto ask = [&](int step) {
    if (step < Tile::kSteps) {
      uint8_t* slot = ring + step % kWeightSlots * kSlotBytes;
      for (int i = thread_index() * kBytes; i < Tile::kStepBytes; i += kThreads * kBytes)
        async_copy_16(slot + i, weights + step * Tile::kStepBytes + i, true);
    }
    async_copy_commit();  // empty at the end, so that a step is always as many groups back
  };
  ask(0);
  ask(1);

  // ldmatrix: lane 8 m + i names row i of core matrix m. Of A: 8 pixels, the next 8, and both of
  // the second plane. Of B: both halves of 8 outputs, and of the next 8.
  const int lane = lane_index();
  int pixels[Tile::kTiles];
  FOVEA_UNROLL
  for (int t = 0; t < Tile::kTiles; ++t) {
    const int pixel = (warp_index() * Tile::kTiles + t) * 16 + lane % 16;
    pixels[t] = pixel < map_pixels(n) ? pixel : map_pixels(n) - 1;
  }
  const uint32_t outputs =
      shared_address(ring) +
      static_cast<uint32_t>((lane / 8 % 2 * 8 * Tile::kOutputs8 + lane / 16 * 8 + lane % 8) *
                            kBytes);

  FOVEA_NO_UNROLL
  for (int step = 0; step < Tile::kSteps; ++step) {
    async_copy_wait<1>();
    sync_threads();  // the step's weights are there, and nobody reads the slot that is filled next
    ask(step + 2);
    // Channels 16 chunk ... of the buffer are in map `source`, which is `around` pixels wider here.
    const int chunk = step / 3;
    const int kx = step % 3;
    const int source = chunk < 4 ? 0 : (chunk - 4) / 2 + 1;
    const int plane = source == 0 ? 2 * chunk : (chunk - 4) % 2 * 2;
    const int source_side = side(source);
    const int around = n - source;
    const uint32_t map = shared_address(shared) + static_cast<uint32_t>(map_offset(source)) +
                         static_cast<uint32_t>((plane + lane / 16) * map_pixels(source) * kBytes);
    FOVEA_UNROLL
    for (int ky = 0; ky < 3; ++ky) {
      uint32_t b[Tile::kOutputs8 / 2][4];
      FOVEA_UNROLL
      for (int k = 0; k < Tile::kOutputs8 / 2; ++k)
        load_matrix_x4(b[k],
                       outputs + static_cast<uint32_t>(step % kWeightSlots * kSlotBytes +
                                                       (ky * Tile::kOutputs8 + k) * 16 * kBytes));
      FOVEA_UNROLL
      for (int t = 0; t < Tile::kTiles; ++t) {
        const int row = pixels[t] / side(n) + around - 1 + ky;
        const int column = pixels[t] % side(n) + around - 1 + kx;
        uint32_t a[4];
        load_matrix_x4(a, map + static_cast<uint32_t>((row * source_side + column) * kBytes));
        FOVEA_UNROLL
        for (int k = 0; k < Tile::kOutputs8; ++k)
          mma_m16n8k16<Half>(sums[t][k], a, {b[k / 2][k % 2 * 2], b[k / 2][k % 2 * 2 + 1]});
      }
    }
  }
}

// x_n = LeakyReLU(conv_n) into shared memory; (row, column) is the tile's.
template <int n>
FOVEA_DEVICE void make_map(const OneKernelArgs& args, int row, int column, uint8_t* shared) {
  using Tile = WarpTile<n>;
  Sums<n> sums = {};
  const ConvolutionArgs& convolution = args.convolutions[n - 1];
  convolve<n>(convolution.weights, shared, sums);
  const int pair = lane_index() % 4 * 2;  // this lane's outputs of each 8
  FOVEA_UNROLL
  for (int t = 0; t < Tile::kTiles; ++t) {
    FOVEA_UNROLL
    for (int half = 0; half < 2; ++half) {
      const int pixel = (warp_index() * Tile::kTiles + t) * 16 + lane_index() / 4 + 8 * half;
      if (pixel >= map_pixels(n)) continue;
      const int y = row - (kDenseConvolutions - n) + pixel / side(n);
      const int x = column - (kDenseConvolutions - n) + pixel % side(n);
      const DeviceMap& map = convolution.output;
      const bool inside = y >= 0 && y < map.height && x >= 0 && x < map.width;
      FOVEA_UNROLL
      for (int k = 0; k < Tile::kOutputs8; ++k) {
        float values[2] = {};
        FOVEA_UNROLL
        for (int i = 0; i < 2 && inside; ++i)
          values[i] = biased_and_activated(channel_epilogue(convolution.epilogue, 8 * k + pair + i),
                                           sums[t][k][2 * half + i]);
        *reinterpret_cast<uint32_t*>(shared + map_offset(n) + (k * map_pixels(n) + pixel) * kBytes +
                                     2 * pair) = pack2<Half>(values[0], values[1]);
      }
    }
  }
}

FOVEA_KERNEL(kThreads, 1)
void dense_block_kernel(FOVEA_GRID_CONSTANT const OneKernelArgs args) {
  uint8_t* const shared = dynamic_shared();
  const int row = block_index() / args.tiles_x * kTile;
  const int column = block_index() % args.tiles_x * kTile;
  load_x(args.convolutions[0].input, row, column, shared);
  async_copy_commit();
  make_map<1>(args, row, column, shared);
  make_map<2>(args, row, column, shared);
  make_map<3>(args, row, column, shared);
  make_map<4>(args, row, column, shared);
  const ConvolutionArgs& last = args.convolutions[kDenseConvolutions - 1];
  ConvMmaSums<LastTile> sums = {};
  convolve<kDenseConvolutions>(last.weights, shared, sums);
  ConvMmaPlace place{};
  place.end_row = static_cast<int>(last.output.height);
  finish_warp<Half, LastTile>(last, place, row + warp_index() * LastTile::kRows, column, 0, sums);
}

}  // namespace

bool one_kernel_runs_on(int capability) { return capability == 90 || capability == 100; }

CudaError launch_one_kernel(const DenseBlockArgs& args, Stream stream) {
  if (!dense_block_is_sound(args)) return kInvalidArgument;
  OneKernelArgs kernel_args{};
  for (int n = 1; n <= kDenseConvolutions; ++n)
    kernel_args.convolutions[n - 1] = fused_dense_convolution(args, n);
  const int64_t tiles_x = (args.output.width + kTile - 1) / kTile;
  const int64_t blocks = tiles_x * ((args.output.height + kTile - 1) / kTile);
  if (blocks > INT32_MAX) return kInvalidArgument;
  kernel_args.tiles_x = static_cast<int32_t>(tiles_x);
  LaunchShape shape;
  shape.grid_x = static_cast<unsigned>(blocks);
  shape.threads = kThreads;
  shape.shared_bytes = kSharedBytes;
  return launch(dense_block_kernel, shape, stream, kernel_args);
}

}  // namespace fovea::cuda::ladder
