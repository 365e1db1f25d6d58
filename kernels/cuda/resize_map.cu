// Separable resampling, rows first:
//   y[i,j,c] = sum_v wx[j,v] s[i, fx[j] + v, c],  s[i,x,c] = sum_u wy[i,u] x[fy[i] + u, x, c],
// with the taps (f, w) of engine/resize_taps.h: nearest, bilinear, bicubic, Lanczos3, borders
// clamped and kernels stretched in the tables. Nearest is a copy of bits.
//
// Maps (H, W, C) C8-planar f16, bf16 or f32; weights and sums f32, added from the first tap on,
// rounded once at the store. s stays in f32 on the chip.
//
// Preconditions (resize_map.h): sound maps of equal channels and one type, no overlap; tables for
// the heights and the widths of these maps; rows of the output. The rows that the taps read are in
// the input's ring.
//
// Grid: blocks (output rows x pieces of a row, planes) of 128 threads, a thread an output vector of
// E = 16 bytes / element channels. The columns that a block's outputs read are walked in chunks of
// 256 from the left: (1) the threads sum the chunk's vectors over the rows into shared memory,
// (2) each adds to its output what its taps have in the chunk. An enlargement takes one chunk
// (128/2 + 6 columns for x2); a reduction by any factor takes more, and no more memory.
//
// Shared memory: 256 columns x 8 channels x 4 bytes = 8 KB, as E / 4 planes of 16-byte quarters, so
// that neighbouring threads read neighbouring quarters. 8 blocks of 128 a multiprocessor fit at 64
// registers. Every output row sums its own input rows, of which its neighbours read most again:
// from the cache, not from memory. An enlargement by f reads 1/f^2 of what it writes and is
// predicted bound by memory: a plane of 1080p in f16 is 33 MB, 8 us on an H200. Not measured.
//
// Edges: columns behind a chunk's end are not summed; threads behind a row's end take part in (1)
// and the barriers and store nothing; padding channels are stored as zero. A row's bits depend on
// its own taps alone, whatever rows it is computed with.
//
// See kernels/reference/resize.cpp, kernels/cuda/resize_taps_table.cpp,
// tests/emulation/test_resize_cuda.cpp.
#include "kernels/cuda/resize_map.h"

#include "kernels/cuda/element_dispatch.cuh"
#include "kernels/cuda/map_checks.h"
#include "kernels/cuda/vector_grid.cuh"
#include "kernels/cuda/vector_lanes.cuh"

namespace fovea::cuda {
namespace {

constexpr int kThreads = 128;
constexpr int kChunkColumns = 256;
constexpr int kQuarterFloats = 4;  // of a 16-byte access
constexpr int kSharedBytes = kChunkColumns * static_cast<int>(kPlaneChannels) * 4;

struct alignas(16) Quarter {
  float values[kQuarterFloats];
};

// ---------------------------------------------------------------------------------- device code

/// s of input vectors [0, count) from `column` on: quarter q of vector n at sums[q * pitch + n].
template <class T>
FOVEA_DEVICE void sum_rows(const ResizeArgs& args, int row, int plane, int column, int count,
                           Quarter* sums) {
  constexpr int kLanes = kVectorChannels<T>;
  constexpr int kPitch = kChunkColumns * kPixelVectors<T>;
  const int first = args.lines.first[row];
  const int taps = args.lines.count[row];
  const float* const weights = args.lines.weights + row * args.lines.most;
  for (int n = thread_index(); n < count; n += kThreads) {
    float sum[kLanes] = {};
    for (int u = 0; u < taps; ++u) {
      float x[kLanes];
      widen<T>(row_vectors<T>(args.input, plane, first + u)[column * kPixelVectors<T> + n], x);
      const float weight = weights[u];
      FOVEA_UNROLL
      for (int i = 0; i < kLanes; ++i) sum[i] = multiply_add(weight, x[i], sum[i]);
    }
    FOVEA_UNROLL
    for (int q = 0; q < kLanes / kQuarterFloats; ++q)
      std::memcpy(sums[q * kPitch + n].values, sum + q * kQuarterFloats, sizeof(Quarter));
  }
}

/// Adds the taps of output column `x` that lie in columns [begin, end) to `sum`.
template <class T>
FOVEA_DEVICE void add_columns(const AxisTaps& taps, int x, int part, int begin, int end,
                              const Quarter* sums, float (&sum)[kVectorChannels<T>]) {
  constexpr int kLanes = kVectorChannels<T>;
  constexpr int kPitch = kChunkColumns * kPixelVectors<T>;
  const int first = taps.first[x];
  const int last = first + taps.count[x];
  const float* const weights = taps.weights + x * taps.most;
  for (int v = first < begin ? begin : first; v < (last < end ? last : end); ++v) {
    const float weight = weights[v - first];
    const int n = (v - begin) * kPixelVectors<T> + part;
    FOVEA_UNROLL
    for (int q = 0; q < kLanes / kQuarterFloats; ++q) {
      const Quarter quarter = sums[q * kPitch + n];
      FOVEA_UNROLL
      for (int i = 0; i < kQuarterFloats; ++i)
        sum[q * kQuarterFloats + i] =
            multiply_add(weight, quarter.values[i], sum[q * kQuarterFloats + i]);
    }
  }
}

// --------------------------------------------------------------------------------------- kernels

template <class T>
FOVEA_KERNEL(kThreads, 8)
void resize_kernel(const FOVEA_GRID_CONSTANT ResizeArgs args, const VectorGrid<kThreads> grid) {
  constexpr int kLanes = kVectorChannels<T>;
  auto* const sums = reinterpret_cast<Quarter*>(dynamic_shared());
  const VectorPlace place = vector_place(grid);
  const int piece = place.index - thread_index();  // the block's first vector
  const int behind = piece + kThreads < grid.row_vectors ? piece + kThreads : grid.row_vectors;
  const int first_x = piece / kPixelVectors<T>;
  const int last_x = (behind - 1) / kPixelVectors<T>;
  const int end = args.columns.first[last_x] + args.columns.count[last_x];

  const bool stores = place.index < grid.row_vectors;
  const int x = place.index / kPixelVectors<T>;
  const int part = place.index % kPixelVectors<T>;
  float sum[kLanes] = {};
  for (int begin = args.columns.first[first_x]; begin < end; begin += kChunkColumns) {
    const int chunk_end = begin + kChunkColumns < end ? begin + kChunkColumns : end;
    sum_rows<T>(args, place.row, place.plane, begin, (chunk_end - begin) * kPixelVectors<T>, sums);
    sync_threads();
    if (stores) add_columns<T>(args.columns, x, part, begin, chunk_end, sums, sum);
    sync_threads();
  }
  if (!stores) return;
  const int channel = first_channel<T>(place);
  FOVEA_UNROLL
  for (int i = 0; i < kLanes; ++i) sum[i] = channel + i < args.output.channels ? sum[i] : 0.0f;
  row_vectors<T>(args.output, place.plane, place.row)[place.index] = narrow<T>(sum);
}

template <class T>
FOVEA_KERNEL(kVectorThreads, 4)
void nearest_kernel(const FOVEA_GRID_CONSTANT ResizeArgs args,
                    const VectorGrid<kVectorThreads> grid) {
  const VectorPlace place = vector_place(grid);
  if (place.index >= grid.row_vectors) return;
  const int from_row = args.lines.first[place.row];
  const int from = args.columns.first[place.index / kPixelVectors<T>] * kPixelVectors<T> +
                   place.index % kPixelVectors<T>;
  const MapVector vector = row_vectors<T>(args.input, place.plane, from_row)[from];
  row_vectors<T>(args.output, place.plane, place.row)[place.index] =
      first_lanes<T>(vector, args.output.channels - first_channel<T>(place));
}

// ---------------------------------------------------------------------------------------- launch

bool are_sound(const AxisTaps& taps) {
  return taps.first != nullptr && taps.count != nullptr && taps.weights != nullptr &&
         taps.most >= 1;
}

}  // namespace

CudaError launch_resize(const ResizeArgs& args, Stream stream) {
  const DeviceMap& output = args.output;
  if (!has_vectors(args.input) || !has_vectors(output) || args.input.type != output.type ||
      args.input.channels != output.channels || !are_sound(args.lines) ||
      !are_sound(args.columns) || !holds_rows(output, args.first_row, args.last_row)) {
    return kInvalidArgument;
  }
  if (args.first_row == args.last_row) return kSuccess;
  return with_element_type(output.type, [&](auto element) -> CudaError {
    using T = decltype(element);
    LaunchShape shape;
    if (args.lines.copies && args.columns.copies) {
      VectorGrid<kVectorThreads> grid;
      if (!make_vector_grid<T>(args.first_row, args.last_row, output.width, output.planes(), grid,
                               shape)) {
        return kInvalidArgument;
      }
      return launch(nearest_kernel<T>, shape, stream, args, grid);
    }
    VectorGrid<kThreads> grid;
    if (!make_vector_grid<T>(args.first_row, args.last_row, output.width, output.planes(), grid,
                             shape)) {
      return kInvalidArgument;
    }
    shape.shared_bytes = kSharedBytes;
    return launch(resize_kernel<T>, shape, stream, args, grid);
  });
}

}  // namespace fovea::cuda
