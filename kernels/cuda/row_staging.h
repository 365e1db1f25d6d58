// Rows on their way between the host and maps on the device, a window at a time, so that pictures
// of any size pass through little memory, and in a stream of their own, so that copies overlap with
// kernels. A picture's samples pass as they are, in a byte or two, and the device converts them.
#pragma once

#include "engine/rows.h"
#include "kernels/cuda/convert.h"
#include "kernels/cuda/device_context.h"

namespace fovea::cuda {

/// Two windows of rows, each in page-locked memory and once more on the device: while one is worked
/// on by the device the other is the host's.
class RowStaging {
 public:
  /// Most bytes of the device's memory, unless a single row takes more than a quarter of it: large
  /// enough that a copy runs at the bus's full speed, small enough to come soon.
  static constexpr int64_t kMostDeviceBytes = int64_t{16} << 20;

  /// Windows of `window_bytes`, or of one row where that is more.
  explicit RowStaging(int64_t window_bytes = kMostDeviceBytes / 2) : window_bytes_(window_bytes) {}
  ~RowStaging();
  RowStaging(const RowStaging&) = delete;
  RowStaging& operator=(const RowStaging&) = delete;

  /// Most bytes of the host's memory for rows of `width` pixels of `channels`, of whatever type.
  int64_t host_bytes(int64_t width, int64_t channels) const;

  /// For maps of `size` and `channels`, whose rows are of `type` and, times `factor`, the map's or
  /// what becomes of the map's. kMemory or kDevice.
  Status prepare(Size size, int64_t channels, SampleType type = SampleType::kF32,
                 float factor = 1.0f);

  /// Rows `rows` from `source`, of the type prepared for, into `map`: the last of them may still be
  /// under way when it returns; what is enqueued on `stream` afterwards sees them.
  Status load(RowRange rows, const RowSource& source, const DeviceMap& map, Stream stream);

  /// Rows `rows` of `map`, as `stream` has left them, to `sink`: the last window's may be given
  /// only by the next call or by finish(). `not_finite` as in ConvertArgs.
  Status store(RowRange rows, const RowSink& sink, const DeviceMap& map, uint32_t* not_finite,
               Stream stream);

  /// Gives what is still to be given.
  Status finish(const RowSink& sink);

  /// Forgets it, once no copy is under way.
  void abandon();

  void release();

 private:
  struct Window {
    Buffer host;
    Buffer device;
    Event copied = nullptr;  // the last copy, which uses both
    bool is_copying = false;
    Event converted = nullptr;  // the last kernel, which uses the device's
    bool was_converted = false;
  };

  RowRange window_of(RowRange rows) const;
  TensorView view(const Window& window) const;
  SampleRows samples(const Window& window) const {
    return {window.host.data<uint8_t>(), row_bytes_, window_rows_};
  }
  // Of row y in a window.
  int64_t slot_bytes(int64_t y) const { return y % window_rows_ * row_bytes_; }
  // Between the window's rows on the device and the map's.
  ConvertArgs conversion(const Window& window, const DeviceMap& map, RowRange rows) const;
  // Enqueued on `stream`: the last kernel that uses the window.
  static Status mark_converted(Window& window, Stream stream);
  // Enqueued on copies_: the last copy of the window.
  Status mark_copied(Window& window) const;
  // Until the host's memory is the host's again.
  static Status wait_for_copy(Window& window);

  int64_t window_bytes_;
  Size size_;
  int64_t channels_ = 0;
  SampleType type_ = SampleType::kF32;
  float factor_ = 1.0f;
  int64_t row_bytes_ = 0;
  int64_t window_rows_ = 0;
  Stream copies_ = nullptr;
  Window windows_[2];
  int next_ = 0;        // the window to be used next
  RowRange pending_{};  // rows in the other one that no sink has had
};

}  // namespace fovea::cuda
