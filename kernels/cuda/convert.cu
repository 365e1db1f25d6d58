// Host rows to device maps and back: map[c / 8][y][x][c % 8] = factor * value(rows[y][x][c]), and
// the reverse with rows[y][x][c] = sample(factor * map[...]). For f32 value and sample are the
// identity, for integers of b bits with m = 2^b - 1: value(s) = s / m (a true division, as training
// code has it), sample(v) = round(m min(max(v, 0), 1)), ties to even.
//
// Rows (H, W, C) f32, u8 or u16 with any pixel and row stride; maps C8-planar f16, bf16 or f32. f32
// arithmetic. The product m v is rounded before it is rounded to an integer, so that samples have
// the bits of the engine's Picture::store_row: what lies between is std::rint, which no compiler
// can contract with the product.
//
// Preconditions: sound map; rows as wide; equal channels; `not_finite` a word of device memory or
// null.
//
// Grid: a thread a vector of 16 bytes of the map, blocks of 256 (vector_grid.cuh). No shared
// memory. A thread's samples are loaded and stored one by one: the 3 samples of neighbouring pixels
// fill the same sectors, which the first-level cache joins on the way in and the second-level one
// on the way out. A picture has at most four channels, so that 4 bytes to 8 of 16 are padding and
// the map is most of the traffic: 16 + 3 bytes a pixel, predicted bound by memory.
//
// Edges: threads behind a row's end leave; padding channels are stored as zero and never read.
// The flag: an atomic where a value is not finite, which costs nothing where all are.
//
// See engine/picture.cpp (load_row, store_row), tests/emulation/test_convert_cuda.cpp.
#include "kernels/cuda/convert.h"

#include <cmath>
#include <limits>
#include <type_traits>

#include "kernels/cuda/element_dispatch.cuh"
#include "kernels/cuda/map_checks.h"
#include "kernels/cuda/vector_grid.cuh"

namespace fovea::cuda {
namespace {

// ---------------------------------------------------------------------------------- device code

template <class Sample>
constexpr float kLargestSample = static_cast<float>(std::numeric_limits<Sample>::max());

template <class Sample>
FOVEA_DEVICE float value_of(Sample sample) {
  if constexpr (std::is_same_v<Sample, float>) return sample;
  return static_cast<float>(sample) / kLargestSample<Sample>;
}

template <class Sample>
FOVEA_DEVICE Sample sample_of(float value) {
  if constexpr (std::is_same_v<Sample, float>) {
    return value;
  } else {
    const float clamped = value > 0.0f ? (value < 1.0f ? value : 1.0f) : 0.0f;
    return static_cast<Sample>(round_to_int(clamped * kLargestSample<Sample>));
  }
}

template <class Sample>
FOVEA_DEVICE Sample* sample_row(const HostRows& rows, int row) {
  const auto slot = static_cast<uint32_t>(row) % static_cast<uint32_t>(rows.ring_rows);
  return static_cast<Sample*>(rows.data) + slot * rows.row_stride;
}

// --------------------------------------------------------------------------------------- kernels

template <class T, class Sample>
FOVEA_KERNEL(kVectorThreads, 4)
void load_rows_kernel(const FOVEA_GRID_CONSTANT ConvertArgs args,
                      const VectorGrid<kVectorThreads> grid) {
  const VectorPlace place = vector_place(grid);
  if (place.index >= grid.row_vectors) return;
  const int channel = first_channel<T>(place);
  const Sample* const samples = sample_row<Sample>(args.rows, place.row) +
                                place.index / kPixelVectors<T> * args.rows.pixel_stride + channel;
  float values[kVectorChannels<T>];
  FOVEA_UNROLL
  for (int i = 0; i < kVectorChannels<T>; ++i)
    values[i] = channel + i < args.map.channels ? value_of(samples[i]) * args.factor : 0.0f;
  row_vectors<T>(args.map, place.plane, place.row)[place.index] = narrow<T>(values);
}

template <class T, class Sample>
FOVEA_KERNEL(kVectorThreads, 4)
void store_rows_kernel(const FOVEA_GRID_CONSTANT ConvertArgs args,
                       const VectorGrid<kVectorThreads> grid) {
  const VectorPlace place = vector_place(grid);
  if (place.index >= grid.row_vectors) return;
  const int channel = first_channel<T>(place);
  Sample* const samples = sample_row<Sample>(args.rows, place.row) +
                          place.index / kPixelVectors<T> * args.rows.pixel_stride + channel;
  float values[kVectorChannels<T>];
  widen<T>(row_vectors<T>(args.map, place.plane, place.row)[place.index], values);
  bool finite = true;
  FOVEA_UNROLL
  for (int i = 0; i < kVectorChannels<T>; ++i) {
    if (channel + i < args.map.channels) {
      const float value = values[i] * args.factor;
      finite = finite && is_finite(value);
      samples[i] = sample_of<Sample>(value);
    }
  }
  if (!finite && args.not_finite != nullptr) atomic_or(args.not_finite, 1u);
}

// ---------------------------------------------------------------------------------------- launch

template <class Visit>
CudaError with_sample_type(SampleType type, Visit visit) {
  switch (type) {
    case SampleType::kF32:
      return visit(float{});
    case SampleType::kU8:
      return visit(uint8_t{});
    case SampleType::kU16:
      return visit(uint16_t{});
  }
  return kInvalidArgument;
}

bool fit(const ConvertArgs& args) {
  const HostRows& rows = args.rows;
  const DeviceMap& map = args.map;
  const auto bytes = static_cast<uintptr_t>(byte_count(rows.type));
  return has_vectors(map) && holds_rows(map, args.first_row, args.last_row) &&
         rows.data != nullptr && reinterpret_cast<uintptr_t>(rows.data) % bytes == 0 &&
         rows.channels == map.channels && rows.pixel_stride >= rows.channels &&
         rows.row_stride / map.width >= rows.pixel_stride &&
         args.last_row - args.first_row <= rows.ring_rows && rows.ring_rows >= 1 &&
         rows.ring_rows <= std::numeric_limits<int32_t>::max();
}

template <bool kLoad>
CudaError launch_conversion(const ConvertArgs& args, Stream stream) {
  if (!fit(args)) return kInvalidArgument;
  if (args.first_row == args.last_row) return kSuccess;
  return with_element_type(args.map.type, [&](auto element) -> CudaError {
    using T = decltype(element);
    VectorGrid<kVectorThreads> grid;
    LaunchShape shape;
    if (!make_vector_grid<T>(args.first_row, args.last_row, args.map.width, args.map.planes(), grid,
                             shape)) {
      return kInvalidArgument;
    }
    return with_sample_type(args.rows.type, [&](auto sample) -> CudaError {
      using Sample = decltype(sample);
      if constexpr (kLoad) return launch(load_rows_kernel<T, Sample>, shape, stream, args, grid);
      return launch(store_rows_kernel<T, Sample>, shape, stream, args, grid);
    });
  });
}

}  // namespace

CudaError launch_load_rows(const ConvertArgs& args, Stream stream) {
  return launch_conversion<true>(args, stream);
}

CudaError launch_store_rows(const ConvertArgs& args, Stream stream) {
  return launch_conversion<false>(args, stream);
}

}  // namespace fovea::cuda
