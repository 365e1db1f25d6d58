// What the CUDA backend wants of the runtime, behind names that need no CUDA header: implemented by
// runtime_cuda.cpp over the static CUDA runtime and, for machines without a GPU, by
// tests/emulation over host memory. Nothing here throws or prints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "kernels/cuda/device_map.h"

struct CUstream_st;
struct CUgraphExec_st;
struct CUevent_st;

namespace fovea::cuda {

/// A cudaError_t; 0 is success.
using CudaError = int;
inline constexpr CudaError kSuccess = 0;
/// cudaErrorInvalidValue: what a launcher returns when its arguments break a precondition.
inline constexpr CudaError kInvalidArgument = 1;
using Stream = CUstream_st*;
using GraphExec = CUgraphExec_st*;
using Event = CUevent_st*;

/// A descriptor of the bulk tensor copy engine (CUtensorMap), passed to kernels by value as a
/// __grid_constant__ parameter.
struct alignas(128) TensorMap {
  uint64_t words[16];
};

struct DeviceProperties {
  std::string name;
  int compute_capability = 0;  ///< 10 * major + minor: 75, 80, 86, 89, 90, 100, 120
  int multiprocessors = 0;
  int64_t memory_bytes = 0;
  int64_t shared_bytes_per_block = 0;  ///< with the opt-in
  double clock_rate = 0;               ///< cycles a second, at most
  double memory_rate = 0;              ///< bytes a second that its memory's bus moves
  int64_t cache_bytes = 0;             ///< of the second level
};

/// A word or two on an error, e.g. "out of memory".
std::string error_text(CudaError error);

/// Devices of this machine; 0 with an error when there is no driver or no device.
CudaError device_count(int& count);
CudaError device_properties(int device, DeviceProperties& properties);
/// Makes `device` the calling thread's.
CudaError set_device(int device);
/// Free and total bytes of the calling thread's device.
CudaError free_memory(int64_t& free_bytes, int64_t& total_bytes);

CudaError allocate(int64_t bytes, void*& memory);
void deallocate(void* memory);
/// Page-locked host memory, which copies overlap with kernels.
CudaError allocate_host(int64_t bytes, void*& memory);
void deallocate_host(void* memory);

CudaError create_stream(Stream& stream);
void destroy_stream(Stream stream);
CudaError synchronize(Stream stream);
CudaError copy_to_device(void* device, const void* host, int64_t bytes, Stream stream);
CudaError copy_to_host(void* host, const void* device, int64_t bytes, Stream stream);
CudaError fill_bytes(void* device, int value, int64_t bytes, Stream stream);

/// A mark in a stream's work that the host can wait for.
CudaError create_event(Event& event);
void destroy_event(Event event);
CudaError record(Event event, Stream stream);
CudaError wait_for(Event event);
/// What is enqueued on `stream` from now on waits for what `event` was last recorded behind.
CudaError wait_in_stream(Stream stream, Event event);

/// Everything enqueued on `stream` between the two calls becomes a graph instead of running.
CudaError begin_capture(Stream stream);
CudaError end_capture(Stream stream, GraphExec& graph);
CudaError launch_graph(GraphExec graph, Stream stream);
void destroy_graph(GraphExec graph);

/// The descriptor for boxes of `box_pixels` columns x 1 slot x `box_planes` planes of `map` (f16 or
/// bf16), laid out [plane][pixel][8 channels] in shared memory. Coordinates are {2 * column, slot,
/// plane}: elements are 8 bytes, since an axis of a box holds at most 256 and a row of 8-channel
/// pixels would be more. What lies outside the map is zero, so a row above or below it is asked for
/// as slot -1.
CudaError encode_row_boxes(const DeviceMap& map, int box_pixels, int box_planes, TensorMap& result);

}  // namespace fovea::cuda
