// Copies channels: y[i,j,b+k] = x[i,j,a+k] for 0 <= k < n; any a, b and n.
//
// Maps (H, W, C) C8-planar of 2 or 4 bytes an element, bits untouched. Preconditions
// (copy_channels.h): sound maps of one size and type, no overlap, channels and rows of the maps.
//
// Grid: a thread a vector of E = 16 bytes / element of the output, in the planes that hold channels
// b ... b+n-1; blocks of 256 (vector_grid.cuh). No shared memory. Output vector q needs the
// elements Eq - b + a + (0 ... E-1) of x: with s = (a - b) mod E they lie in two vectors of x (one
// for s = 0), which are loaded whole and shifted by s elements. s is a template parameter, so that
// the shift is a choice of registers; 2 x E kernels, a dozen instructions each. Bound by memory: 16
// to 32 bytes in (neighbours' halves come from the cache), 16 out.
//
// Edges: a vector of which only a part is written is read first, by the thread that writes it: two
// copies into one plane, one after the other, add up. The last plane's channels beyond C become
// zero.
//
// See kernels/reference/pointwise.cpp (concat, slice), tests/emulation/test_copy_channels_cuda.cpp.
#include "kernels/cuda/copy_channels.h"

#include <array>
#include <utility>

#include "kernels/cuda/map_checks.h"
#include "kernels/cuda/vector_grid.cuh"
#include "kernels/cuda/vector_lanes.cuh"

namespace fovea::cuda {
namespace {

struct CopyKernelArgs {
  DeviceMap input;
  DeviceMap output;
  int32_t first_plane;     // of the output
  int32_t first_vector;    // of the input: the one with its first copied channel
  int32_t last_vector;     // the one with its last
  int32_t vector_offset;   // input vector less output vector
  int32_t output_channel;  // [output_channel, output_end)
  int32_t output_end;
};

// ---------------------------------------------------------------------------------------- kernel

template <class T, int kShift>
FOVEA_KERNEL(kVectorThreads, 4)
void copy_channels_kernel(const FOVEA_GRID_CONSTANT CopyKernelArgs args,
                          const VectorGrid<kVectorThreads> grid) {
  constexpr int kLanes = kVectorChannels<T>;
  VectorPlace place = vector_place(grid);
  if (place.index >= grid.row_vectors) return;
  place.plane += args.first_plane;
  const int channel = first_channel<T>(place);
  const int pixel = place.index / kPixelVectors<T> * kPixelVectors<T>;

  MapVector sources[2] = {};
  FOVEA_UNROLL
  for (int n = 0; n < (kShift == 0 ? 1 : 2); ++n) {
    const int vector = channel / kLanes + args.vector_offset + n;
    if (vector >= args.first_vector && vector <= args.last_vector)
      sources[n] = channel_vectors<T>(args.input, vector, place.row)[pixel];
  }

  MapVector* const to = row_vectors<T>(args.output, place.plane, place.row) + place.index;
  const bool whole = channel >= args.output_channel && channel + kLanes <= args.output_end;
  const MapVector before = whole ? MapVector{} : *to;
  MapVector result{};
  FOVEA_UNROLL
  for (int lane = 0; lane < kLanes; ++lane) {
    const int c = channel + lane;
    const int from = lane + kShift;
    uint32_t bits = lane_bits<T>(sources[from / kLanes], from % kLanes);
    if (c < args.output_channel || c >= args.output_end)
      bits = c < args.output.channels ? lane_bits<T>(before, lane) : 0;
    put_lane<T>(result, lane, bits);
  }
  *to = result;
}

// ---------------------------------------------------------------------------------------- launch

// What stands for an element of that size: bits are copied.
using TwoBytes = uint16_t;
using FourBytes = uint32_t;

template <class T, size_t... kShifts>
constexpr auto kernels_by_shift(std::index_sequence<kShifts...>) {
  return std::array{&copy_channels_kernel<T, static_cast<int>(kShifts)>...};
}

template <class T>
CudaError launch_shifted(const CopyChannelsArgs& args, Stream stream) {
  constexpr int64_t kLanes = kVectorChannels<T>;
  constexpr auto kKernels = kernels_by_shift<T>(std::make_index_sequence<kLanes>());
  const int64_t output_end = args.output_channel + args.count;
  const int64_t first_plane = args.output_channel / kPlaneChannels;
  const int64_t planes = planes_of(output_end) - first_plane;
  VectorGrid<kVectorThreads> grid;
  LaunchShape shape;
  if (!make_vector_grid<T>(args.first_row, args.last_row, args.output.width, planes, grid, shape))
    return kInvalidArgument;
  const int64_t difference = args.input_channel - args.output_channel;
  const int64_t shift = ((difference % kLanes) + kLanes) % kLanes;
  const CopyKernelArgs kernel_args{
      args.input,
      args.output,
      static_cast<int32_t>(first_plane),
      static_cast<int32_t>(args.input_channel / kLanes),
      static_cast<int32_t>((args.input_channel + args.count - 1) / kLanes),
      static_cast<int32_t>((difference - shift) / kLanes),
      static_cast<int32_t>(args.output_channel),
      static_cast<int32_t>(output_end)};
  return launch(kKernels[static_cast<size_t>(shift)], shape, stream, kernel_args, grid);
}

bool has_channels(const DeviceMap& map, int64_t first, int64_t count) {
  return first >= 0 && count >= 1 && first < map.channels && count <= map.channels - first;
}

}  // namespace

CudaError launch_copy_channels(const CopyChannelsArgs& args, Stream stream) {
  const DeviceMap& input = args.input;
  const DeviceMap& output = args.output;
  if (!has_vectors(input) || !has_vectors(output) || input.height != output.height ||
      input.width != output.width || input.type != output.type ||
      !has_channels(input, args.input_channel, args.count) ||
      !has_channels(output, args.output_channel, args.count) ||
      !holds_rows(input, args.first_row, args.last_row) ||
      !holds_rows(output, args.first_row, args.last_row)) {
    return kInvalidArgument;
  }
  if (args.first_row == args.last_row) return kSuccess;
  return element_bytes(output.type) == 2 ? launch_shifted<TwoBytes>(args, stream)
                                         : launch_shifted<FourBytes>(args, stream);
}

}  // namespace fovea::cuda
