// Values in memory of the emulated device: a kernel that reads beside them is told.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "kernels/cuda/runtime.h"

namespace fovea::test {

template <class T>
class DeviceCopy {
 public:
  explicit DeviceCopy(const std::vector<T>& values) {
    const auto bytes = static_cast<int64_t>(values.size() * sizeof(T));
    void* memory = nullptr;
    EXPECT_EQ(cuda::allocate(bytes, memory), 0);
    memory_.reset(static_cast<T*>(memory));
    EXPECT_EQ(cuda::copy_to_device(memory, values.data(), bytes, nullptr), 0);
    EXPECT_EQ(cuda::synchronize(nullptr), 0);
  }

  const T* data() const { return memory_.get(); }

 private:
  struct Deallocate {
    void operator()(T* memory) const { cuda::deallocate(memory); }
  };
  std::unique_ptr<T, Deallocate> memory_;
};

}  // namespace fovea::test
