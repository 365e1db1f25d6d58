// kernels/cuda/runtime.h over host memory: one device, whose memory is guarded and begins as NaN.
#include <fmt/format.h>

#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "kernels/cuda/runtime.h"
#include "tests/emulation/block.h"
#include "tests/emulation/device_limits.h"
#include "tests/emulation/emulated_launch.h"
#include "tests/emulation/guarded_memory.h"
#include "tests/emulation/tensor_map.h"

using Work = std::function<fovea::cuda::CudaError()>;

struct CUstream_st {
  bool capturing = false;
  std::vector<Work> captured;
  std::deque<Work> waiting;  // where streams are deferred
};

struct CUgraphExec_st {
  std::vector<Work> work;
};

struct CUevent_st {
  std::shared_ptr<bool> done;     // of the last record; null before the first
  CUstream_st* stream = nullptr;  // whose waiting work it stands in while it is not done
};

namespace fovea::emulation {
namespace {

using cuda::CudaError;
using cuda::Stream;

constexpr CudaError kSuccess = 0;
constexpr CudaError kInvalidValue = 1;
constexpr CudaError kOutOfMemory = 2;
constexpr CudaError kInvalidDevice = 101;
constexpr CudaError kIllegalState = 401;

std::recursive_mutex mutex;
int64_t memory_limit = int64_t{1} << 34;
int64_t memory_used = 0;
bool deferred = false;
CUstream_st default_stream;

CUstream_st& of(Stream stream) { return stream ? *stream : default_stream; }

/// Whether device memory holds [memory, memory + bytes); an error otherwise.
bool on_device(const void* memory, int64_t bytes, const char* what) {
  if (bytes >= 0 && in_memory(memory, static_cast<size_t>(bytes), false)) return true;
  add_error(
      fmt::format("{}: {} bytes at {} are not in an allocation", what, bytes, fmt::ptr(memory)));
  return false;
}

// Until `done`, or all of it.
CudaError run_waiting(CUstream_st& stream, const bool* done = nullptr) {
  CudaError first = kSuccess;
  while (!stream.waiting.empty() && (done == nullptr || !*done)) {
    const Work work = std::move(stream.waiting.front());
    stream.waiting.pop_front();
    const CudaError error = work();
    if (first == kSuccess) first = error;
  }
  return first;
}

}  // namespace

CudaError enqueue(Stream stream, Work work) {
  const std::lock_guard lock(mutex);
  CUstream_st& queue = of(stream);
  if (queue.capturing) {
    queue.captured.push_back(std::move(work));
    return kSuccess;
  }
  if (deferred) {
    queue.waiting.push_back(std::move(work));
    return kSuccess;
  }
  return work();
}

void set_memory_limit(int64_t bytes) { memory_limit = bytes; }
int64_t memory_in_use() { return memory_used; }
void set_streams_deferred(bool value) { deferred = value; }

}  // namespace fovea::emulation

namespace fovea::cuda {

using namespace emulation;

std::string error_text(CudaError error) {
  switch (error) {
    case emulation::kSuccess:
      return "no error";
    case kInvalidValue:
      return "invalid argument";
    case kOutOfMemory:
      return "out of memory";
    case 9:
      return "invalid configuration argument";
    case kInvalidDevice:
      return "invalid device ordinal";
    case kIllegalState:
      return "the operation cannot be performed in the present state";
    default:
      return fmt::format("error {}", error);
  }
}

CudaError device_count(int& count) {
  count = 1;
  return 0;
}

CudaError device_properties(int device, DeviceProperties& properties) {
  if (device != 0) return kInvalidDevice;
  properties.name = fmt::format("emulation of compute capability {}.{}", compute_capability() / 10,
                                compute_capability() % 10);
  properties.compute_capability = compute_capability();
  properties.multiprocessors = 4;
  properties.memory_bytes = memory_limit;
  properties.shared_bytes_per_block = static_cast<int64_t>(max_shared_bytes(compute_capability()));
  properties.clock_rate = 1e9;
  properties.memory_rate = 1e11;
  properties.cache_bytes = int64_t{1} << 22;
  return 0;
}

CudaError set_device(int device) { return device == 0 ? 0 : kInvalidDevice; }

CudaError free_memory(int64_t& free_bytes, int64_t& total_bytes) {
  total_bytes = memory_limit;
  free_bytes = std::max<int64_t>(memory_limit - memory_used, 0);
  return 0;
}

CudaError allocate(int64_t bytes, void*& memory) {
  const std::lock_guard lock(mutex);
  memory = nullptr;
  if (bytes < 0) return kInvalidValue;
  if (bytes == 0) return 0;
  if (bytes > memory_limit - memory_used) return kOutOfMemory;
  memory = take_memory(static_cast<size_t>(bytes), false);
  if (!memory) return kOutOfMemory;
  memory_used += bytes;
  return 0;
}

void deallocate(void* memory) {
  const std::lock_guard lock(mutex);
  size_t bytes = 0;
  if (!memory) return;
  if (!give_back_memory(memory, false, bytes)) add_error("deallocate of what was not allocated");
  memory_used -= static_cast<int64_t>(bytes);
}

CudaError allocate_host(int64_t bytes, void*& memory) {
  const std::lock_guard lock(mutex);
  memory = nullptr;
  if (bytes < 0) return kInvalidValue;
  if (bytes == 0) return 0;
  memory = take_memory(static_cast<size_t>(bytes), true);
  return memory ? 0 : kOutOfMemory;
}

void deallocate_host(void* memory) {
  const std::lock_guard lock(mutex);
  size_t bytes = 0;
  if (!memory) return;
  if (!give_back_memory(memory, true, bytes)) {
    add_error("deallocate_host of what was not allocated");
  }
}

CudaError create_stream(Stream& stream) {
  stream = new CUstream_st;
  return 0;
}

void destroy_stream(Stream stream) {
  if (!stream) return;
  run_waiting(*stream);
  delete stream;
}

CudaError synchronize(Stream stream) {
  const std::lock_guard lock(mutex);
  if (of(stream).capturing) return kIllegalState;
  return run_waiting(of(stream));
}

CudaError copy_to_device(void* device, const void* host, int64_t bytes, Stream stream) {
  if (bytes == 0) return 0;
  const std::lock_guard lock(mutex);
  if (!on_device(device, bytes, "copy_to_device")) return kInvalidValue;
  const auto size = static_cast<size_t>(bytes);
  if (in_memory(host, size, true) || of(stream).capturing) {
    return enqueue(stream, [=] {
      std::memcpy(device, host, size);
      return CudaError{0};
    });
  }
  // From ordinary memory the runtime has taken the bytes when the call returns.
  const auto* from = static_cast<const uint8_t*>(host);
  return enqueue(stream, [device, taken = std::vector<uint8_t>(from, from + size)] {
    std::memcpy(device, taken.data(), taken.size());
    return CudaError{0};
  });
}

CudaError copy_to_host(void* host, const void* device, int64_t bytes, Stream stream) {
  if (bytes == 0) return 0;
  const std::lock_guard lock(mutex);
  if (!on_device(device, bytes, "copy_to_host")) return kInvalidValue;
  return enqueue(stream, [=] {
    std::memcpy(host, device, static_cast<size_t>(bytes));
    return CudaError{0};
  });
}

CudaError fill_bytes(void* device, int value, int64_t bytes, Stream stream) {
  if (bytes == 0) return 0;
  const std::lock_guard lock(mutex);
  if (!on_device(device, bytes, "fill_bytes")) return kInvalidValue;
  return enqueue(stream, [=] {
    std::memset(device, value, static_cast<size_t>(bytes));
    return CudaError{0};
  });
}

CudaError create_event(Event& event) {
  event = new CUevent_st;
  return 0;
}

void destroy_event(Event event) { delete event; }

CudaError record(Event event, Stream stream) {
  const std::lock_guard lock(mutex);
  if (!event) return kInvalidValue;
  if (of(stream).capturing) return kIllegalState;
  event->done = std::make_shared<bool>(false);
  event->stream = &of(stream);
  return enqueue(stream, [done = event->done] {
    *done = true;
    return CudaError{0};
  });
}

CudaError wait_for(Event event) {
  const std::lock_guard lock(mutex);
  if (!event) return kInvalidValue;
  return event->done ? run_waiting(*event->stream, event->done.get()) : 0;
}

CudaError wait_in_stream(Stream stream, Event event) {
  const std::lock_guard lock(mutex);
  if (!event) return kInvalidValue;
  if (of(stream).capturing) return kIllegalState;
  if (!event->done) return 0;
  return enqueue(stream, [done = event->done, other = event->stream] {
    return run_waiting(*other, done.get());
  });
}

CudaError begin_capture(Stream stream) {
  const std::lock_guard lock(mutex);
  if (!stream || stream->capturing) return kIllegalState;
  stream->capturing = true;
  stream->captured.clear();
  return 0;
}

CudaError end_capture(Stream stream, GraphExec& graph) {
  const std::lock_guard lock(mutex);
  graph = nullptr;
  if (!stream || !stream->capturing) return kIllegalState;
  stream->capturing = false;
  graph = new CUgraphExec_st{std::move(stream->captured)};
  stream->captured.clear();
  return 0;
}

CudaError launch_graph(GraphExec graph, Stream stream) {
  const std::lock_guard lock(mutex);
  if (!graph) return kInvalidValue;
  for (const Work& work : graph->work) {
    if (const CudaError error = enqueue(stream, work)) return error;
  }
  return 0;
}

void destroy_graph(GraphExec graph) { delete graph; }

CudaError encode_row_boxes(const DeviceMap& map, int box_pixels, int box_planes,
                           TensorMap& result) {
  if (map.type == ElementType::kF32 || box_pixels < 1 || box_planes < 1) return kInvalidValue;
  constexpr int kElementBytes = 8;  // half a pixel of 8 channels
  TensorMapFields fields{};
  fields.base = static_cast<const uint8_t*>(map.data);
  fields.element_bytes = kElementBytes;
  fields.sizes[0] = 2 * map.width;
  fields.sizes[1] = map.ring_rows;
  fields.sizes[2] = map.planes();
  fields.strides[0] = map.row_stride * map.pixel_bytes();
  fields.strides[1] = map.plane_stride * map.pixel_bytes();
  fields.box[0] = 2 * box_pixels;
  fields.box[1] = 1;
  fields.box[2] = box_planes;
  return encode_tensor_map(fields, result);
}

}  // namespace fovea::cuda
