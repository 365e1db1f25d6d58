// Two 3x3 convolutions in one on Hopper's tensor cores, the map between them never stored: the end
// of RRDBNet, whose last two layers work at 16 times the pixels of the input.
//
//   z[i,j,c] = R(A1(b1[c] + sum_{d,ky,kx} w1[c,d,ky,kx] x[i+ky-1, j+kx-1, d])), 64 channels
//   y[i,j,k] = R(A2(b2[k] + sum_{c,ky,kx} w2[k,c,ky,kx] z[i+ky-1, j+kx-1, c])), up to 4 channels
//
// with x = 0 and z = 0 outside the picture, A and R of convolution_args.h, no residuals. Maps are
// C8-planar, f16 or bf16, whole or rings; sums are f32. Weights: pack_conv_pair_wgmma.h.
// Preconditions: conv_pair_wgmma.h, checked by the launcher.
//
// ## What it saves
// z written and read is 256 bytes a pixel: 3.8 GB for 1280x720 x4, 0.9 ms of an H200's copies. The
// second layer on its own is all memory: 144 bytes a pixel for 1.7 kFLOP.
//
// ## The first convolution
// is conv3x3_wgmma.cuh's for 64 -> 64: rows of 66 pixels, the three kernel rows side by side, sums
// that move up. Its sums are added in the same order, so z has that kernel's bits.
//
// ## The second: from registers, the shift by a column after the sum
// A fragment of z's sums, activated and rounded, is operand A (64 pixels x 64 channels) of the
// second convolution as it lies in registers: z does not pass through shared memory. But a shift by
// kx is a shift among A's rows, which lie in different lanes. So all 9 taps are columns of B, the
// products are those of each pixel of z with every tap, and the shift comes last:
//
//   y[i,j] = P0[i,j-1] + P1[i,j] + P2[i,j+1],  Pkx[i,j] = sum_ky (sum_c w2[ky,kx,c] z[i+ky-1,j,c])
//
// Tap q = 3 ky + kx of channel k is a column of lanes t = k (lane % 4), q / 2 choosing the eight,
// so that 4 channels x 10 taps, one of them zero, are N = 40, 20 registers, and the sum over ky is
// within a thread: a row's products are added to the rows of y that are under way, 12 registers,
// each of which moves up as it is added to. (Sums over ky within the products, as the first
// convolution has them, would be as many instructions; and ptxas serialises products of which two
// sets of sums live on: its C7511.) A completed row is then 3 sums a pixel in the lane of its
// channel: P0 and P2 come from the neighbouring pixels' lanes by 4 shuffles, and what crosses from
// a warp to the next through a word of shared memory for each thread (4 of 32 matter: no branch),
// two sets of words in turn, so that one barrier of the warpgroup a row suffices.
//
// Through shared memory (z's rows in a ring, ky-stacked N = 24 for each kx) the second convolution
// would cost 12 products of 16 + 6 cycles of shared memory and 64 to store z: 328 cycles a row, and
// the ring's memory. This way it is 4 products of 20 cycles of the tensor cores and 10 of shared
// memory. Its sums are added in another order than conv3x3_wgmma's for 64 -> 8, so y may differ
// from it in the last place of an f32 sum, hence in its rounding.
//
// ## Who does what
// As in conv3x3_wgmma.cuh: three warpgroups multiply, each for runs of rows of its own, one warp
// for each loads. A strip is 62 columns of y, 64 of z, 66 of x: z's outermost columns are computed
// by both neighbours (3 %). A run of rows [first, last) needs rows first - 1 ... last of z: 2 rows
// more. Columns of z outside the picture are set to zero; rows outside are left out.
//
// A step begins the products of row r of x and under them stores row r - 3 of y; then row r - 1 of
// z, complete, is activated, rounded and multiplied in its turn, and the sums move up. Between the
// long products of two rows there are 289 instructions, 80 cycles of products and the latency
// of both, in which the other warpgroups multiply: of 3 * 1232 cycles that three rows take, each
// may pause for 2464.
//
// ## Registers: 96 sums, 20 taps' while 16 of z are multiplied, 12 + 6 of y: 155 of 160
// ## Shared memory: weights + rows + channels + barriers + edges (ConvPairWgmmaShape)
//   78,848 + 3 * 5 * 8,448 + 512 + 248 + 3,072 = 209,400
//
// ## What bounds it: cycles for a row of a strip, 62 pixels of y, predicted, not measured
//   tensor 12 * 96 + 4 * 20 = 1232
//   shared memory 12 * 64 + 66 + 4 * 10 = 874 (71 %: operands + row)
//   152 bytes of device memory a pixel (66 / 62 * 128 + 16): 1.5 TB/s at 790 TFLOP/s
// So it is bound by the tensor cores: 81.4 kFLOP of theirs a pixel of y, 1.52 ms for 1280x720 x4,
// where the two layers one after the other are predicted 1.38 + 0.49.
//
// See also: kernels/reference/convolution.cpp; tests/emulation/test_conv_pair_wgmma.cpp.
#pragma once

#include "kernels/cuda/conv3x3_wgmma.cuh"
#include "kernels/cuda/conv_pair_wgmma_shape.h"

namespace fovea::cuda {

/// Bias and activation of one of the two.
struct PairEpilogue {
  const float* bias;
  const float* slopes;  // null: `slope` for all channels
  float slope;

  FOVEA_DEVICE float slope_of(int channel) const { return slopes ? slopes[channel] : slope; }
};

/// What the launcher boils ConvolutionPairArgs down to.
struct ConvPairWgmmaParams {
  const uint8_t* weights;
  PairEpilogue middle;
  PairEpilogue last;
  int32_t height;
  int32_t width;
  int32_t first_row;
  int32_t last_row;
  int32_t input_ring_rows;
  int32_t output_ring_rows;
  int64_t output_row_bytes;
  uint8_t* output;
};

using ConvPairTiles =
    Conv3x3WgmmaTiles<ConvPairWgmmaShape::kFirst.in_channels, ConvPairWgmmaShape::kFirst.group,
                      ConvPairWgmmaShape::kFirst.warpgroups, ConvPairWgmmaShape::kFirst.stages>;

/// What a multiplying warpgroup has in shared memory.
struct ConvPairShared {
  const uint8_t* weights;
  const uint8_t* rows;       // its own stages
  const ChannelPair* pairs;  // of the map between
  float* edges;              // its own: two sets of a word a thread
  uint64_t* full;            // of its stages
  uint64_t* empty;
};

/// A multiplying warpgroup's walk down its runs. Rows of x and of z are told by their index in the
/// picture.
template <class T>
class ConvPairWalk {
 public:
  using Shape = ConvPairWgmmaShape;
  using Tiles = ConvPairTiles;

  FOVEA_DEVICE ConvPairWalk(const ConvPairWgmmaParams& params, int warpgroup,
                            const ConvPairShared& shared)
      : params_(params),
        shared_(shared),
        first_weights_(matrix_descriptor(shared_address(shared.weights), Tiles::kWeightPlaneBytes,
                                         Tiles::kCoreBytes)),
        second_weights_(matrix_descriptor(shared_address(shared.weights) + Tiles::kWeightBytes,
                                          Shape::kPlaneBytes, Tiles::kCoreBytes)),
        rows_(
            matrix_descriptor(shared_address(shared.rows), Tiles::kPlaneBytes, Tiles::kCoreBytes)),
        ring_(shared.full, shared.empty),
        barrier_(1 + warpgroup),
        pixel_(warp_index() % 4 * 16 + lane_index() / 4),
        bias_(params.last.bias[lane_index() % 4]),
        slope_(params.last.slope_of(lane_index() % 4)) {}

  FOVEA_DEVICE void run(const StripRun& run) {
    const int first = uniform(run.first_row);
    const int last = uniform(run.last_row);
    // Of z.
    const int above = first > 0 ? first - 1 : 0;
    const int below = last < params_.height ? last + 1 : params_.height;
    column_ = uniform(run.strip) * Shape::kStripPixels - 1 + pixel_;
    first_ = first;
    begin_outputs();
    ring_.wait();
    move_up<1>();
    if (above > 0) multiply_row<0, 1>(above - 1, true);
    if (below - above > 1) {
      move_up<2>();
      multiply_row<0, 2>(above, true);
      for (int row = above + 1; row < below - 1; row++) {
        move_up<3>();
        multiply_row<0, 3>(row, true);
      }
    }
    // Position 0 has row below - 1, position 1 row below - 2, if that is one of the run.
    const bool at_bottom = below == params_.height;
    multiply_row<1, 2>(below - 1, !at_bottom);
    if (!at_bottom) {
      multiply_row<2, 1>(below, false);
    } else {
      if (below - above == 1) begin_outputs();  // there was no row at position 1
      if (below - 3 >= first) store_row(below - 3);
      complete_row<0>();
    }
    if (below - 2 >= first) store_row(below - 2);
    if (last == params_.height) {
      take_unfinished();
      store_row(last - 1);
    }
  }

 private:
  static constexpr int kBlocks = Tiles::kGroup / 8;
  static constexpr int kSums = Tiles::kGroup / 2;  // registers of a row of z
  static constexpr int kTapSums = Shape::kColumns / 2;
  static constexpr int kDepth = Tiles::kGroup / 16;  // products of a row of z

  // This thread's two channels of each eight of z.
  FOVEA_DEVICE const ChannelPair& pair(int block) const {
    return shared_.pairs[4 * block + lane_index() % 4];
  }

  // Position 0 begins a new row of z, kPositions are in use then.
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

  // No row of z has been added to any of y: what the first two of a run complete is not stored.
  FOVEA_DEVICE void begin_outputs() {
    FOVEA_UNROLL
    for (int ky = 0; ky < 2; ky++) {
      FOVEA_UNROLL
      for (int kx = 0; kx < 3; kx++) {
        FOVEA_UNROLL
        for (int half = 0; half < 2; half++) outputs_[ky][kx][half] = first_sum(kx);
      }
    }
  }

  // What the sum over the kernel's column kx begins with.
  FOVEA_DEVICE float first_sum(int kx) const { return kx == 1 ? bias_ : 0.0f; }

  // Adds a row of z's products with the taps to the rows of y that it gives to. The one whose last
  // it is becomes the result, the others are one nearer to it.
  FOVEA_DEVICE void add_taps(const float (&taps)[kTapSums]) {
    FOVEA_UNROLL
    for (int kx = 0; kx < 3; kx++) {
      FOVEA_UNROLL
      for (int half = 0; half < 2; half++) {
        const auto tap = [&](int ky) {
          const int q = 3 * ky + kx;
          return taps[4 * (q / 2) + 2 * half + q % 2];
        };
        result_[kx][half] = outputs_[1][kx][half] + tap(2);
        outputs_[1][kx][half] = outputs_[0][kx][half] + tap(1);
        outputs_[0][kx][half] = first_sum(kx) + tap(0);
      }
    }
  }

  // The result is the picture's last row, which has no third row of z.
  FOVEA_DEVICE void take_unfinished() {
    FOVEA_UNROLL
    for (int kx = 0; kx < 3; kx++) {
      FOVEA_UNROLL
      for (int half = 0; half < 2; half++) result_[kx][half] = outputs_[1][kx][half];
    }
  }

  // The row of z at position kPosition is complete: it is multiplied in its turn, and completes the
  // row of y above it.
  template <int kPosition>
  FOVEA_DEVICE void complete_row() {
    uint32_t inside[2];
    FOVEA_UNROLL
    for (int half = 0; half < 2; half++) {
      const int column = column_ + 8 * half;
      inside[half] = column >= 0 && column < params_.width ? 0xffffffffu : 0u;
    }
    uint32_t operands[kDepth][4];
    FOVEA_UNROLL
    for (int j = 0; j < kBlocks; j++) {
      const ChannelPair& channels = pair(j);
      FOVEA_UNROLL
      for (int half = 0; half < 2; half++) {
        float values[2];
        FOVEA_UNROLL
        for (int i = 0; i < 2; i++) {
          const float value = sums_[kPosition * kSums + 4 * j + 2 * half + i];
          values[i] = value < 0.0f ? channels.slope[i] * value : value;
        }
        operands[j / 2][2 * (j % 2) + half] = pack2<T>(values[0], values[1]) & inside[half];
      }
    }
    float taps[kTapSums];
    FOVEA_UNROLL
    for (int k = 0; k < kDepth; k++) keep_registers(operands[k]);
    wgmma_fence();
    FOVEA_UNROLL
    for (int k = 0; k < kDepth; k++) {
      Wgmma<T, Shape::kColumns>::multiply(
          taps, operands[k], advanced(second_weights_, 2 * k * Shape::kPlaneBytes), k > 0);
    }
    wgmma_commit();
    wgmma_wait<0>();
    keep_registers(taps);
    add_taps(taps);
  }

  // Row `row` of x times groups kFirst ... kFirst + kCount - 1 of the first weights' columns, added
  // to positions 0 ... kCount - 1. The last group completes row - 1 of z and with it row - 2 of y;
  // row - 3, completed before, is stored while the products run. Waiting for the next row here
  // takes the barrier's latency out of the time between two rows.
  template <int kFirst, int kCount>
  FOVEA_DEVICE void multiply_row(int row, bool wait_for_next) {
    constexpr int kColumns = kCount * Tiles::kGroup;
    constexpr bool kCompletes = kFirst + kCount == 3;
    float(&sums)[kColumns / 2] = reinterpret_cast<float(&)[kColumns / 2]>(sums_);
    multiply_stacked<T, Tiles, kColumns>(
        sums, advanced(rows_, ring_.stage() * Tiles::kStageBytes),
        advanced(first_weights_, kFirst * Tiles::kGroup * Tiles::kPixelBytes));
    if constexpr (kCompletes) {
      if (row - 3 >= first_) store_row(row - 3);
    }
    uint64_t* const read = ring_.pass();
    if (wait_for_next) ring_.wait();
    wgmma_wait<0>();
    keep_registers(sums);
    if (lane_index() == 0) mbarrier_arrive(read);
    if constexpr (kCompletes) complete_row<kCount - 1>();
  }

  // The result is row `row` of y.
  FOVEA_DEVICE void store_row(int row) {
    const int lane = lane_index();
    // To the next warp what its first pixel has on its left, to the one before what its last has on
    // its right. The strip's outermost pixels are not stored, whatever they get.
    float* const edges = shared_.edges + edge_set_ * kWarpgroupThreads;
    edge_set_ ^= 1;
    const int thread = thread_index() % kWarpgroupThreads;
    edges[thread] = lane / 4 == 7 ? result_[0][1] : result_[2][0];
    named_barrier_sync(barrier_, kWarpgroupThreads);
    const int beside = lane / 4 == 0 ? thread - 4 : lane / 4 == 7 ? thread + 4 : thread;
    const float edge = edges[beside & (kWarpgroupThreads - 1)];
    float left[2], right[2];
    left[0] = shuffle(result_[0][0], (lane + 28) % 32);
    left[1] = shuffle(lane / 4 == 7 ? result_[0][0] : result_[0][1], (lane + 28) % 32);
    right[0] = shuffle(lane / 4 == 0 ? result_[2][1] : result_[2][0], (lane + 4) % 32);
    right[1] = shuffle(result_[2][1], (lane + 4) % 32);
    left[0] = lane / 4 == 0 ? edge : left[0];
    right[1] = lane / 4 == 7 ? edge : right[1];
    float values[2];
    FOVEA_UNROLL
    for (int half = 0; half < 2; half++) {
      const float value = left[half] + result_[1][half] + right[half];
      values[half] = value < 0.0f ? slope_ * value : value;
    }
    // Lanes have a channel of two pixels; they take two of one, then those of t = 0 and 1 all four,
    // and the others the zeros that fill up the plane: 8 bytes a lane.
    const bool odd = lane % 2 != 0;
    const float other = shuffle_xor(odd ? values[0] : values[1], 1);
    const uint32_t word = odd ? pack2<T>(other, values[1]) : pack2<T>(values[0], other);
    const uint32_t next = shuffle_xor(word, 2);
    const bool fills = lane % 4 >= 2;
    const int pixel = pixel_ + 8 * (lane % 2);
    const int column = column_ + 8 * (lane % 2);
    const uint32_t slot =
        static_cast<uint32_t>(row) % static_cast<uint32_t>(params_.output_ring_rows);
    uint8_t* output = params_.output + slot * params_.output_row_bytes +
                      static_cast<int64_t>(column) * Tiles::kPixelBytes + lane % 4 / 2 * 8;
    store_if(pixel >= 1 && pixel <= Shape::kStripPixels && column < params_.width, output,
             fills ? 0u : word, fills ? 0u : next);
  }

  const ConvPairWgmmaParams& params_;
  const ConvPairShared shared_;
  const uint64_t first_weights_;
  const uint64_t second_weights_;
  const uint64_t rows_;
  RowReader<Tiles::kStages> ring_;
  const int barrier_;
  const int pixel_;   // of the 64 of z: this thread has it and the one 8 further
  const float bias_;  // of the second, for this thread's channel
  const float slope_;
  int column_ = 0;
  int first_ = 0;
  int edge_set_ = 0;
  float sums_[3 * kSums];
  float outputs_[2][3][2];  // of y's next row but one and next: by kx and pixel
  float result_[3][2];      // of the row that is stored next
};

template <class T>
FOVEA_KERNEL(ConvPairTiles::kThreads, 1)
void conv_pair_wgmma_kernel(FOVEA_GRID_CONSTANT const TensorMap input,
                            FOVEA_GRID_CONSTANT const ConvPairWgmmaParams params) {
  using Shape = ConvPairWgmmaShape;
  using Tiles = ConvPairTiles;
  constexpr int kRings = Tiles::kWarpgroups * Tiles::kStages;
  uint8_t* weights = dynamic_shared();
  uint8_t* rows = weights + Shape::kWeightBytes;
  auto* pairs = reinterpret_cast<ChannelPair*>(rows + kRings * Tiles::kStageBytes);
  auto* edges = reinterpret_cast<float*>(pairs + Tiles::kGroup / 2);
  auto* full = reinterpret_cast<uint64_t*>(edges + Shape::kEdgeBytes / 4);
  uint64_t* empty = full + kRings;
  uint64_t* weights_full = empty + kRings;

  if (thread_index() == 0) {
    init_row_ring(full, empty, kRings, kWarpgroupThreads / kWarpThreads, weights_full);
  }
  if (thread_index() < Tiles::kGroup) {
    const int channel = thread_index();
    ChannelPair& pair = pairs[channel / 2];
    pair.bias[channel % 2] = params.middle.bias[channel];
    pair.slope[channel % 2] = params.middle.slope_of(channel);
  }
  sync_threads();
  grid_dependency_launch();

  const int warpgroup = uniform(thread_index() / kWarpgroupThreads);
  const int ring = warpgroup < Tiles::kWarpgroups ? warpgroup : uniform(warp_index() % 4);
  const int strips = (params.width + Shape::kStripPixels - 1) / Shape::kStripPixels;
  StripRuns runs(strips, params.first_row, params.last_row,
                 block_index() * Tiles::kWarpgroups + ring, block_count() * Tiles::kWarpgroups);
  StripRun run;

  if (warpgroup == Tiles::kWarpgroups) {
    // One thread a ring loads.
    set_max_registers_decrease<Tiles::kLoadRegisters>();
    if (ring >= Tiles::kWarpgroups || lane_index() != 0) return;
    if (ring == 0) {
      mbarrier_arrive_expect_bytes(weights_full, Shape::kWeightBytes);
      bulk_load(weights, params.weights, Shape::kWeightBytes, weights_full);
    }
    grid_dependency_wait();
    RowLoader<Tiles::kStages, Tiles::kStageBytes, Tiles::kRowBytes> loader(
        rows + ring * Tiles::kStages * Tiles::kStageBytes, full + ring * Tiles::kStages,
        empty + ring * Tiles::kStages);
    while (runs.next(run)) {
      // Two rows more than the run on each side, where the picture has them.
      const int above = run.first_row > 1 ? run.first_row - 2 : 0;
      const int below = run.last_row < params.height - 1 ? run.last_row + 2 : params.height;
      for (int row = above; row < below; row++)
        loader.load(&input, run.strip * Shape::kStripPixels - 2, row % params.input_ring_rows);
    }
  } else {
    set_max_registers_increase<Tiles::kMultiplyRegisters>();
    grid_dependency_wait();
    mbarrier_wait(weights_full, 0);
    const ConvPairShared shared{weights,
                                rows + ring * Tiles::kStages * Tiles::kStageBytes,
                                pairs,
                                edges + ring * 2 * kWarpgroupThreads,
                                full + ring * Tiles::kStages,
                                empty + ring * Tiles::kStages};
    ConvPairWalk<T> walk(params, warpgroup, shared);
    while (runs.next(run)) walk.run(run);
  }
}

}  // namespace fovea::cuda
