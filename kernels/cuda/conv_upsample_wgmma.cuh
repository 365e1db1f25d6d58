// Nearest x2 upsampling and a 3x3 convolution in one, on Hopper's tensor cores: four 2x2 phase
// convolutions on the small map (UpsampleConvolution of kernels/ops.h).
//
//   y[2a+s, 2b+t, k] = A(bias[k] + sum_{c,u,v in {0,1}} w[2s+t,k,c,u,v] x[a+u-1+s, b+v-1+t, c])
//
// with x = 0 outside the map and A of convolution_args.h. 64 channels in and out (57 to 64, the
// others zero), f16 or bf16, C8-planar, whole or rings; sums are f32. Weights:
// pack_conv_upsample_wgmma.h. Preconditions: conv_upsample_wgmma.h, checked by the launcher.
//
// ## One step a row
// Small row r gives to four output rows: it is the first (u = 0) of 2r + 1 and 2r + 2 and the
// second (u = 1) of 2r - 1 and 2r, which it completes. So, as in conv3x3_wgmma.cuh, a row is loaded
// once and multiplied with the weights of all four side by side, and the sums move up between rows.
// Pair p is the output rows 2p - 1 and 2p, completed by small row p; runs are runs of pairs, 0 ...
// height. Of a run, the row before it only begins its first pair, the last row only completes its
// last: half products, so that a run costs no row more than it has. Rows outside the picture are
// left out, and of a run's first and last pair the row that was not asked for is not stored.
//
// A warpgroup has 32 outputs and both phases t of the columns, each a set of 64 sums registers for
// 4 rows: 16 products of 64 x 128 x 16 a row, with operand shifts v - 1 + t. (A phase a warpgroup,
// 64 outputs, would have N = 256 and read 5/6 as much of shared memory; but then a 32-byte sector
// of the output would be written in two halves by two warpgroups.) Here a thread exchanges one of
// its two words with its neighbour and a warp stores 8 x 2 pixels: 256 contiguous bytes.
//
// ## Who does what
// A block has two warpgroups that multiply, for the two halves of the outputs, and a thread that
// loads rows of 66 pixels into a ring of 8 that both read: full[stage], empty[stage] (8 warps have
// read it). Weights stay. Blocks share the picture by strip_runs.cuh.
//
// ## Shared memory: weights + rows + channels + barriers (ConvUpsampleWgmmaShape)
//   131,072 + 8 * 8,448 + 512 + 136 = 199,304
//
// ## What bounds it: cycles of a block for 64 small pixels of a row, predicted, not measured
//   tensor 32 * 64 = 2048; shared memory 32 * 48 + 66 + 256 = 1858 (91 %: operands + row + stores)
//   640 bytes of device memory a small pixel: 3.9 TB/s at 790 TFLOP/s; an H200 copies at 4.3
// So device memory and the tensor cores bound it alike.
//
// See also: kernels/reference/upsample_convolution.cpp;
// tests/emulation/test_conv_upsample_wgmma.cpp.
#pragma once

#include "kernels/cuda/conv_upsample_wgmma_shape.h"
#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/device/between_products.cuh"
#include "kernels/cuda/device/bulk_copy.cuh"
#include "kernels/cuda/device/dependent_launch.cuh"
#include "kernels/cuda/device/device.cuh"
#include "kernels/cuda/device/half.cuh"
#include "kernels/cuda/device/mbarrier.cuh"
#include "kernels/cuda/device/wgmma.cuh"
#include "kernels/cuda/row_ring.cuh"
#include "kernels/cuda/strip_runs.cuh"

namespace fovea::cuda {

/// What the launcher boils ConvolutionArgs down to. Rows and columns are the small map's but for
/// first_row and last_row.
struct ConvUpsampleWgmmaParams {
  const uint8_t* weights;
  const float* bias;
  const float* slopes;  // null: `slope` for all channels
  float slope;
  int32_t height;
  int32_t width;
  int32_t first_row;
  int32_t last_row;
  int32_t input_ring_rows;
  int32_t output_ring_rows;
  int64_t output_row_bytes;
  int64_t output_plane_bytes;
  uint8_t* output;
};

/// Bias and slope of two neighbouring channels: what a thread has of each 8.
struct alignas(16) UpsampleChannels {
  float bias[2];
  float slope[2];
};

/// A multiplying warpgroup's walk down its runs of pairs of output rows.
template <class T>
class ConvUpsampleWalk {
 public:
  using Shape = ConvUpsampleWgmmaShape;

  /// `weights` and `rows` lie in shared memory; full and empty are the barriers of the stages.
  FOVEA_DEVICE ConvUpsampleWalk(const ConvUpsampleWgmmaParams& params, int group,
                                const uint8_t* weights, const uint8_t* rows,
                                const UpsampleChannels* channels, uint64_t* full, uint64_t* empty)
      : params_(params),
        weights_(matrix_descriptor(shared_address(weights) + group * 4 * Shape::kShiftBytes,
                                   Shape::kWeightPlaneBytes, kCoreBytes)),
        rows_(matrix_descriptor(shared_address(rows), Shape::kPlaneBytes, kCoreBytes)),
        ring_(full, empty),
        first_plane_(group * kBlocks),
        pixel_(warp_index() % 4 * 16 + lane_index() / 4) {
    FOVEA_UNROLL
    for (int j = 0; j < kBlocks; j++)
      channels_[j] = channels[group * Shape::kGroup / 2 + 4 * j + lane_index() % 4];
  }

  FOVEA_DEVICE void run(const StripRun& run) {
    const int first = uniform(run.first_row);
    const int last = uniform(run.last_row);
    column_ = uniform(run.strip) * Shape::kStripPixels + pixel_;
    first_ = first;
    begin_rows();
    if (first > 0) multiply_row<0, 1>(first - 1);
    for (int pair = first; pair < last - 1; pair++) {
      move_up();
      multiply_row<0, 2>(pair);
    }
    if (last - 1 < params_.height) {
      multiply_row<1, 1>(last - 1);
    } else {
      if (last - first > 1) store_pair(last - 2);
      take_result<0>();
    }
    store_pair(last - 1);
  }

 private:
  static constexpr int kCoreBytes = 8 * Shape::kPixelBytes;
  static constexpr int kBlocks = Shape::kGroup / 8;
  static constexpr int kSums = Shape::kGroup / 2;  // registers of an output row's
  static constexpr int kPair = 2 * kSums;

  // Position 0 of the sums of each phase has the pair that is begun, position 1 the one that is
  // completed; when there is only one, it is at position 0.
  FOVEA_DEVICE void begin_rows() {
    FOVEA_UNROLL
    for (int t = 0; t < 2; t++) {
      FOVEA_UNROLL
      for (int i = 0; i < kPair; i++) sums_[t][i] = copied(channels_[i / 4 % kBlocks].bias[i % 2]);
    }
  }

  FOVEA_DEVICE void move_up() {
    FOVEA_UNROLL
    for (int t = 0; t < 2; t++) {
      FOVEA_UNROLL
      for (int i = 0; i < kPair; i++) sums_[t][kPair + i] = copied(sums_[t][i]);
    }
    begin_rows();
  }

  template <int kPosition>
  FOVEA_DEVICE void take_result() {
    FOVEA_UNROLL
    for (int t = 0; t < 2; t++) {
      FOVEA_UNROLL
      for (int i = 0; i < kPair; i++) result_[t][i] = copied(sums_[t][kPosition * kPair + i]);
    }
  }

  // Small row `row` times halves kFirst ... kFirst + kCount - 1 of the weights' columns. The second
  // half completes pair `row`, which becomes the result; the result until then is stored meanwhile.
  template <int kFirst, int kCount>
  FOVEA_DEVICE void multiply_row(int row) {
    constexpr int kColumns = kCount * Shape::kPairColumns;
    ring_.wait();
    FOVEA_UNROLL
    for (int t = 0; t < 2; t++) keep_registers(sums_[t]);
    wgmma_fence();
    const uint64_t a = advanced(rows_, ring_.stage() * Shape::kRowBytes);
    const uint64_t b = advanced(weights_, kFirst * Shape::kPairColumns * Shape::kPixelBytes);
    FOVEA_UNROLL
    for (int t = 0; t < 2; t++) {
      float(&sums)[kColumns / 2] = reinterpret_cast<float(&)[kColumns / 2]>(sums_[t]);
      FOVEA_UNROLL
      for (int v = 0; v < 2; v++) {
        FOVEA_UNROLL
        for (int plane = 0; plane < Shape::kPlanes; plane += 2) {
          Wgmma<T, kColumns>::multiply(
              sums, advanced(a, plane * Shape::kPlaneBytes + (t + v) * Shape::kPixelBytes),
              advanced(b, (2 * t + v) * Shape::kShiftBytes + plane * Shape::kWeightPlaneBytes),
              true);
        }
      }
    }
    wgmma_commit();
    constexpr bool kCompletes = kFirst + kCount == 2;
    if constexpr (kCompletes) {
      if (row - 1 >= first_) store_pair(row - 1);
    }
    wgmma_wait<0>();
    FOVEA_UNROLL
    for (int t = 0; t < 2; t++) keep_registers(sums_[t]);
    uint64_t* const read = ring_.pass();
    if (lane_index() == 0) mbarrier_arrive(read);
    if constexpr (kCompletes) take_result<kCount - 1>();
  }

  FOVEA_DEVICE void store_pair(int pair) {
    if (2 * pair - 1 >= params_.first_row) store_row<0>(2 * pair - 1);
    if (2 * pair < params_.last_row) store_row<1>(2 * pair);
  }

  // Lanes have channels 2 (l % 4) and the next of columns 2b and 2b + 1. Even lanes give their word
  // of 2b + 1 for the odd neighbour's word of 2b, so that each stores 4 channels of one pixel.
  template <int kRow>
  FOVEA_DEVICE void store_row(int row) {
    const bool odd = lane_index() % 2 != 0;
    const uint32_t slot =
        static_cast<uint32_t>(row) % static_cast<uint32_t>(params_.output_ring_rows);
    uint8_t* output = params_.output + slot * params_.output_row_bytes +
                      first_plane_ * params_.output_plane_bytes +
                      (2 * static_cast<int64_t>(column_) + lane_index() % 2) * Shape::kPixelBytes +
                      lane_index() % 4 / 2 * 8;
    FOVEA_UNROLL
    for (int j = 0; j < kBlocks; j++) {
      FOVEA_UNROLL
      for (int half = 0; half < 2; half++) {
        uint32_t words[2];
        FOVEA_UNROLL
        for (int t = 0; t < 2; t++) {
          float values[2];
          FOVEA_UNROLL
          for (int i = 0; i < 2; i++) {
            const float value = result_[t][kRow * kSums + 4 * j + 2 * half + i];
            values[i] = value < 0.0f ? channels_[j].slope[i] * value : value;
          }
          words[t] = pack2<T>(values[0], values[1]);
        }
        const uint32_t other = shuffle_xor(odd ? words[0] : words[1], 1);
        store_if(column_ + 8 * half < params_.width,
                 output + j * params_.output_plane_bytes + half * 2 * kCoreBytes,
                 odd ? other : words[0], odd ? words[1] : other);
      }
    }
  }

  const ConvUpsampleWgmmaParams& params_;
  const uint64_t weights_;
  const uint64_t rows_;
  RowReader<Shape::kStages> ring_;
  const int first_plane_;
  const int pixel_;
  int column_ = 0;
  int first_ = 0;
  float sums_[2][2 * kPair];
  float result_[2][kPair];
  UpsampleChannels channels_[kBlocks];
};

template <class T>
FOVEA_KERNEL(ConvUpsampleWgmmaShape::kThreads, 1)
void conv_upsample_wgmma_kernel(FOVEA_GRID_CONSTANT const TensorMap input,
                                FOVEA_GRID_CONSTANT const ConvUpsampleWgmmaParams params) {
  using Shape = ConvUpsampleWgmmaShape;
  // 168 registers a thread at launch: 128 * (32 + 2 * 232) of 128 * 3 * 168.
  constexpr int kLoadRegisters = 32;
  constexpr int kMultiplyRegisters = 232;
  static_assert(kLoadRegisters + Shape::kWarpgroups * kMultiplyRegisters <=
                    65536 / Shape::kThreads / 8 * 8 * (Shape::kWarpgroups + 1),
                "or setmaxnreg waits forever");
  uint8_t* weights = dynamic_shared();
  uint8_t* rows = weights + Shape::kWeightBytes;
  auto* channels = reinterpret_cast<UpsampleChannels*>(rows + Shape::kStages * Shape::kRowBytes);
  auto* full = reinterpret_cast<uint64_t*>(channels + Shape::kChannels / 2);
  uint64_t* empty = full + Shape::kStages;
  uint64_t* weights_full = empty + Shape::kStages;
  if (thread_index() == 0) {
    init_row_ring(full, empty, Shape::kStages,
                  Shape::kWarpgroups * kWarpgroupThreads / kWarpThreads, weights_full);
  }
  if (thread_index() < Shape::kChannels) {
    const int channel = thread_index();
    UpsampleChannels& two = channels[channel / 2];
    two.bias[channel % 2] = params.bias[channel];
    two.slope[channel % 2] = params.slopes ? params.slopes[channel] : params.slope;
  }
  sync_threads();
  grid_dependency_launch();

  const int warpgroup = uniform(thread_index() / kWarpgroupThreads);
  const int strips = (params.width + Shape::kStripPixels - 1) / Shape::kStripPixels;
  StripRuns runs(strips, (params.first_row + 1) / 2, params.last_row / 2 + 1, block_index(),
                 block_count());
  StripRun run;
  if (warpgroup == Shape::kWarpgroups) {
    set_max_registers_decrease<kLoadRegisters>();
    if (thread_index() != Shape::kWarpgroups * kWarpgroupThreads) return;
    mbarrier_arrive_expect_bytes(weights_full, Shape::kWeightBytes);
    bulk_load(weights, params.weights, Shape::kWeightBytes, weights_full);
    grid_dependency_wait();
    RowLoader<Shape::kStages, Shape::kRowBytes, Shape::kRowBytes> loader(rows, full, empty);
    while (runs.next(run)) {
      const int above = run.first_row > 0 ? run.first_row - 1 : 0;
      const int below = run.last_row < params.height ? run.last_row : params.height;
      for (int row = above; row < below; row++)
        loader.load(&input, run.strip * Shape::kStripPixels - 1, row % params.input_ring_rows);
    }
  } else {
    set_max_registers_increase<kMultiplyRegisters>();
    grid_dependency_wait();
    mbarrier_wait(weights_full, 0);
    ConvUpsampleWalk<T> walk(params, warpgroup, weights, rows, channels, full, empty);
    while (runs.next(run)) walk.run(run);
  }
}

}  // namespace fovea::cuda
