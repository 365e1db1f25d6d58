// What the steps and executors of one CUDA backend share: the device, its stream, memory on it, and
// errors as values.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/status.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// Success, or kMemory where the device had none left, else kDevice, saying what was tried.
Status to_status(CudaError error, std::string_view tried);

/// A device opened for one backend: maps are of `type`, work goes into `stream`.
class DeviceContext {
 public:
  /// kDevice when there is no such device or it cannot be used.
  static Result<std::shared_ptr<const DeviceContext>> open(int device, ElementType type);
  ~DeviceContext();
  DeviceContext(const DeviceContext&) = delete;
  DeviceContext& operator=(const DeviceContext&) = delete;

  int device() const { return device_; }
  const DeviceProperties& properties() const { return properties_; }
  ElementType type() const { return type_; }
  Stream stream() const { return stream_; }

  /// Makes the device the calling thread's: before any other call on a thread.
  Status make_current() const;

 private:
  DeviceContext(int device, ElementType type) : device_(device), type_(type) {}

  int device_;
  ElementType type_;
  DeviceProperties properties_;
  Stream stream_ = nullptr;
};

/// Memory on the calling thread's device, or page-locked on the host.
class Buffer {
 public:
  enum class Place { kDevice, kHost };

  Buffer() = default;
  ~Buffer() { release(); }
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;

  /// At least `bytes`, of any contents; what was there is lost where that is more than before.
  CudaError reserve(Place place, int64_t bytes);
  void release();

  template <class T = void>
  T* data() const {
    return static_cast<T*>(memory_);
  }
  int64_t bytes() const { return bytes_; }

 private:
  Place place_ = Place::kDevice;
  void* memory_ = nullptr;
  int64_t bytes_ = 0;
};

/// `bytes` in device memory. kMemory or kDevice.
Result<Buffer> upload(const DeviceContext& context, std::span<const uint8_t> bytes);

/// `values` as f32, filled up with zeros to whole planes.
Result<Buffer> upload_channels(const DeviceContext& context, const std::vector<float>& values,
                               int64_t channels);

}  // namespace fovea::cuda
