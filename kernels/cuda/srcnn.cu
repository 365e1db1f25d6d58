// SRCNN 9-1-5 fused on chip. With zero padding at each of the three convolutions,
//   h1[i,j,c] = relu(b1[c] + sum_{u,v<9} w1[c,u,v] x[i+u-4, j+v-4]),        64 channels
//   h2[i,j,c] = relu(b2[c] + sum_k w2[c,k] h1[i,j,k]),                      32 channels, 0 outside
//   y[i,j]    = b3 + sum_{c,u,v<5} w3[c,u,v] h2[i+u-2, j+v-2].
//
// x, y: C8-planar maps of one channel, f16 or bf16, whole or rings. Products of f16 or bf16, sums
// in f32; h1 and h2 are rounded to the maps' type as they would be in memory; y once at the store.
//
// Preconditions (srcnn.h): sound maps of one size and of one channel, 16-bit; weights of
// pack_srcnn; rows of the map. bf16 asks for sm_80 (srcnn_supports).
//
// A block of 8 warps owns a strip of 124 columns and walks down its rows; each row r of h2 with its
// 2 + 2 columns of halo is 128 pixels, 16 a warp. A warp chains three products (layout:
// srcnn_layout.h) of its 16 pixels, the sums of one being the operand of the next as they lie in
// registers:
//   conv1  A: 16 pixels x 80 of the 81 taps, from shared memory; 8 tiles of 8 channels x 5 steps.
//   The
//          81st tap costs nothing: sums begin with bias + w x instead of bias.
//   conv2  4 tiles x 4 steps.
//   conv3  4 tiles x 2 steps: 25 columns, one a tap, P[tap][pixel] = sum_c w3[c,tap] h2[pixel,c].
// That is 64 mma.m16n8k16 for 16 pixels, 8192 multiply-adds a pixel of which the formula has 8032.
// Then y = sum of shifted P: of row r, q_u[j] = sum_v P[5u+v][j+v-2] belongs to output row r + 2 -
// u. A warp sums its 16 columns, lanes 0-15 taps of u = 0, 1, 2 and lanes 16-31 those of u = 3, 4,
// with the sums of unfinished rows in registers; the former hand theirs over by a shuffle. The
// order of additions is that of u and v, whatever rows a block begins with.
//
// Registers: the weights' fragments, 2 (40 + 16 + 8) = 128, and 40 of biases and last taps stay
// there, beside 32 sums: one block of 256 threads a multiprocessor. From shared memory instead, 64
// fragments for 16 pixels would be 16 KB, 8 cycles a pixel: more than the products take.
// Shared memory: x as 16 rows of 140 words, word j = {x[j], x[j+1]}, so that a fragment's pair of
// neighbouring taps is one load: 16 x 140 x 4 = 8960 bytes. 140 words a row put the four rows that
// lanes read in the last step into different banks. P twice, for a barrier a row:
// 2 x 25 x 132 x 4 = 26400 bytes; 35,360 in all.
// A pixel costs 8192 multiply-adds, 6.5 cycles at the 1270 a cycle of mma.sync on sm_90, and 4
// cycles of shared memory: 24 loads of taps, 14 stores and 25 cycles of loads of P for 16 pixels
// (the two halves of a warp conflict). Memory: 32 bytes a pixel, nothing. Halo: 128/124 in columns,
// (rows + 4)/rows. Predicted for 1080p on an H200: 65 us, not measured.
//
// Edges: x is 0 outside the map; P of columns outside is 0, rows outside are skipped; the columns
// behind the map and those of the halo are not stored.
//
// See tests/emulation/test_srcnn_cuda.cpp, loaders/architectures/srcnn.cpp.
#include "kernels/cuda/srcnn.h"

#include "kernels/cuda/device/mma.cuh"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/map_checks.h"
#include "kernels/cuda/map_vectors.cuh"
#include "kernels/cuda/multiprocessor_count.h"
#include "kernels/cuda/srcnn_layout.h"

namespace fovea::cuda {
namespace {

// ------------------------------------------------------------------------------------ constants

constexpr int kWarps = 8;
constexpr int kThreads = 32 * kWarps;
constexpr int kRadius1 = 4;                               // of conv1
constexpr int kRadius3 = 2;                               // of conv3
constexpr int kRowPixels = 16 * kWarps;                   // of h2, with halo
constexpr int kStripColumns = kRowPixels - 2 * kRadius3;  // of y
constexpr int kInputColumns = kRowPixels + 2 * kRadius1;  // of x
constexpr int kInputRows = 16;
constexpr int kInputPitch = 140;  // words
constexpr int kPartialPitch = 132;
constexpr int kLateTaps = 15;  // u = 3, 4
constexpr int kPartialWords = srcnn::kTaps3 * kPartialPitch;
constexpr int kSharedBytes = (kInputRows * kInputPitch + 2 * kPartialWords) * 4;

static_assert((kInputRows & (kInputRows - 1)) == 0, "a slot is a row's last bits");
static_assert(kInputRows >= 2 * kRadius1 + 2, "nine rows are read while the next one is written");
static_assert(kInputPitch >= kInputColumns, "a row of x fits its pitch");
static_assert(2 * kInputPitch % 32 == 24, "rows 0, 2, 4, 6 begin 8 banks apart");
static_assert(kPartialPitch >= kRowPixels + 2 * kRadius3, "a shift of two stays in its tap's row");
static_assert(2 * kPartialPitch % 32 == 8, "a fragment's four columns begin 8 banks apart");
static_assert(kThreads >= kInputColumns, "a thread loads at most one pixel of a row");
static_assert(kSharedBytes <= 48 * 1024, "no opt-in is needed");

struct SrcnnKernelArgs {
  DeviceMap input;
  DeviceMap output;
  const uint32_t* weights;
  int32_t first_row;
  int32_t last_row;
  int32_t block_rows;
};

// ---------------------------------------------------------------------------------- device code

struct alignas(8) WordPair {
  uint32_t words[2];
};
struct alignas(8) FloatPair {
  float values[2];
};

/// A lane's part of the weights of a product, in registers.
template <int kSteps, int kTiles>
struct Fragments {
  uint32_t words[kSteps][kTiles][2];

  FOVEA_DEVICE void load(const uint32_t* packed) {
    FOVEA_UNROLL
    for (int s = 0; s < kSteps; ++s) {
      FOVEA_UNROLL
      for (int j = 0; j < kTiles; ++j) {
        const WordPair pair = reinterpret_cast<const WordPair*>(
            packed)[(s * kTiles + j) * kWarpThreads + lane_index()];
        words[s][j][0] = pair.words[0];
        words[s][j][1] = pair.words[1];
      }
    }
  }
};

/// Parameters of the two columns of each tile that a lane's sums belong to.
template <int kTiles>
struct ColumnParameters {
  float values[kTiles][2];

  FOVEA_DEVICE void load(const float* parameters) {
    FOVEA_UNROLL
    for (int j = 0; j < kTiles; ++j) {
      values[j][0] = parameters[8 * j + 2 * (lane_index() % 4)];
      values[j][1] = parameters[8 * j + 2 * (lane_index() % 4) + 1];
    }
  }
};

template <class T>
FOVEA_DEVICE float low_value(uint32_t word) {
  return to_float(T{static_cast<uint16_t>(word & 0xffffu)});
}

FOVEA_DEVICE float relu(float value) { return value < 0.0f ? 0.0f : value; }

/// Sums of tiles 2s and 2s + 1 as the operand of the next product's step s.
template <class T>
FOVEA_DEVICE void chain(const float (&low)[4], const float (&high)[4], uint32_t (&a)[4]) {
  a[0] = pack2<T>(relu(low[0]), relu(low[1]));
  a[1] = pack2<T>(relu(low[2]), relu(low[3]));
  a[2] = pack2<T>(relu(high[0]), relu(high[1]));
  a[3] = pack2<T>(relu(high[2]), relu(high[3]));
}

FOVEA_DEVICE int input_slot(int row) { return (row & (kInputRows - 1)) * kInputPitch; }

/// The 16 bits of x at (row, column), 0 outside the map.
FOVEA_DEVICE uint16_t input_bits(const DeviceMap& input, int row, int column) {
  if (row < 0 || row >= input.height || column < 0 || column >= input.width) return 0;
  return static_cast<uint16_t>(row_vectors<Half>(input, 0, row)[column].words[0] & 0xffffu);
}

/// Puts column `column` of a row of x where its two words have it.
FOVEA_DEVICE void put_input(uint32_t* slot, int column, uint16_t bits) {
  auto* const halves = reinterpret_cast<uint16_t*>(slot);
  halves[2 * column] = bits;
  if (column > 0) halves[2 * column - 1] = bits;
}

/// h1 of a warp's 16 pixels: sums before relu. `pixel` is the lane's first in words of a row.
template <class T>
FOVEA_DEVICE void multiply_taps(const uint32_t* pairs, int row, int pixel,
                                const Fragments<srcnn::kSteps1, srcnn::kTiles1>& weights,
                                const ColumnParameters<srcnn::kTiles1>& bias,
                                const ColumnParameters<srcnn::kTiles1>& last_tap,
                                float (&sums)[srcnn::kTiles1][4]) {
  const int t = lane_index() % 4;
  const uint32_t* const last_row = pairs + input_slot(row + kRadius1) + pixel;
  const float low = low_value<T>(last_row[8]);
  const float high = low_value<T>(last_row[16]);
  FOVEA_UNROLL
  for (int j = 0; j < srcnn::kTiles1; ++j) {
    FOVEA_UNROLL
    for (int i = 0; i < 2; ++i) {
      sums[j][i] = multiply_add(last_tap.values[j][i], low, bias.values[j][i]);
      sums[j][2 + i] = multiply_add(last_tap.values[j][i], high, bias.values[j][i]);
    }
  }
  FOVEA_UNROLL
  for (int s = 0; s < srcnn::kSteps1; ++s) {
    uint32_t a[4];
    const uint32_t* const upper = pairs + input_slot(row - kRadius1 + 2 * s) + pixel + 2 * t;
    a[0] = upper[0];
    a[1] = upper[8];
    if (s < srcnn::kSteps1 - 1) {
      const uint32_t* const lower = pairs + input_slot(row - kRadius1 + 2 * s + 1) + pixel + 2 * t;
      a[2] = lower[0];
      a[3] = lower[8];
    } else {  // the last column's taps, two rows to a word
      const uint32_t* const even = pairs + input_slot(row - kRadius1 + 2 * t) + pixel + 8;
      const uint32_t* const odd = pairs + input_slot(row - kRadius1 + 2 * t + 1) + pixel + 8;
      a[2] = (even[0] & 0xffffu) | odd[0] << 16;
      a[3] = (even[8] & 0xffffu) | odd[8] << 16;
    }
    FOVEA_UNROLL
    for (int j = 0; j < srcnn::kTiles1; ++j) mma_m16n8k16<T>(sums[j], a, weights.words[s][j]);
  }
}

/// Stores a warp's P. `pixel` counts from the row's first word.
FOVEA_DEVICE void store_partials(const float (&sums)[srcnn::kTiles3][4], int pixel,
                                 float* partials) {
  FOVEA_UNROLL
  for (int j = 0; j < srcnn::kTiles3; ++j) {
    FOVEA_UNROLL
    for (int i = 0; i < 2; ++i) {
      const int tap = 8 * j + 2 * (lane_index() % 4) + i;
      if (tap >= srcnn::kTaps3) continue;
      partials[tap * kPartialPitch + pixel] = sums[j][i];
      partials[tap * kPartialPitch + pixel + 8] = sums[j][2 + i];
    }
  }
}

/// sum_v P[5 u + v][j + v - 2] where `column` points at P[0][j - 2].
FOVEA_DEVICE float shifted_sum(const float* column, int u) {
  const float* const taps = column + 5 * u * kPartialPitch;
  float sum = taps[0];
  FOVEA_UNROLL
  for (int v = 1; v < 5; ++v) sum += taps[v * kPartialPitch + v];
  return sum;
}

// ---------------------------------------------------------------------------------------- kernel

template <class T>
FOVEA_KERNEL(kThreads, 1)
void srcnn_kernel(const FOVEA_GRID_CONSTANT SrcnnKernelArgs args) {
  auto* const pairs = reinterpret_cast<uint32_t*>(dynamic_shared());
  auto* const partials = reinterpret_cast<float*>(pairs + kInputRows * kInputPitch);
  const int lane = lane_index();
  const int g = lane / 4;
  const int first_y = args.first_row + block_index_y() * args.block_rows;
  const int end_y =
      first_y + args.block_rows < args.last_row ? first_y + args.block_rows : args.last_row;
  const int first_x = block_index() * kStripColumns - kRadius3;  // of the row of h2
  const int warp_pixel = 16 * uniform(warp_index());

  Fragments<srcnn::kSteps1, srcnn::kTiles1> weights1;
  Fragments<srcnn::kSteps2, srcnn::kTiles2> weights2;
  Fragments<srcnn::kSteps3, srcnn::kTiles3> weights3;
  ColumnParameters<srcnn::kTiles1> bias1;
  ColumnParameters<srcnn::kTiles1> last_tap1;
  ColumnParameters<srcnn::kTiles2> bias2;
  const uint32_t* packed = args.weights;
  weights1.load(packed);
  packed += srcnn::kFragments1 * srcnn::kFragmentWords;
  weights2.load(packed);
  packed += srcnn::kFragments2 * srcnn::kFragmentWords;
  weights3.load(packed);
  const auto* const parameters = reinterpret_cast<const float*>(args.weights + srcnn::kWords);
  bias1.load(parameters + srcnn::kBias1);
  last_tap1.load(parameters + srcnn::kLastTap1);
  bias2.load(parameters + srcnn::kBias2);
  const float bias3 = parameters[srcnn::kBias3];

  // The rows of x that the first row of h2 reads; then one more for each row.
  const int input_x = first_x - kRadius1 + thread_index();
  const bool loads = thread_index() < kInputColumns;
  if (loads) {
    FOVEA_NO_UNROLL
    for (int row = first_y - kRadius3 - kRadius1; row <= first_y - kRadius3 + kRadius1; ++row)
      put_input(pairs + input_slot(row), thread_index(), input_bits(args.input, row, input_x));
  }
  sync_threads();

  const int x = first_x + warp_pixel + g;  // of the lane's pixels x and x + 8
  const bool low_inside = x >= 0 && x < args.input.width;
  const bool high_inside = x + 8 >= 0 && x + 8 < args.input.width;
  const int sum_x = first_x + warp_pixel + lane % 16;  // of the output that the lane sums
  const bool early = lane < 16;                        // taps of u = 0, 1, 2
  const bool stores = !early && sum_x >= first_x + kRadius3 &&
                      sum_x < first_x + kRowPixels - kRadius3 && sum_x < args.output.width;
  // Unfinished sums: early lanes those of rows r + 1 and r, late lanes those of r - 1 and r - 2.
  float newer = 0.0f;
  float older = 0.0f;

  FOVEA_NO_UNROLL
  for (int r = first_y - kRadius3; r < end_y + kRadius3; ++r) {
    const uint16_t next = loads ? input_bits(args.input, r + kRadius1 + 1, input_x) : uint16_t{0};
    float* const row_partials = partials + (r & 1) * kPartialWords;
    const bool row_inside = r >= 0 && r < args.input.height;
    if (row_inside) {
      float sums1[srcnn::kTiles1][4];
      multiply_taps<T>(pairs, r, warp_pixel + g, weights1, bias1, last_tap1, sums1);
      float sums2[srcnn::kTiles2][4];
      FOVEA_UNROLL
      for (int j = 0; j < srcnn::kTiles2; ++j) {
        FOVEA_UNROLL
        for (int i = 0; i < 4; ++i) sums2[j][i] = bias2.values[j][i % 2];
      }
      FOVEA_UNROLL
      for (int s = 0; s < srcnn::kSteps2; ++s) {
        uint32_t a[4];
        chain<T>(sums1[2 * s], sums1[2 * s + 1], a);
        FOVEA_UNROLL
        for (int j = 0; j < srcnn::kTiles2; ++j) mma_m16n8k16<T>(sums2[j], a, weights2.words[s][j]);
      }
      float sums3[srcnn::kTiles3][4] = {};
      FOVEA_UNROLL
      for (int s = 0; s < srcnn::kSteps3; ++s) {
        uint32_t a[4];
        chain<T>(sums2[2 * s], sums2[2 * s + 1], a);
        a[0] = low_inside ? a[0] : 0;
        a[1] = high_inside ? a[1] : 0;
        a[2] = low_inside ? a[2] : 0;
        a[3] = high_inside ? a[3] : 0;
        FOVEA_UNROLL
        for (int j = 0; j < srcnn::kTiles3; ++j) mma_m16n8k16<T>(sums3[j], a, weights3.words[s][j]);
      }
      store_partials(sums3, kRadius3 + warp_pixel + g, row_partials);
    }
    if (loads) put_input(pairs + input_slot(r + kRadius1 + 1), thread_index(), next);
    sync_threads();

    float q[3] = {};
    if (row_inside) {
      const float* const column =
          row_partials + warp_pixel + lane % 16 + (early ? 0 : kLateTaps * kPartialPitch);
      FOVEA_UNROLL
      for (int u = 0; u < 2; ++u) q[u] = shifted_sum(column, u);
      if (early) q[2] = shifted_sum(column, 2);
    }
    // Early lanes finish row r with u = 2 and hand it over; late ones finish row r - 2 with u = 4.
    const float finished = older + (early ? q[2] : q[1]);
    const float handed = shuffle(finished, lane % 16);
    older = newer + (early ? q[1] : q[0]);
    newer = early ? q[0] : handed;
    const int y = r - kRadius3;
    if (stores && y >= first_y) {
      MapVector pixel{};
      pixel.words[0] = pack2<T>(finished + bias3, 0.0f);
      row_vectors<T>(args.output, 0, y)[sum_x] = pixel;
    }
  }
}

// ---------------------------------------------------------------------------------------- launch

bool fit(const SrcnnArgs& args) {
  return has_vectors(args.input) && has_vectors(args.output) &&
         same_shape(args.input, args.output) && args.input.channels == 1 &&
         args.weights != nullptr && reinterpret_cast<uintptr_t>(args.weights) % 16 == 0 &&
         args.multiprocessors >= 0 && holds_rows(args.output, args.first_row, args.last_row);
}

// Rows of the input that are read at once.
bool holds_halo(const SrcnnArgs& args) {
  constexpr int64_t kHalo = kRadius1 + kRadius3;
  const int64_t first = args.first_row > kHalo ? args.first_row - kHalo : 0;
  const int64_t last =
      args.last_row + kHalo < args.input.height ? args.last_row + kHalo : args.input.height;
  return holds_rows(args.input, first, last);
}

}  // namespace

CudaError launch_srcnn(const SrcnnArgs& args, Stream stream) {
  constexpr int64_t kMostY = 65535;
  constexpr int64_t kLeastRows = 16;  // with a halo of four
  if (!fit(args)) return kInvalidArgument;
  if (args.first_row == args.last_row) return kSuccess;
  if (!holds_halo(args)) return kInvalidArgument;
  int multiprocessors = args.multiprocessors;
  if (multiprocessors == 0) {
    if (const CudaError error = multiprocessor_count(multiprocessors); error != kSuccess)
      return error;
  }
  const int64_t rows = args.last_row - args.first_row;
  const int64_t strips = (args.output.width + kStripColumns - 1) / kStripColumns;
  // As many blocks as there are multiprocessors, each of which holds one, or whole columns of rows.
  const int64_t wanted = strips < multiprocessors ? multiprocessors / strips : 1;
  int64_t block_rows = (rows + wanted - 1) / wanted;
  if (block_rows < kLeastRows) block_rows = kLeastRows;
  if ((rows + block_rows - 1) / block_rows > kMostY) block_rows = (rows + kMostY - 1) / kMostY;
  LaunchShape shape;
  shape.grid_x = static_cast<unsigned>(strips);
  shape.grid_y = static_cast<unsigned>((rows + block_rows - 1) / block_rows);
  shape.threads = kThreads;
  shape.shared_bytes = kSharedBytes;
  const SrcnnKernelArgs kernel_args{args.input,
                                    args.output,
                                    static_cast<const uint32_t*>(args.weights),
                                    static_cast<int32_t>(args.first_row),
                                    static_cast<int32_t>(args.last_row),
                                    static_cast<int32_t>(block_rows)};
  switch (args.input.type) {
    case ElementType::kF16:
      return launch(srcnn_kernel<Half>, shape, stream, kernel_args);
    case ElementType::kBf16:
      return launch(srcnn_kernel<Bfloat16>, shape, stream, kernel_args);
    case ElementType::kF32:
      break;
  }
  return kInvalidArgument;
}

}  // namespace fovea::cuda
