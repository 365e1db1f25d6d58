// Device code of conv_mma.cu: see there.
#pragma once

#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/device/async_copy.cuh"
#include "kernels/cuda/device/dependent_launch.cuh"
#include "kernels/cuda/device/device.cuh"
#include "kernels/cuda/device/mma.cuh"
#include "kernels/cuda/epilogue.cuh"
#include "kernels/cuda/pixel.cuh"

namespace fovea::cuda {

struct ConvMmaArgs {
  ConvolutionArgs convolution;
  int32_t tiles_x = 0;
  int32_t blocks = 0;  // of outputs
  int32_t chunks = 0;  // of input planes
};

/// One tile shape: a block of 8 warps, kWarpsY x kWarpsX x kWarpsN, each kRows rows of 16 pixels by
/// kOutputs8 * 8 outputs. kStepColumns of a chunk's column steps run between two barriers.
template <int kKernel_, int kChunkPlanes_, int kStepColumns_, int kRows_, int kOutputs8_,
          int kWarpsY_, int kWarpsX_, int kWarpsN_>
struct ConvMmaTile {
  static constexpr int kKernel = kKernel_;
  static constexpr int kChunkPlanes = kChunkPlanes_;
  static constexpr int kStepColumns = kStepColumns_;
  static constexpr int kRows = kRows_;
  static constexpr int kOutputs8 = kOutputs8_;
  static constexpr int kWarpsY = kWarpsY_;
  static constexpr int kWarpsX = kWarpsX_;
  static constexpr int kWarpsN = kWarpsN_;

  static constexpr int kPixelBytes16 = 16;  // 8 channels of 2 bytes
  static constexpr int kWarpPixels = 16;    // M of the matrix product
  static constexpr int kThreads = 32 * kWarpsY * kWarpsX * kWarpsN;
  static constexpr int kTileRows = kWarpsY * kRows;
  static constexpr int kTileColumns = kWarpsX * kWarpPixels;
  static constexpr int kOutputs = kWarpsN * kOutputs8 * 8;

  // Columns that one product covers: with one plane its second half is the next pixel.
  static constexpr int kStepPixels = kChunkPlanes == 1 ? 2 : 1;
  static constexpr int kColumnSteps = (kKernel + kStepPixels - 1) / kStepPixels;
  static constexpr int kChunkSteps = kColumnSteps / kStepColumns;
  static_assert(kColumnSteps % kStepColumns == 0, "a chunk is a whole number of steps");
  static_assert(kChunkPlanes == 1 || kChunkPlanes == 2, "a product sums two halves of 8 channels");
  static_assert(kWarpsY * kWarpsX * kWarpsN == 8, "8 warps: 2 blocks with 128 registers a thread");

  // A pixel row of an operand's core matrix is 16 bytes, so that any column shift is conflict-free.
  static constexpr int kInputRows = kTileRows + kKernel - 1;
  static constexpr int kInputColumns = kTileColumns + kColumnSteps * kStepPixels - 1;
  static constexpr int kPlanePixels = kInputRows * kInputColumns;
  static constexpr int kInputBytes = kChunkPlanes * kPlanePixels * kPixelBytes16;
  static constexpr int kTapBytes = 2 * kOutputs * kPixelBytes16;
  static constexpr int kWeightBytes = kStepColumns * kKernel * kTapBytes;

  // Loads run kAhead steps ahead. A chunk's slot may be written once the chunk that had it is
  // done: with s steps a chunk, chunk c is asked for at step s c - kAhead, when all warps are past
  // step s c - kAhead - 1, and chunk c - kInputSlots ended at s (c - kInputSlots + 1) - 1.
  static constexpr int kAhead = kChunkSteps == 1 ? 1 : 2;
  static constexpr int kWeightSlots = kAhead + 1;
  static constexpr int kInputSlots = 2;
  static_assert(kChunkSteps * (kInputSlots - 1) >= kAhead, "a slot is free when it is written");
  static constexpr int kSharedBytes = kInputSlots * kInputBytes + kWeightSlots * kWeightBytes;
  static_assert(kSharedBytes <= 64 * 1024, "sm_75 has 64 KB");

  // Sums, pixels and one tap's weights, and some 40 registers of addresses. Two blocks hide each
  // other's barriers, first loads and epilogue, where 128 registers and half of sm_86's 100 KB do.
  static constexpr int kOperandRegisters =
      4 * kRows * kOutputs8 + 4 * (kRows + kKernel - 1) + 2 * kOutputs8;
  static constexpr int kBlocksPerMultiprocessor =
      kOperandRegisters <= 96 && kSharedBytes <= 49 * 1024 ? 2 : 1;

  static constexpr int kCopies = (kPlanePixels + kThreads - 1) / kThreads;  // of a thread, a plane
  static constexpr bool kUpsample = kKernel == 2;
};

/// Blocks of 64 or 48 outputs: two warps side by side in outputs; of 32 or 8: in rows.
template <int kKernel, int kChunkPlanes, int kStepColumns, int kOutputs>
using ConvMmaTileOf = ConvMmaTile<kKernel, kChunkPlanes, kStepColumns, 4,
                                  kOutputs <= 32 ? kOutputs / 8 : kOutputs / 16,
                                  kOutputs <= 32 ? 4 : 2, 2, kOutputs <= 32 ? 1 : 2>;

/// Where a thread block's outputs lie. For an upsample convolution rows and columns are those of
/// the small map and of one phase.
struct ConvMmaPlace {
  int row;        // of the tile
  int end_row;    // rows from here on are not wanted
  int column;     // of the tile
  int block;      // of outputs
  int phase_row;  // 0 or 1
  int phase_column;
};

template <class Tile>
FOVEA_DEVICE ConvMmaPlace place_of_block(const ConvMmaArgs& args) {
  ConvMmaPlace place;
  int index = block_index();
  place.block = index % args.blocks;
  index /= args.blocks;
  place.phase_row = 0;
  place.phase_column = 0;
  int first = static_cast<int>(args.convolution.first_row);
  int last = static_cast<int>(args.convolution.last_row);
  if constexpr (Tile::kUpsample) {
    place.phase_row = index % 4 / 2;
    place.phase_column = index % 2;
    index /= 4;
    // Rows a with first <= 2 a + phase_row < last.
    first = (first + 1 - place.phase_row) / 2;
    last = (last + 1 - place.phase_row) / 2;
  }
  place.row = first + index / args.tiles_x * Tile::kTileRows;
  place.column = index % args.tiles_x * Tile::kTileColumns;
  place.end_row = last;
  return place;
}

/// A thread's part in copying the input: the same pixels of every plane.
template <class Tile>
struct ConvMmaInput {
  const uint8_t* plane;  // the next chunk's first
  int64_t plane_bytes;
  int planes;                  // that are left
  int offsets[Tile::kCopies];  // of the pixels in a plane, -1 for zeros

  FOVEA_DEVICE ConvMmaInput(const DeviceMap& map, const ConvMmaPlace& place)
      : plane(static_cast<const uint8_t*>(map.data)),
        plane_bytes(map.plane_stride * Tile::kPixelBytes16),
        planes(static_cast<int>(map.planes())) {
    const int above = Tile::kUpsample ? 1 - place.phase_row : Tile::kKernel / 2;
    const int left = Tile::kUpsample ? 1 - place.phase_column : Tile::kKernel / 2;
    // Rows below what the last wanted row reads may be gone from a ring.
    const int wanted = place.end_row + Tile::kKernel - 1 - above;
    const int end = wanted < map.height ? wanted : static_cast<int>(map.height);
    FOVEA_UNROLL
    for (int i = 0; i < Tile::kCopies; ++i) {
      const int pixel = thread_index() + i * Tile::kThreads;
      const int y = place.row - above + pixel / Tile::kInputColumns;
      const int x = place.column - left + pixel % Tile::kInputColumns;
      const bool inside = y >= 0 && y < end && x >= 0 && x < map.width;
      const uint32_t slot = static_cast<uint32_t>(y) % static_cast<uint32_t>(map.ring_rows);
      offsets[i] = inside ? static_cast<int>(slot * map.row_stride) + x : -1;
    }
  }

  /// Starts copying the next chunk to `slot`.
  FOVEA_DEVICE void copy_chunk(uint8_t* slot) {
    FOVEA_UNROLL
    for (int p = 0; p < Tile::kChunkPlanes; ++p) {
      FOVEA_UNROLL
      for (int i = 0; i < Tile::kCopies; ++i) {
        const int pixel = thread_index() + i * Tile::kThreads;
        const bool whole = (i + 1) * Tile::kThreads <= Tile::kPlanePixels;
        if (!whole && pixel >= Tile::kPlanePixels) break;
        const bool valid = p < planes && offsets[i] >= 0;
        const uint8_t* source =
            plane + (valid ? p * plane_bytes + int64_t{offsets[i]} * Tile::kPixelBytes16 : 0);
        async_copy_16(slot + (p * Tile::kPlanePixels + pixel) * Tile::kPixelBytes16, source, valid);
      }
    }
    plane += Tile::kChunkPlanes * plane_bytes;
    planes -= Tile::kChunkPlanes;
  }
};

/// Starts copying a step's weights.
template <class Tile>
FOVEA_DEVICE void copy_weights(uint8_t* slot, const uint8_t* weights) {
  constexpr int kUnits = Tile::kWeightBytes / 16;
  FOVEA_UNROLL
  for (int i = 0; i < (kUnits + Tile::kThreads - 1) / Tile::kThreads; ++i) {
    const int unit = thread_index() + i * Tile::kThreads;
    const bool whole = (i + 1) * Tile::kThreads <= kUnits;
    if (whole || unit < kUnits) async_copy_16(slot + unit * 16, weights + unit * 16, true);
  }
}

template <class Tile>
using ConvMmaSums = float[Tile::kRows][Tile::kOutputs8][4];

/// sums += the products of one step. `pixels` and `weights` are the warp's first core matrices in
/// shared memory, with the lane's row of ldmatrix added.
template <class T, class Tile>
FOVEA_DEVICE void multiply_step(uint32_t pixels, uint32_t weights, ConvMmaSums<Tile>& sums) {
  FOVEA_UNROLL
  for (int v = 0; v < Tile::kStepColumns; ++v) {
    // Row y of the pixels meets kernel row u in output row y - u; each is loaded one kernel row
    // before it is first needed.
    uint32_t a[Tile::kRows + Tile::kKernel - 1][4];
    const auto load_row = [&](int y) {
      load_matrix_x4(
          a[y], pixels + static_cast<uint32_t>((y * Tile::kInputColumns + v * Tile::kStepPixels) *
                                               Tile::kPixelBytes16));
    };
    FOVEA_UNROLL
    for (int y = 0; y < Tile::kRows; ++y) load_row(y);
    FOVEA_UNROLL
    for (int u = 0; u < Tile::kKernel; ++u) {
      if (u > 0) load_row(u + Tile::kRows - 1);
      const uint32_t tap = weights + (v * Tile::kKernel + u) * Tile::kTapBytes;
      uint32_t b[Tile::kOutputs8][2];
      FOVEA_UNROLL
      for (int n = 0; n + 1 < Tile::kOutputs8; n += 2) {
        uint32_t pair[4];
        load_matrix_x4(pair, tap + n * 8 * Tile::kPixelBytes16);
        b[n][0] = pair[0];
        b[n][1] = pair[1];
        b[n + 1][0] = pair[2];
        b[n + 1][1] = pair[3];
      }
      if constexpr (Tile::kOutputs8 % 2 == 1) {
        // Lanes 16 ... 31 have no row to give: theirs are those of lanes 0 ... 15.
        constexpr int kLast = Tile::kOutputs8 - 1;
        const uint32_t next = static_cast<uint32_t>(lane_index() / 16 * 8 * Tile::kPixelBytes16);
        load_matrix_x2(b[kLast], tap + kLast * 8 * Tile::kPixelBytes16 - next);
      }
      FOVEA_UNROLL
      for (int n = 0; n < Tile::kOutputs8; ++n) {
        FOVEA_UNROLL
        for (int y = 0; y < Tile::kRows; ++y) mma_m16n8k16<T>(sums[y][n], a[y + u], b[n]);
      }
    }
  }
}

/// What a lane has of a row of `map`: of a core matrix (8 pixels x 8 outputs) outputs 2 (lane % 4)
/// and the next of pixel lane / 4, one word; a warp accesses 128 contiguous bytes.
template <class Tile>
FOVEA_DEVICE uint8_t* lane_words(const DeviceMap& map, int row, int column, int plane) {
  return row_start(map, row) + plane * (map.plane_stride * Tile::kPixelBytes16) +
         int64_t{column} * Tile::kPixelBytes16 + lane_index() % 4 * 4;
}

/// Epilogue and store of a warp's sums, whose first pixel is (row, column) and whose first output
/// is that of `plane`; for an upsample convolution row and column of the small map.
template <class T, class Tile>
FOVEA_DEVICE void finish_warp(const ConvolutionArgs& args, const ConvMmaPlace& place, int row,
                              int column, int plane, ConvMmaSums<Tile>& sums) {
  constexpr int kScale = Tile::kUpsample ? 2 : 1;
  constexpr int kHalfBytes = kScale * 8 * Tile::kPixelBytes16;  // from pixel 0 to pixel 8
  const EpilogueArgs& epilogue = args.epilogue;
  const int planes = static_cast<int>(args.output.planes()) - plane;

  // Of this lane: two channels of each plane, and which of them the model has.
  ChannelEpilogue channels[Tile::kOutputs8][2] = {};
  uint32_t kept[Tile::kOutputs8];
  FOVEA_UNROLL
  for (int n = 0; n < Tile::kOutputs8; ++n) {
    const int channel = (plane + n) * kPixelChannels + lane_index() % 4 * 2;
    const int left = static_cast<int>(args.output.channels) - channel;
    kept[n] = left >= 2 ? 0xFFFFFFFFu : left == 1 ? 0xFFFFu : 0u;
    FOVEA_UNROLL
    for (int i = 0; i < 2; ++i)
      if (n < planes) channels[n][i] = channel_epilogue(epilogue, channel + i);
  }

  const int first_column = kScale * (column + lane_index() / 4) + place.phase_column;
  const bool inside[2] = {first_column < args.output.width,
                          first_column + kScale * 8 < args.output.width};
  FOVEA_UNROLL
  for (int r = 0; r < Tile::kRows; ++r) {
    if (row + r >= place.end_row) break;
    const int map_row = kScale * (row + r) + place.phase_row;
    FOVEA_UNROLL
    for (int n = 0; n < Tile::kOutputs8; ++n) {
      FOVEA_UNROLL
      for (int i = 0; i < 4; ++i)
        sums[r][n][i] = biased_and_activated(channels[n][i % 2], sums[r][n][i]);
    }
    for (int residual = 0; residual < epilogue.residual_count; ++residual) {
      const ResidualArgs& other = epilogue.residuals[residual];
      const uint8_t* words = lane_words<Tile>(other.map, map_row, first_column, plane);
      FOVEA_UNROLL
      for (int n = 0; n < Tile::kOutputs8; ++n) {
        FOVEA_UNROLL
        for (int half = 0; half < 2; ++half) {
          if (n >= planes || !inside[half]) continue;
          const auto pair = unpack2<T>(*reinterpret_cast<const uint32_t*>(
              words + n * (other.map.plane_stride * Tile::kPixelBytes16) + half * kHalfBytes));
          float(&sum)[4] = sums[r][n];
          sum[2 * half] = with_residual(other, sum[2 * half], pair.x);
          sum[2 * half + 1] = with_residual(other, sum[2 * half + 1], pair.y);
        }
      }
    }
    uint8_t* words = lane_words<Tile>(args.output, map_row, first_column, plane);
    FOVEA_UNROLL
    for (int n = 0; n < Tile::kOutputs8; ++n) {
      FOVEA_UNROLL
      for (int half = 0; half < 2; ++half) {
        if (n >= planes || !inside[half]) continue;
        *reinterpret_cast<uint32_t*>(words + n * (args.output.plane_stride * Tile::kPixelBytes16) +
                                     half * kHalfBytes) =
            pack2<T>(sums[r][n][2 * half], sums[r][n][2 * half + 1]) & kept[n];
      }
    }
  }
}

/// A warp's place in its block.
template <class Tile>
struct ConvMmaWarp {
  int y, x, n;

  FOVEA_DEVICE ConvMmaWarp() {
    const int warp = uniform(warp_index());
    n = warp % Tile::kWarpsN;
    x = warp / Tile::kWarpsN % Tile::kWarpsX;
    y = warp / (Tile::kWarpsN * Tile::kWarpsX);
  }
  FOVEA_DEVICE int row(const ConvMmaPlace& place) const { return place.row + y * Tile::kRows; }
  FOVEA_DEVICE int column(const ConvMmaPlace& place) const {
    return place.column + x * Tile::kWarpPixels;
  }
  FOVEA_DEVICE int plane(const ConvMmaPlace& place) const {
    return place.block * (Tile::kOutputs / 8) + n * Tile::kOutputs8;
  }
};

/// The sums of the calling warp's part of the block's tile.
template <class T, class Tile>
FOVEA_DEVICE void multiply_tile(const ConvMmaArgs& args, const ConvMmaPlace& place,
                                const ConvMmaWarp<Tile>& warp, ConvMmaSums<Tile>& sums) {
  uint8_t* const shared = dynamic_shared();
  uint8_t* const shared_weights = shared + Tile::kInputSlots * Tile::kInputBytes;
  const int steps = args.chunks * Tile::kChunkSteps;
  const int phase = 2 * place.phase_row + place.phase_column;
  const uint8_t* weights = static_cast<const uint8_t*>(args.convolution.weights) +
                           int64_t{phase * args.blocks + place.block} * steps * Tile::kWeightBytes;
  ConvMmaInput<Tile> input(args.convolution.input, place);

  // Where the operands of the next steps go.
  int weight_slot = 0;
  int input_slot = 0;
  int asked_column = 0;
  const auto ask_weights = [&](bool more) {
    if (!more) return;
    copy_weights<Tile>(shared_weights + weight_slot * Tile::kWeightBytes, weights);
    weights += Tile::kWeightBytes;
    weight_slot = weight_slot + 1 < Tile::kWeightSlots ? weight_slot + 1 : 0;
  };
  const auto ask_input = [&] {
    if (asked_column == 0 && input.planes > 0) {
      input.copy_chunk(shared + input_slot * Tile::kInputBytes);
      input_slot ^= 1;
    }
    asked_column = asked_column + 1 < Tile::kChunkSteps ? asked_column + 1 : 0;
    async_copy_commit();  // empty at the end, so that a step is always as many groups back
  };
  // Weights do not depend on the kernel before, which may still run.
  FOVEA_UNROLL
  for (int i = 0; i < Tile::kAhead; ++i) ask_weights(i < steps);
  grid_dependency_wait();
  FOVEA_UNROLL
  for (int i = 0; i < Tile::kAhead; ++i) ask_input();
  grid_dependency_launch();

  const int lane = lane_index();
  // ldmatrix: lanes 8 i ... 8 i + 7 give the rows of matrix i. Of the pixels: 0 and 1 the first
  // and last 8 pixels of the first half, 2 and 3 those of the second.
  const int half_pixels = Tile::kChunkPlanes == 1 ? 1 : Tile::kPlanePixels;
  const uint32_t pixels =
      shared_address(shared) +
      static_cast<uint32_t>((warp.y * Tile::kRows * Tile::kInputColumns +
                             warp.x * Tile::kWarpPixels + lane % 16 + lane / 16 * half_pixels) *
                            Tile::kPixelBytes16);
  // Of the weights: both halves of 8 outputs, then of the next 8.
  const uint32_t outputs = shared_address(shared_weights) +
                           static_cast<uint32_t>((warp.n * Tile::kOutputs8 * 8 + lane % 8 +
                                                  lane / 16 * 8 + lane / 8 % 2 * Tile::kOutputs) *
                                                 Tile::kPixelBytes16);

  int column = 0;
  int read_input = 0;
  int read_weights = 0;
  FOVEA_NO_UNROLL
  for (int step = 0; step < steps; ++step) {
    async_copy_wait<Tile::kAhead - 1>();
    sync_threads();  // the step's operands are there, and nobody reads the slots of the one before
    ask_weights(step + Tile::kAhead < steps);
    ask_input();
    multiply_step<T, Tile>(
        pixels + static_cast<uint32_t>(read_input * Tile::kInputBytes +
                                       column * Tile::kStepColumns * Tile::kStepPixels *
                                           Tile::kPixelBytes16),
        outputs + static_cast<uint32_t>(read_weights * Tile::kWeightBytes), sums);
    read_weights = read_weights + 1 < Tile::kWeightSlots ? read_weights + 1 : 0;
    column = column + 1 < Tile::kChunkSteps ? column + 1 : 0;
    if (column == 0) read_input ^= 1;
  }
}

template <class T, class Tile>
FOVEA_KERNEL(Tile::kThreads, compute_capability() < 80 ? 1 : Tile::kBlocksPerMultiprocessor)
void conv_mma(FOVEA_GRID_CONSTANT const ConvMmaArgs args) {
  const ConvMmaPlace place = place_of_block<Tile>(args);
  const ConvMmaWarp<Tile> warp;
  ConvMmaSums<Tile> sums = {};
  multiply_tile<T, Tile>(args, place, warp, sums);
  finish_warp<T, Tile>(args.convolution, place, warp.row(place), warp.column(place),
                       warp.plane(place), sums);
}

}  // namespace fovea::cuda
