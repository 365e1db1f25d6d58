// The 3x3 convolution of Hopper's tensor cores: wgmma, the three kernel rows side by side.
//
//   y[i,j,k] = R(A(b[k] + sum_{c,ky,kx} w[k,c,ky,kx] x[i+ky-1, j+kx-1, c])), x = 0 outside the map
//
// with A and R of convolution_args.h, stride 1. Maps are C8-planar (device_map.h), f16 or bf16,
// whole or rings, input and output slices of one buffer if need be; sums are f32. Weights:
// pack_conv3x3_wgmma.h. Channels: conv3x3_wgmma_shapes.h. Preconditions: conv3x3_wgmma.h, checked
// by the launcher.
//
// ## The ky-stack
// 64 pixels of a row r, shifted by kx, are operand A (64 pixels x 16 channels) of one product with
// B = [W(ky=0) | W(ky=1) | W(ky=2)] (16 x 3G, G output channels): what row r gives to the output
// rows r + 1, r and r - 1. Each input row is loaded once, used in one step and forgotten: there is
// no window of rows. A product takes N/2 cycles of the tensor cores and, at 128 bytes a cycle, 16
// (A: 2 KB) + N/4 (B: 32 N bytes) of shared memory: N = G = 32 would be bound by shared memory to
// 67 %, N = 3G = 96 is not.
//
// The partial sums of three output rows are in registers, G/2 of a thread each: position 0 has the
// newest row's (r + 1), position 2 the oldest's (r - 1), which row r completes. Between two rows
// they move up a position and the newest begins with the bias, so that all 9 taps are summed by the
// tensor cores: 48 registers for G = 32, 96 for G = 64, and G/2 for the row that is stored
// meanwhile. (Products of each row alone, added up outside, take G registers more: too many for
// three warpgroups with G = 64.)
//
// A run of rows [first, last) needs row first - 1 for one output row only, row first for two, and
// so at its end: products with one or two of B's groups. On the way out sums are not moved up, so
// that they begin at position 0 there too. A run of h rows takes h + 1/3 rows of the tensor cores,
// not h + 2. Rows above and below the picture are left out.
//
// ## Who does what
// A block has `warpgroups` (2 or 3) that multiply, and one of which warp w loads for warpgroup w:
// rows of 66 pixels, by the bulk copy engine, which fills in zeros left and right of the picture,
// into that warpgroup's own ring of `stages` rows. Barriers: full[stage] (the bytes are there),
// empty[stage] (4 warps have read them). Weights are loaded once a block, before the kernel ahead
// has ended. The slots of strip_runs.cuh are the multiplying warpgroups of all blocks of a group. A
// warpgroup starts the products of a row and, while they run, stores the row before: between two
// rows the tensor cores wait for 64 cycles of latency and some 80 moves, in which the other
// warpgroups multiply. Groups (192 -> 64 is two of 32 with 110.6 KB of weights each; 221 KB would
// leave no room for a row) are neighbouring blocks, so that the second reader of a row finds it in
// L2.
//
// A fragment of sums has 2 channels of a pixel in a thread, 8 pixels in a warp: stored as it lies
// it is 8 x 16 = 128 contiguous bytes. Residuals are read the same way.
//
// ## Shared memory: weights + rows + channels + barriers (Conv3x3WgmmaShape::shared_bytes())
//    64 -> 32    36,864 + 3 * 6 *  8,448 + 256 + 296 = 189,480
//    64 -> 64    73,728 + 3 * 6 *  8,448 + 512 + 296 = 226,600
//    96 -> 32    55,296 + 3 * 4 * 12,672 + 256 + 200 = 207,816
//   128 -> 32    73,728 + 3 * 3 * 16,896 + 256 + 152 = 226,200
//   160 -> 32    92,160 + 3 * 2 * 21,120 + 256 + 104 = 219,240
//   192 -> 32   110,592 + 2 * 2 * 25,344 + 256 +  72 = 212,296   (a half of 192 -> 64)
//
// ## What bounds it: cycles for 64 pixels of a row, predicted; no GPU has measured these
//   layer       tensor   shared memory                     bytes a pixel, TB/s at 790 TFLOP/s
//    64 -> 32      576   12 * 40 +  66 + 32 =  578 100 %   192   4.1
//    96 -> 32      864   18 * 40 +  99 + 32 =  851  98 %   256   3.7
//   128 -> 32     1152   24 * 40 + 132 + 32 = 1124  98 %   320   3.4
//   160 -> 32     1440   30 * 40 + 165 + 32 = 1397  97 %   384   3.3
//   192 -> 64     3456   72 * 40 + 396 + 64 = 3340  97 %   512   1.8
//    64 -> 64     1152   12 * 64 +  66 + 64 =  898  78 %   256   2.7
// Shared memory: operands + rows loaded + rows stored. 790 TFLOP/s is what an H200 sustains on
// random numbers, 74 to 83 % of its tensor cycles between its two clocks, and 4.3 TB/s its copies:
// the prediction is 85 to 93 % of 790 for a dense block, 88 to 93 % for 64 -> 64. It rests on an
// operand that begins 16 or 32 bytes into a line being read as fast as an aligned one, as the
// swizzled layouts, which gather their 16-byte pieces from 8 lines, suggest. If it is not: 78 to 85
// %.
//
// See also: kernels/reference/convolution.cpp; tests/emulation/test_conv3x3_wgmma.cpp; PTX ISA,
// "Asynchronous Warpgroup Level Matrix Instructions".
#pragma once

#include "kernels/cuda/conv3x3_wgmma_shapes.h"
#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/device/between_products.cuh"
#include "kernels/cuda/device/bulk_copy.cuh"
#include "kernels/cuda/device/dependent_launch.cuh"
#include "kernels/cuda/device/device.cuh"
#include "kernels/cuda/device/half.cuh"
#include "kernels/cuda/device/mbarrier.cuh"
#include "kernels/cuda/device/wgmma.cuh"
#include "kernels/cuda/row_ring.cuh"
#include "kernels/cuda/stacked_products.cuh"
#include "kernels/cuda/strip_runs.cuh"

namespace fovea::cuda {

/// A map that the epilogue writes or reads, in bytes.
struct EpilogueMap {
  uint8_t* data;
  int64_t row_bytes;
  int64_t plane_bytes;
  int32_t ring_rows;
};

/// What the launcher boils ConvolutionArgs down to.
struct Conv3x3WgmmaParams {
  const uint8_t* weights;
  const float* bias;
  const float* slopes;  // null: `slope` for all channels
  float slope;
  int32_t groups;
  int32_t height;
  int32_t width;
  int32_t first_row;
  int32_t last_row;
  int32_t input_ring_rows;
  int32_t residual_count;
  EpilogueMap output;
  EpilogueMap residuals[EpilogueArgs::kMaxResiduals];
  float scales[EpilogueArgs::kMaxResiduals];
  float residual_scales[EpilogueArgs::kMaxResiduals];
};

/// Bias and slope of two neighbouring channels: what a thread has of each 8.
struct alignas(16) ChannelPair {
  float bias[2];
  float slope[2];
};

/// The constants of one kernel.
template <int kInChannels, int kGroupChannels, int kMultiplyingWarpgroups, int kRowStages>
struct Conv3x3WgmmaTiles {
  static constexpr Conv3x3WgmmaShape kShape{kInChannels, kGroupChannels, kMultiplyingWarpgroups,
                                            kRowStages};
  static constexpr int kGroup = kGroupChannels;
  static constexpr int kWarpgroups = kMultiplyingWarpgroups;
  static constexpr int kStages = kRowStages;
  static constexpr int kThreads = kShape.threads();
  static constexpr int kPlanes = kShape.planes();
  static constexpr int kPlaneBytes = kShape.plane_bytes();
  static constexpr int kRowBytes = kShape.row_bytes();
  static constexpr int kStageBytes = kShape.stage_bytes();
  static constexpr int kWeightPlaneBytes = kShape.weight_plane_bytes();
  static constexpr int kWeightBytes = kShape.weight_bytes();
  static constexpr int kStripPixels = Conv3x3WgmmaShape::kStripPixels;
  static constexpr int kPixelBytes = Conv3x3WgmmaShape::kPixelBytes;
  static constexpr int kCoreBytes = 8 * kPixelBytes;  // a core matrix: 8 pixels (or columns) x 16

  // The register file gives each of threads() 65536 / threads() at launch, a multiple of 8; what
  // the loading warpgroup gives back, the others take.
  static constexpr int kLaunchRegisters = 65536 / kThreads / 8 * 8;
  static constexpr int kLoadRegisters = 32;
  static constexpr int kMultiplyRegisters =
      (kLaunchRegisters + (kLaunchRegisters - kLoadRegisters) / kWarpgroups) / 8 * 8;
  static_assert(kMultiplyRegisters <= 255, "what an instruction can name");
};

/// A multiplying warpgroup's walk down its runs.
template <class T, class Tiles>
class Conv3x3Walk {
 public:
  /// `weights` and `rows` lie in shared memory; full and empty are the barriers of the stages at
  /// `rows`.
  FOVEA_DEVICE Conv3x3Walk(const Conv3x3WgmmaParams& params, int group, const uint8_t* weights,
                           const uint8_t* rows, const ChannelPair* pairs, uint64_t* full,
                           uint64_t* empty)
      : params_(params),
        weights_(matrix_descriptor(shared_address(weights), Tiles::kWeightPlaneBytes,
                                   Tiles::kCoreBytes)),
        rows_(matrix_descriptor(shared_address(rows), Tiles::kPlaneBytes, Tiles::kCoreBytes)),
        pairs_(pairs + lane_index() % 4),
        ring_(full, empty),
        first_plane_(group * kBlocks),
        pixel_(warp_index() % 4 * 16 + lane_index() / 4) {
    if constexpr (kPairsInRegisters) {
      FOVEA_UNROLL
      for (int j = 0; j < kBlocks; j++) own_pairs_[j] = pairs_[4 * j];
    }
  }

  FOVEA_DEVICE void run(const StripRun& run) {
    const int first = uniform(run.first_row);
    const int last = uniform(run.last_row);
    const bool at_bottom = last == params_.height;
    column_ = uniform(run.strip) * Tiles::kStripPixels + pixel_;
    first_ = first;
    ring_.wait();
    move_up<1>();
    if (first > 0) multiply_row<0, 1>(first - 1, true);
    if (last - first > 1) {
      move_up<2>();
      multiply_row<0, 2>(first, true);
      for (int row = first + 1; row < last - 1; row++) {
        move_up<3>();
        multiply_row<0, 3>(row, true);
      }
    }
    // Position 0 has row last - 1, position 1 row last - 2, if that is one of the run.
    multiply_row<1, 2>(last - 1, !at_bottom);
    if (!at_bottom) {
      multiply_row<2, 1>(last, false);
    } else {
      if (last - first > 1) store_row(last - 2);
      take_result<0>();
    }
    store_row(last - 1);
  }

 private:
  static constexpr int kBlocks = Tiles::kGroup / 8;
  static constexpr int kSums = Tiles::kGroup / 2;  // registers of 64 x kGroup
  static constexpr bool kPairsInRegisters = Tiles::kGroup <= 32;

  // Position 0 begins a new row, kPositions are in use then.
  template <int kPositions>
  FOVEA_DEVICE void move_up() {
    FOVEA_UNROLL
    for (int i = kPositions * kSums - 1; i >= kSums; i--) sums_[i] = copied(sums_[i - kSums]);
    FOVEA_UNROLL
    for (int j = 0; j < kBlocks; j++) {
      FOVEA_UNROLL
      for (int i = 0; i < 4; i++) sums_[4 * j + i] = copied(pair(j).bias[i % 2]);
    }
  }

  template <int kPosition>
  FOVEA_DEVICE void take_result() {
    FOVEA_UNROLL
    for (int i = 0; i < kSums; i++) result_[i] = copied(sums_[kPosition * kSums + i]);
  }

  // Row `row` of the input times groups kFirst ... kFirst + kCount - 1 of the weights' columns,
  // added to positions 0 ... kCount - 1. The last group completes row - 1, which becomes the
  // result; the result until then, row - 2, is stored while the products run. Waiting for the next
  // row here takes the barrier's latency out of the time between two rows.
  template <int kFirst, int kCount>
  FOVEA_DEVICE void multiply_row(int row, bool wait_for_next) {
    constexpr int kColumns = kCount * Tiles::kGroup;
    float(&sums)[kColumns / 2] = reinterpret_cast<float(&)[kColumns / 2]>(sums_);
    multiply_stacked<T, Tiles, kColumns>(
        sums, advanced(rows_, ring_.stage() * Tiles::kStageBytes),
        advanced(weights_, kFirst * Tiles::kGroup * Tiles::kPixelBytes));
    constexpr bool kCompletes = kFirst + kCount == 3;
    if constexpr (kCompletes) {
      if (row - 2 >= first_) store_row(row - 2);
    }
    uint64_t* const read = ring_.pass();
    if (wait_for_next) ring_.wait();
    wgmma_wait<0>();
    keep_registers(sums);
    if (lane_index() == 0) mbarrier_arrive(read);
    if constexpr (kCompletes) take_result<kCount - 1>();
  }

  FOVEA_DEVICE ChannelPair pair(int block) const {
    if constexpr (kPairsInRegisters) {
      return own_pairs_[block];
    } else {
      return pairs_[4 * block];
    }
  }

  // This thread's channels of its first pixel in the group's first plane.
  FOVEA_DEVICE uint8_t* at(const EpilogueMap& map, int row) const {
    const uint32_t slot = static_cast<uint32_t>(row) % static_cast<uint32_t>(map.ring_rows);
    return map.data + slot * map.row_bytes + first_plane_ * map.plane_bytes +
           static_cast<int64_t>(column_) * Tiles::kPixelBytes + lane_index() % 4 * 4;
  }

  // The result is row `row`. A few blocks of 8 channels at a time, so that few registers hold
  // residuals.
  FOVEA_DEVICE void store_row(int row) {
    constexpr int kChunk = kBlocks % 4 == 0 ? 4 : kBlocks % 3 == 0 ? 3 : kBlocks;
    static_assert(kChunk <= 4 && kBlocks % kChunk == 0);
    uint8_t* output = at(params_.output, row);
    FOVEA_UNROLL
    for (int first = 0; first < kBlocks; first += kChunk) {
      FOVEA_UNROLL
      for (int j = first; j < first + kChunk; j++) {
        const ChannelPair channels = pair(j);
        FOVEA_UNROLL
        for (int i = 0; i < 4; i++) {
          float& value = result_[4 * j + i];
          value = value < 0.0f ? channels.slope[i % 2] * value : value;
        }
      }
      for (int n = 0; n < params_.residual_count; n++) add_residual<kChunk>(n, row, first);
      FOVEA_UNROLL
      for (int j = first; j < first + kChunk; j++) {
        FOVEA_UNROLL
        for (int half = 0; half < 2; half++) {
          store_if(column_ + 8 * half < params_.width,
                   output + j * params_.output.plane_bytes + half * Tiles::kCoreBytes,
                   pack2<T>(result_[4 * j + 2 * half], result_[4 * j + 2 * half + 1]));
        }
      }
    }
  }

  template <int kChunk>
  FOVEA_DEVICE void add_residual(int n, int row, int first) {
    const EpilogueMap& map = params_.residuals[n];
    const uint8_t* residual = at(map, row);
    uint32_t words[2 * kChunk];
    FOVEA_UNROLL
    for (int i = 0; i < 2 * kChunk; i++) {
      words[i] = load_if(column_ + i % 2 * 8 < params_.width,
                         residual + (first + i / 2) * map.plane_bytes + i % 2 * Tiles::kCoreBytes);
    }
    FOVEA_UNROLL
    for (int i = 0; i < 2 * kChunk; i++) {
      const Float2 other = unpack2<T>(words[i]);
      float* values = result_ + 4 * first + 2 * i;
      values[0] = multiply_add(params_.scales[n], values[0], params_.residual_scales[n] * other.x);
      values[1] = multiply_add(params_.scales[n], values[1], params_.residual_scales[n] * other.y);
    }
  }

  const Conv3x3WgmmaParams& params_;
  const uint64_t weights_;
  const uint64_t rows_;
  const ChannelPair* const pairs_;
  RowReader<Tiles::kStages> ring_;
  const int first_plane_;
  const int pixel_;  // of the strip: this thread has it and the one 8 further
  int column_ = 0;
  int first_ = 0;
  float sums_[3 * kSums];
  float result_[kSums];
  ChannelPair own_pairs_[kPairsInRegisters ? kBlocks : 1];
};

template <class T, int kInChannels, int kGroup, int kWarpgroups, int kStages>
FOVEA_KERNEL(Conv3x3WgmmaTiles<kInChannels, kGroup, kWarpgroups, kStages>::kThreads, 1)
void conv3x3_wgmma_kernel(FOVEA_GRID_CONSTANT const TensorMap input,
                          FOVEA_GRID_CONSTANT const Conv3x3WgmmaParams params) {
  using Tiles = Conv3x3WgmmaTiles<kInChannels, kGroup, kWarpgroups, kStages>;
  uint8_t* weights = dynamic_shared();
  uint8_t* rows = weights + Tiles::kWeightBytes;
  auto* pairs = reinterpret_cast<ChannelPair*>(rows + kWarpgroups * kStages * Tiles::kStageBytes);
  auto* full = reinterpret_cast<uint64_t*>(pairs + kGroup / 2);
  uint64_t* empty = full + kWarpgroups * kStages;
  uint64_t* weights_full = empty + kWarpgroups * kStages;

  const int group = block_index() % params.groups;
  if (thread_index() == 0) {
    init_row_ring(full, empty, kWarpgroups * kStages, kWarpgroupThreads / kWarpThreads,
                  weights_full);
  }
  if (thread_index() < kGroup) {
    const int channel = group * kGroup + thread_index();
    ChannelPair& pair = pairs[thread_index() / 2];
    pair.bias[thread_index() % 2] = params.bias[channel];
    pair.slope[thread_index() % 2] = params.slopes ? params.slopes[channel] : params.slope;
  }
  sync_threads();
  // The next kernel's blocks need the shared memory and registers of these: they start as these
  // end, and load their weights while others still multiply.
  grid_dependency_launch();

  const int warpgroup = uniform(thread_index() / kWarpgroupThreads);
  const int ring = warpgroup < kWarpgroups ? warpgroup : uniform(warp_index() % 4);
  const int strips = (params.width + Tiles::kStripPixels - 1) / Tiles::kStripPixels;
  const int blocks = block_count() / params.groups;
  StripRuns runs(strips, params.first_row, params.last_row,
                 block_index() / params.groups * kWarpgroups + ring, blocks * kWarpgroups);
  StripRun run;

  if (warpgroup == kWarpgroups) {
    // One thread a ring loads.
    set_max_registers_decrease<Tiles::kLoadRegisters>();
    if (ring >= kWarpgroups || lane_index() != 0) return;
    if (ring == 0) {
      mbarrier_arrive_expect_bytes(weights_full, Tiles::kWeightBytes);
      bulk_load(weights, params.weights + group * Tiles::kWeightBytes, Tiles::kWeightBytes,
                weights_full);
    }
    grid_dependency_wait();
    RowLoader<kStages, Tiles::kStageBytes, Tiles::kRowBytes> loader(
        rows + ring * kStages * Tiles::kStageBytes, full + ring * kStages, empty + ring * kStages);
    while (runs.next(run)) {
      const int above = run.first_row > 0 ? run.first_row - 1 : 0;
      const int below = run.last_row < params.height ? run.last_row + 1 : params.height;
      for (int row = above; row < below; row++)
        loader.load(&input, run.strip * Tiles::kStripPixels - 1, row % params.input_ring_rows);
    }
  } else {
    set_max_registers_increase<Tiles::kMultiplyRegisters>();
    grid_dependency_wait();
    mbarrier_wait(weights_full, 0);
    Conv3x3Walk<T, Tiles> walk(params, group, weights, rows + ring * kStages * Tiles::kStageBytes,
                               pairs, full + ring * kStages, empty + ring * kStages);
    while (runs.next(run)) walk.run(run);
  }
}

}  // namespace fovea::cuda
