#include "kernels/cuda/row_staging.h"

#include <algorithm>

namespace fovea::cuda {
namespace {

// Large enough that a copy runs at the bus's full speed, small enough to come soon.
constexpr int64_t kWindowBytes = RowStaging::kMostDeviceBytes / 2;

int64_t row_bytes(int64_t width, int64_t channels) {
  return width * channels * static_cast<int64_t>(sizeof(float));
}

int64_t rows_in_window(int64_t width, int64_t channels) {
  return std::max<int64_t>(1, kWindowBytes / row_bytes(width, channels));
}

}  // namespace

RowStaging::~RowStaging() { release(); }

void RowStaging::release() {
  for (Window& window : windows_) {
    if (window.done != nullptr) {
      (void)wait_for(window.done);
      destroy_event(window.done);
    }
    window = {};
  }
  pending_ = {};
}

int64_t RowStaging::host_bytes(int64_t width, int64_t channels) {
  return 2 * rows_in_window(width, channels) * row_bytes(width, channels);
}

Status RowStaging::prepare(Size size, int64_t channels) {
  size_ = size;
  channels_ = channels;
  row_floats_ = size.width * channels;
  window_rows_ = std::min(rows_in_window(size.width, channels), size.height);
  const int64_t bytes = window_rows_ * row_bytes(size.width, channels);
  for (Window& window : windows_) {
    FOVEA_TRY(wait(window));
    FOVEA_TRY(to_status(window.host.reserve(Buffer::Place::kHost, bytes), "memory for rows"));
    FOVEA_TRY(to_status(window.device.reserve(Buffer::Place::kDevice, bytes), "memory for rows"));
    if (window.done == nullptr) FOVEA_TRY(to_status(create_event(window.done), "making an event"));
  }
  pending_ = {};
  return {};
}

// The first of `rows` that lie in one window without wrapping around.
RowRange RowStaging::window_of(RowRange rows) const {
  const int64_t end = (rows.begin / window_rows_ + 1) * window_rows_;
  return {rows.begin, std::min(end, rows.end)};
}

TensorView RowStaging::view(const Window& window) const {
  return {window.host.data<float>(),
          size_.height,
          size_.width,
          channels_,
          channels_,
          row_floats_,
          window_rows_};
}

ConvertArgs RowStaging::conversion(const Window& window, const DeviceMap& map,
                                   RowRange rows) const {
  return {{window.device.data(), SampleType::kF32, channels_, channels_, row_floats_, window_rows_},
          map,
          nullptr,
          rows.begin,
          rows.end};
}

Status RowStaging::mark(Window& window, Stream stream) {
  FOVEA_TRY(to_status(record(window.done, stream), "marking rows"));
  window.is_used = true;
  return {};
}

Status RowStaging::wait(Window& window) {
  if (!window.is_used) return {};
  window.is_used = false;
  return to_status(wait_for(window.done), "waiting for the device");
}

Status RowStaging::load(RowRange rows, const RowSource& source, const DeviceMap& map,
                        Stream stream) {
  for (RowRange part{rows.begin, 0}; part.begin < rows.end; part.begin = part.end) {
    part = window_of({part.begin, rows.end});
    Window& window = windows_[next_];
    next_ = 1 - next_;
    FOVEA_TRY(wait(window));
    FOVEA_TRY(source(part, view(window)));
    const int64_t first = slot_floats(part.begin);
    FOVEA_TRY(to_status(
        copy_to_device(window.device.data<float>() + first, window.host.data<float>() + first,
                       part.size() * row_bytes(size_.width, channels_), stream),
        "copying rows to the device"));
    FOVEA_TRY(
        to_status(launch_load_rows(conversion(window, map, part), stream), "converting rows"));
    FOVEA_TRY(mark(window, stream));
  }
  return {};
}

Status RowStaging::store(RowRange rows, const RowSink& sink, const DeviceMap& map, Stream stream) {
  for (RowRange part{rows.begin, 0}; part.begin < rows.end; part.begin = part.end) {
    part = window_of({part.begin, rows.end});
    Window& window = windows_[next_];
    FOVEA_TRY(
        to_status(launch_store_rows(conversion(window, map, part), stream), "converting rows"));
    const int64_t first = slot_floats(part.begin);
    FOVEA_TRY(to_status(
        copy_to_host(window.host.data<float>() + first, window.device.data<float>() + first,
                     part.size() * row_bytes(size_.width, channels_), stream),
        "copying rows from the device"));
    FOVEA_TRY(mark(window, stream));
    // While the device fills this window, the host is given the other.
    FOVEA_TRY(finish(sink));
    pending_ = part;
    next_ = 1 - next_;
  }
  return {};
}

Status RowStaging::finish(const RowSink& sink) {
  if (pending_.empty()) return {};
  Window& window = windows_[1 - next_];
  FOVEA_TRY(wait(window));
  const RowRange rows = pending_;
  pending_ = {};
  return sink(rows, view(window));
}

}  // namespace fovea::cuda
