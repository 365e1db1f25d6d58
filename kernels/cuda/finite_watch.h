// Whether a picture's rounded samples were all made of finite values.
#pragma once

#include "engine/status.h"
#include "kernels/cuda/device_context.h"

namespace fovea::cuda {

/// A word on the device that kernels set where they meet a value that is not finite.
class FiniteWatch {
 public:
  /// Clears the word, behind what is enqueued on `stream`; without `on` there is none.
  Status begin(bool on, Stream stream);

  /// Null where nothing is watched.
  uint32_t* word() const { return is_on_ ? on_device_.data<uint32_t>() : nullptr; }

  /// Waits for `stream`. kNumeric when the word was set.
  Status finish(Stream stream);

  void release();

 private:
  Buffer on_device_;
  Buffer on_host_;
  bool is_on_ = false;
};

}  // namespace fovea::cuda
