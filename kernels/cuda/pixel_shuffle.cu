// Pixel shuffle  y[i r + u, j r + v, c] = x[i, j, c r^2 + u r + v]  and its inverse
// y[i, j, c r^2 + u r + v] = x[i r + u, j r + v, c], 0 <= u, v < r.
//
// Maps C8-planar of 2 or 4 bytes an element, bits untouched. Call "small" the map of (H, W, C r^2)
// and "large" that of (H r, W r, C). Preconditions (pixel_shuffle.h): sound maps of these shapes
// and one type, no overlap, rows of the output.
//
// With E = 16 bytes / element, vector q of the large map holds channels Eq ... Eq + E - 1, which in
// the small map are channels E q r^2 ... E (q + 1) r^2 - 1: exactly its vectors q r^2 ... q r^2 +
// r^2 - 1. So r^2 vectors of a small pixel are a transposition of the vectors q of the r x r large
// pixels that it becomes: a thread does one, r^2 loads, E r^2 moves between registers at places
// known to the compiler, r^2 stores. r = 2, 3, 4 are compiled so; r = 4 holds 16 vectors, 64
// registers, and more factors would not fit. For any other r a thread gathers one vector of the
// output element by element, from E vectors that its neighbours share in the cache.
//
// Grid: a thread a (small pixel, q), for other r a thread an output vector; blocks of 256
// (vector_grid.cuh). No shared memory. Bound by memory: each byte is read once and written once. On
// the large side f16 vectors of neighbouring threads are r vectors apart, half a sector each; the
// second-level cache joins the r stores of a thread.
//
// Edges: vectors that a map does not have are neither loaded nor stored; rows outside the range are
// not stored; elements of channels >= C and >= C r^2 are stored as zero.
//
// See kernels/reference/pixel_shuffle.cpp, tests/emulation/test_pixel_shuffle_cuda.cpp.
#include "kernels/cuda/pixel_shuffle.h"

#include "kernels/cuda/map_checks.h"
#include "kernels/cuda/vector_grid.cuh"
#include "kernels/cuda/vector_lanes.cuh"

namespace fovea::cuda {
namespace {

struct ShuffleKernelArgs {
  DeviceMap input;
  DeviceMap output;
  int32_t factor;
  int32_t first_row;  // of the output
  int32_t last_row;
};

// ---------------------------------------------------------------------------------- device code

/// Vector `vector` of pixel (row, column); zero behind the map's planes.
template <class T>
FOVEA_DEVICE MapVector load_vector(const DeviceMap& map, int vector, int row, int column) {
  if (static_cast<int64_t>(vector) * kVectorChannels<T> >= map.channels) return MapVector{};
  return channel_vectors<T>(map, vector, row)[column * kPixelVectors<T>];
}

/// Stores to vector `vector` of pixel (row, column), where the map has that plane.
template <class T>
FOVEA_DEVICE void store_vector(const DeviceMap& map, int vector, int row, int column,
                               const MapVector& value) {
  const int plane = vector / kPixelVectors<T>;
  if (plane * kPlaneChannels >= map.channels) return;
  channel_vectors<T>(map, vector, row)[column * kPixelVectors<T>] = value;
}

/// `bits`, or zero for a channel that the map does not have.
FOVEA_DEVICE uint32_t masked(const DeviceMap& map, int channel, uint32_t bits) {
  return channel < map.channels ? bits : 0;
}

// --------------------------------------------------------------------------------------- kernels

template <class T, int kFactor>
FOVEA_KERNEL(kVectorThreads, 2)
void shuffle_kernel(const FOVEA_GRID_CONSTANT ShuffleKernelArgs args,
                    const VectorGrid<kVectorThreads> grid) {
  constexpr int kLanes = kVectorChannels<T>;
  constexpr int kArea = kFactor * kFactor;
  const VectorPlace place =
      vector_place(grid);  // of the small map's pixels, the large one's planes
  if (place.index >= grid.row_vectors) return;
  const int large = first_channel<T>(place) / kLanes;
  const int column = place.index / kPixelVectors<T>;
  MapVector in[kArea];
  FOVEA_UNROLL
  for (int n = 0; n < kArea; ++n)
    in[n] = load_vector<T>(args.input, large * kArea + n, place.row, column);
  FOVEA_UNROLL
  for (int u = 0; u < kFactor; ++u) {
    const int row = place.row * kFactor + u;
    if (row < args.first_row || row >= args.last_row) continue;
    FOVEA_UNROLL
    for (int v = 0; v < kFactor; ++v) {
      MapVector out{};
      FOVEA_UNROLL
      for (int lane = 0; lane < kLanes; ++lane) {
        const int from = lane * kArea + u * kFactor + v;
        const uint32_t bits = lane_bits<T>(in[from / kLanes], from % kLanes);
        put_lane<T>(out, lane, masked(args.output, large * kLanes + lane, bits));
      }
      store_vector<T>(args.output, large, row, column * kFactor + v, out);
    }
  }
}

template <class T, int kFactor>
FOVEA_KERNEL(kVectorThreads, 2)
void unshuffle_kernel(const FOVEA_GRID_CONSTANT ShuffleKernelArgs args,
                      const VectorGrid<kVectorThreads> grid) {
  constexpr int kLanes = kVectorChannels<T>;
  constexpr int kArea = kFactor * kFactor;
  const VectorPlace place =
      vector_place(grid);  // of the small map's pixels, the large one's planes
  if (place.index >= grid.row_vectors) return;
  const int large = first_channel<T>(place) / kLanes;
  const int column = place.index / kPixelVectors<T>;
  MapVector in[kArea];
  FOVEA_UNROLL
  for (int n = 0; n < kArea; ++n) {
    in[n] = load_vector<T>(args.input, large, place.row * kFactor + n / kFactor,
                           column * kFactor + n % kFactor);
  }
  FOVEA_UNROLL
  for (int n = 0; n < kArea; ++n) {
    MapVector out{};
    FOVEA_UNROLL
    for (int lane = 0; lane < kLanes; ++lane) {
      const int to = n * kLanes + lane;  // c r^2 + u r + v, from channel first + c
      const uint32_t bits = lane_bits<T>(in[to % kArea], to / kArea);
      put_lane<T>(out, lane, masked(args.output, large * kLanes * kArea + to, bits));
    }
    store_vector<T>(args.output, large * kArea + n, place.row, column, out);
  }
}

template <class T, bool kShuffle>
FOVEA_KERNEL(kVectorThreads, 4)
void gather_kernel(const FOVEA_GRID_CONSTANT ShuffleKernelArgs args,
                   const VectorGrid<kVectorThreads> grid) {
  constexpr int kLanes = kVectorChannels<T>;
  const VectorPlace place = vector_place(grid);
  if (place.index >= grid.row_vectors) return;
  const int first = first_channel<T>(place);
  const int column = place.index / kPixelVectors<T>;
  const int factor = args.factor;
  const int area = factor * factor;
  MapVector out{};
  FOVEA_UNROLL
  for (int lane = 0; lane < kLanes; ++lane) {
    const int channel = first + lane;
    if (channel >= args.output.channels) continue;
    int from_row = place.row / factor;
    int from_column = column / factor;
    int from = channel * area + place.row % factor * factor + column % factor;
    if constexpr (!kShuffle) {
      from_row = place.row * factor + channel % area / factor;
      from_column = column * factor + channel % factor;
      from = channel / area;
    }
    const MapVector* const vector =
        channel_vectors<T>(args.input, from / kLanes, from_row) + from_column * kPixelVectors<T>;
    put_lane<T>(out, lane, reinterpret_cast<const T*>(vector)[from % kLanes]);
  }
  row_vectors<T>(args.output, place.plane, place.row)[place.index] = out;
}

// ---------------------------------------------------------------------------------------- launch

// What stands for an element of that size: bits are moved.
using TwoBytes = uint16_t;
using FourBytes = uint32_t;

template <class T, bool kShuffle>
CudaError launch_shuffle(const PixelShuffleArgs& args, Stream stream) {
  const int64_t factor = args.factor;
  const ShuffleKernelArgs kernel_args{args.input, args.output, static_cast<int32_t>(factor),
                                      static_cast<int32_t>(args.first_row),
                                      static_cast<int32_t>(args.last_row)};
  VectorGrid<kVectorThreads> grid;
  LaunchShape shape;
  if (factor < 2 || factor > 4) {
    if (!make_vector_grid<T>(args.first_row, args.last_row, args.output.width, args.output.planes(),
                             grid, shape)) {
      return kInvalidArgument;
    }
    return launch(gather_kernel<T, kShuffle>, shape, stream, kernel_args, grid);
  }
  const DeviceMap& small = kShuffle ? args.input : args.output;
  const DeviceMap& large = kShuffle ? args.output : args.input;
  const int64_t first_row = kShuffle ? args.first_row / factor : args.first_row;
  const int64_t last_row = kShuffle ? (args.last_row + factor - 1) / factor : args.last_row;
  if (!make_vector_grid<T>(first_row, last_row, small.width, large.planes(), grid, shape))
    return kInvalidArgument;
  const auto kernel = [&] {
    if (factor == 2) return kShuffle ? shuffle_kernel<T, 2> : unshuffle_kernel<T, 2>;
    if (factor == 3) return kShuffle ? shuffle_kernel<T, 3> : unshuffle_kernel<T, 3>;
    return kShuffle ? shuffle_kernel<T, 4> : unshuffle_kernel<T, 4>;
  }();
  return launch(kernel, shape, stream, kernel_args, grid);
}

template <bool kShuffle>
bool fit(const PixelShuffleArgs& args) {
  constexpr int64_t kMostFactor = 32767;  // its square is below the channels that a map may have
  const DeviceMap& small = kShuffle ? args.input : args.output;
  const DeviceMap& large = kShuffle ? args.output : args.input;
  const int64_t r = args.factor;
  if (!has_vectors(small) || !has_vectors(large) || small.type != large.type || r < 1 ||
      r > kMostFactor || small.channels != large.channels * r * r ||
      large.height != small.height * r || large.width != small.width * r) {
    return false;
  }
  const int64_t first = kShuffle ? args.first_row / r : args.first_row * r;
  const int64_t last = kShuffle ? (args.last_row + r - 1) / r : args.last_row * r;
  return holds_rows(args.output, args.first_row, args.last_row) &&
         holds_rows(args.input, first, last);
}

template <bool kShuffle>
CudaError launch_checked(const PixelShuffleArgs& args, Stream stream) {
  if (!fit<kShuffle>(args)) return kInvalidArgument;
  if (args.first_row == args.last_row) return kSuccess;
  return element_bytes(args.output.type) == 2 ? launch_shuffle<TwoBytes, kShuffle>(args, stream)
                                              : launch_shuffle<FourBytes, kShuffle>(args, stream);
}

}  // namespace

CudaError launch_pixel_shuffle(const PixelShuffleArgs& args, Stream stream) {
  return launch_checked<true>(args, stream);
}

CudaError launch_pixel_unshuffle(const PixelShuffleArgs& args, Stream stream) {
  return launch_checked<false>(args, stream);
}

}  // namespace fovea::cuda
