// Rows on their way between the engine's views on the host and maps on the device, a window at a
// time, so that pictures of any size pass through little memory and copies overlap with kernels.
#pragma once

#include "engine/executor.h"
#include "kernels/cuda/convert.h"
#include "kernels/cuda/device_context.h"

namespace fovea::cuda {

/// Two windows of rows, each in page-locked memory and once more on the device: while one is worked
/// on by the device the other is the host's.
class RowStaging {
 public:
  ~RowStaging();
  RowStaging() = default;
  RowStaging(const RowStaging&) = delete;
  RowStaging& operator=(const RowStaging&) = delete;

  /// Most bytes of the device's memory, unless a single row takes more than a quarter of it.
  static constexpr int64_t kMostDeviceBytes = int64_t{16} << 20;

  /// Bytes of the host's memory for rows of `width` pixels of `channels`.
  static int64_t host_bytes(int64_t width, int64_t channels);

  /// For maps of `size` and `channels`. kMemory or kDevice.
  Status prepare(Size size, int64_t channels);

  /// Rows `rows` from `source` into `map`: the last of them may still be under way when it returns.
  Status load(RowRange rows, const RowSource& source, const DeviceMap& map, Stream stream);

  /// Rows `rows` of `map` to `sink`: the last window's may be given only by the next call or by
  /// finish().
  Status store(RowRange rows, const RowSink& sink, const DeviceMap& map, Stream stream);

  /// Gives what is still to be given.
  Status finish(const RowSink& sink);

  /// Forgets it.
  void abandon() { pending_ = {}; }

  void release();

 private:
  struct Window {
    Buffer host;
    Buffer device;
    Event done = nullptr;
    bool is_used = false;  // by work that `done` marks the end of
  };

  RowRange window_of(RowRange rows) const;
  TensorView view(const Window& window) const;
  int64_t slot_floats(int64_t y) const { return y % window_rows_ * row_floats_; }
  // Between the window's rows on the device and the map's.
  ConvertArgs conversion(const Window& window, const DeviceMap& map, RowRange rows) const;
  // What has been enqueued is the last that uses the window.
  static Status mark(Window& window, Stream stream);
  static Status wait(Window& window);

  Size size_;
  int64_t channels_ = 0;
  int64_t row_floats_ = 0;
  int64_t window_rows_ = 0;
  Window windows_[2];
  int next_ = 0;        // the window to be used next
  RowRange pending_{};  // rows in the other one that no sink has had
};

}  // namespace fovea::cuda
