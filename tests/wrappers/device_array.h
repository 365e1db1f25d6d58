// An array in device memory for the cases, and comparison of what comes back.
#pragma once

#include <bit>
#include <cstring>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// The parts' texts in a row. (No library but the standard one: the cases also run on machines that
/// have a GPU and little else.)
template <class... Parts>
std::string text_of(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

/// Begins as bytes of 0xff (NaN). The first error of the runtime stays.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(size_t count) : count_(count) {
    note(allocate(bytes(), memory_));
    if (memory_) note(fill_bytes(memory_, 0xff, bytes(), nullptr));
  }
  explicit DeviceArray(std::span<const T> values) : DeviceArray(values.size()) {
    if (memory_) note(copy_to_device(memory_, values.data(), bytes(), nullptr));
  }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(std::span<const T>(values)) {}
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  ~DeviceArray() { deallocate(memory_); }

  T* data() { return static_cast<T*>(memory_); }
  CudaError error() const { return error_; }

  /// What is there once the launches before have run.
  std::vector<T> read() {
    std::vector<T> values(count_);
    if (memory_) note(copy_to_host(values.data(), memory_, bytes(), nullptr));
    note(synchronize(nullptr));
    return values;
  }

 private:
  int64_t bytes() const { return static_cast<int64_t>(count_ * sizeof(T)); }
  void note(CudaError error) {
    if (error_ == 0) error_ = error;
  }

  size_t count_;
  void* memory_ = nullptr;
  CudaError error_ = 0;
};

inline std::string failed(CudaError error) {
  return error == 0 ? "" : "the runtime says: " + error_text(error);
}

/// The first place where the values differ as bits, or "".
template <class T>
std::string difference(const std::vector<T>& found, const std::vector<T>& expected,
                       const std::string& what) {
  if (found.size() != expected.size()) {
    return text_of(what, ": ", found.size(), " values instead of ", expected.size());
  }
  for (size_t i = 0; i < found.size(); i++) {
    if (std::memcmp(&found[i], &expected[i], sizeof(T)) != 0) {
      return text_of(what, "[", i, "] is ", found[i], ", not ", expected[i]);
    }
  }
  return "";
}

/// The runtime's error, or the difference.
template <class T>
std::string verdict(CudaError launched, DeviceArray<T>& array, const std::vector<T>& expected,
                    const std::string& what) {
  if (launched != 0) return failed(launched);
  const std::vector<T> found = array.read();
  if (array.error() != 0) return failed(array.error());
  return difference(found, expected, what);
}

}  // namespace fovea::cuda
