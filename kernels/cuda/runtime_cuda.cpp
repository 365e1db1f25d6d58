// runtime.h over the CUDA runtime, linked statically: a binary with it starts on a machine without
// a driver, and the first call says so.
#include <cuda.h>
#include <cuda_runtime_api.h>

#include "kernels/cuda/runtime.h"

namespace fovea::cuda {
namespace {

static_assert(sizeof(TensorMap) == sizeof(CUtensorMap));
static_assert(alignof(TensorMap) == alignof(CUtensorMap));

// cuTensorMapEncodeTiled belongs to the driver's library, which is not linked.
using EncodeTiled = CUresult (*)(CUtensorMap*, CUtensorMapDataType, cuuint32_t, void*,
                                 const cuuint64_t*, const cuuint64_t*, const cuuint32_t*,
                                 const cuuint32_t*, CUtensorMapInterleave, CUtensorMapSwizzle,
                                 CUtensorMapL2promotion, CUtensorMapFloatOOBfill);

EncodeTiled find_encode_tiled() {
  void* function = nullptr;
  cudaDriverEntryPointQueryResult found{};
  const cudaError_t error = cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function,
                                                             12000, cudaEnableDefault, &found);
  if (error != cudaSuccess || found != cudaDriverEntryPointSuccess) return nullptr;
  return reinterpret_cast<EncodeTiled>(function);
}

size_t size_of(int64_t bytes) { return static_cast<size_t>(bytes); }

// 0 where the device does not tell.
double attribute(cudaDeviceAttr name, int device) {
  int value = 0;
  return cudaDeviceGetAttribute(&value, name, device) == cudaSuccess ? value : 0;
}

}  // namespace

std::string error_text(CudaError error) {
  return cudaGetErrorString(static_cast<cudaError_t>(error));
}

CudaError device_count(int& count) {
  count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error != cudaSuccess) count = 0;
  return error;
}

CudaError device_properties(int device, DeviceProperties& properties) {
  cudaDeviceProp found{};
  const cudaError_t error = cudaGetDeviceProperties(&found, device);
  if (error != cudaSuccess) return error;
  properties.name = found.name;
  properties.compute_capability = 10 * found.major + found.minor;
  properties.multiprocessors = found.multiProcessorCount;
  properties.memory_bytes = static_cast<int64_t>(found.totalGlobalMem);
  properties.shared_bytes_per_block = static_cast<int64_t>(found.sharedMemPerBlockOptin);
  properties.cache_bytes = found.l2CacheSize;
  properties.clock_rate = 1e3 * attribute(cudaDevAttrClockRate, device);
  // Two transfers a clock.
  properties.memory_rate = 2 * 1e3 * attribute(cudaDevAttrMemoryClockRate, device) *
                           attribute(cudaDevAttrGlobalMemoryBusWidth, device) / 8;
  return cudaSuccess;
}

CudaError set_device(int device) { return cudaSetDevice(device); }

CudaError free_memory(int64_t& free_bytes, int64_t& total_bytes) {
  size_t free = 0;
  size_t total = 0;
  const cudaError_t error = cudaMemGetInfo(&free, &total);
  free_bytes = static_cast<int64_t>(free);
  total_bytes = static_cast<int64_t>(total);
  return error;
}

CudaError allocate(int64_t bytes, void*& memory) { return cudaMalloc(&memory, size_of(bytes)); }
void deallocate(void* memory) { (void)cudaFree(memory); }
CudaError allocate_host(int64_t bytes, void*& memory) {
  return cudaMallocHost(&memory, size_of(bytes));
}
void deallocate_host(void* memory) { (void)cudaFreeHost(memory); }

CudaError create_stream(Stream& stream) {
  return cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
}
void destroy_stream(Stream stream) { (void)cudaStreamDestroy(stream); }
CudaError synchronize(Stream stream) { return cudaStreamSynchronize(stream); }
CudaError copy_to_device(void* device, const void* host, int64_t bytes, Stream stream) {
  return cudaMemcpyAsync(device, host, size_of(bytes), cudaMemcpyHostToDevice, stream);
}
CudaError copy_to_host(void* host, const void* device, int64_t bytes, Stream stream) {
  return cudaMemcpyAsync(host, device, size_of(bytes), cudaMemcpyDeviceToHost, stream);
}
CudaError fill_bytes(void* device, int value, int64_t bytes, Stream stream) {
  return cudaMemsetAsync(device, value, size_of(bytes), stream);
}

CudaError create_event(Event& event) {
  return cudaEventCreateWithFlags(&event, cudaEventDisableTiming);
}
void destroy_event(Event event) { (void)cudaEventDestroy(event); }
CudaError record(Event event, Stream stream) { return cudaEventRecord(event, stream); }
CudaError wait_for(Event event) { return cudaEventSynchronize(event); }
CudaError wait_in_stream(Stream stream, Event event) {
  return cudaStreamWaitEvent(stream, event, cudaEventWaitDefault);
}

CudaError begin_capture(Stream stream) {
  return cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal);
}

CudaError end_capture(Stream stream, GraphExec& graph) {
  graph = nullptr;
  cudaGraph_t captured = nullptr;
  cudaError_t error = cudaStreamEndCapture(stream, &captured);
  if (error != cudaSuccess) return error;
  error = cudaGraphInstantiate(&graph, captured, 0);
  (void)cudaGraphDestroy(captured);
  return error;
}

CudaError launch_graph(GraphExec graph, Stream stream) { return cudaGraphLaunch(graph, stream); }
void destroy_graph(GraphExec graph) { (void)cudaGraphExecDestroy(graph); }

CudaError encode_row_boxes(const DeviceMap& map, int box_pixels, int box_planes,
                           TensorMap& result) {
  static const EncodeTiled encode = find_encode_tiled();
  if (encode == nullptr) return cudaErrorNotSupported;
  if (map.type == ElementType::kF32) return cudaErrorInvalidValue;
  constexpr cuuint32_t kWordsPerPixel = 2;  // 16 bytes as two elements of 8
  const auto pixel_bytes = static_cast<cuuint64_t>(map.pixel_bytes());
  const cuuint64_t sizes[3] = {kWordsPerPixel * static_cast<cuuint64_t>(map.width),
                               static_cast<cuuint64_t>(map.ring_rows),
                               static_cast<cuuint64_t>(map.planes())};
  const cuuint64_t strides[2] = {static_cast<cuuint64_t>(map.row_stride) * pixel_bytes,
                                 static_cast<cuuint64_t>(map.plane_stride) * pixel_bytes};
  const cuuint32_t box[3] = {kWordsPerPixel * static_cast<cuuint32_t>(box_pixels), 1,
                             static_cast<cuuint32_t>(box_planes)};
  const cuuint32_t element_strides[3] = {1, 1, 1};
  const CUresult encoded = encode(
      reinterpret_cast<CUtensorMap*>(&result), CU_TENSOR_MAP_DATA_TYPE_FLOAT64, 3, map.data, sizes,
      strides, box, element_strides, CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_NONE,
      CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  return encoded == CUDA_SUCCESS ? cudaSuccess : cudaErrorInvalidValue;
}

}  // namespace fovea::cuda
