// Device memory of the benchmark programs, freed at the end of a scope.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

class DeviceMemory {
 public:
  DeviceMemory() = default;
  ~DeviceMemory() { deallocate(memory_); }
  DeviceMemory(DeviceMemory&& other) noexcept : memory_(other.memory_) { other.memory_ = nullptr; }
  DeviceMemory& operator=(DeviceMemory&&) = delete;

  CudaError reserve(int64_t bytes) { return allocate(bytes, memory_); }

  template <class T>
  CudaError upload(const std::vector<T>& values, Stream stream = nullptr) {
    const auto bytes = static_cast<int64_t>(values.size() * sizeof(T));
    if (CudaError error = reserve(bytes)) return error;
    if (CudaError error = copy_to_device(memory_, values.data(), bytes, stream)) return error;
    return synchronize(stream);
  }

  template <class T>
  CudaError download(std::vector<T>& values, Stream stream = nullptr) const {
    const auto bytes = static_cast<int64_t>(values.size() * sizeof(T));
    if (CudaError error = copy_to_host(values.data(), memory_, bytes, stream)) return error;
    return synchronize(stream);
  }

  template <class T = void>
  T* data() const {
    return static_cast<T*>(memory_);
  }

 private:
  void* memory_ = nullptr;
};

}  // namespace fovea::cuda
