#include "kernels/cuda/row_staging.h"

#include <algorithm>

namespace fovea::cuda {
namespace {

int64_t row_bytes(int64_t width, int64_t channels) {
  return width * channels * static_cast<int64_t>(sizeof(float));
}

}  // namespace

RowStaging::~RowStaging() { release(); }

void RowStaging::release() {
  abandon();
  for (Window& window : windows_) {
    if (window.was_converted) (void)wait_for(window.converted);
    for (const Event event : {window.copied, window.converted}) {
      if (event != nullptr) destroy_event(event);
    }
    window = {};
  }
  if (copies_ != nullptr) destroy_stream(copies_);
  copies_ = nullptr;
}

void RowStaging::abandon() {
  if (copies_ != nullptr) (void)synchronize(copies_);
  pending_ = {};
}

int64_t RowStaging::rows_in_window(int64_t width, int64_t channels) const {
  return std::max<int64_t>(1, window_bytes_ / row_bytes(width, channels));
}

int64_t RowStaging::host_bytes(int64_t width, int64_t channels) const {
  return 2 * rows_in_window(width, channels) * row_bytes(width, channels);
}

Status RowStaging::prepare(Size size, int64_t channels) {
  size_ = size;
  channels_ = channels;
  row_floats_ = size.width * channels;
  window_rows_ = std::min(rows_in_window(size.width, channels), size.height);
  const int64_t bytes = window_rows_ * row_bytes(size.width, channels);
  if (copies_ == nullptr) FOVEA_TRY(to_status(create_stream(copies_), "making a stream"));
  for (Window& window : windows_) {
    FOVEA_TRY(wait_for_copy(window));
    for (Event* event : {&window.copied, &window.converted}) {
      if (*event == nullptr) FOVEA_TRY(to_status(create_event(*event), "making an event"));
    }
    FOVEA_TRY(to_status(window.host.reserve(Buffer::Place::kHost, bytes), "memory for rows"));
    FOVEA_TRY(to_status(window.device.reserve(Buffer::Place::kDevice, bytes), "memory for rows"));
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

Status RowStaging::mark_converted(Window& window, Stream stream) {
  window.was_converted = true;
  return to_status(record(window.converted, stream), "marking rows");
}

Status RowStaging::mark_copied(Window& window) const {
  window.is_copying = true;
  return to_status(record(window.copied, copies_), "marking rows");
}

Status RowStaging::wait_for_copy(Window& window) {
  if (!window.is_copying) return {};
  window.is_copying = false;
  return to_status(wait_for(window.copied), "waiting for the device");
}

Status RowStaging::load(RowRange rows, const RowSource& source, const DeviceMap& map,
                        Stream stream) {
  for (RowRange part{rows.begin, 0}; part.begin < rows.end; part.begin = part.end) {
    part = window_of({part.begin, rows.end});
    Window& window = windows_[next_];
    next_ = 1 - next_;
    FOVEA_TRY(wait_for_copy(window));
    FOVEA_TRY(source(part, view(window)));
    if (window.was_converted)
      FOVEA_TRY(to_status(wait_in_stream(copies_, window.converted), "copying rows"));
    const int64_t first = slot_floats(part.begin);
    FOVEA_TRY(to_status(
        copy_to_device(window.device.data<float>() + first, window.host.data<float>() + first,
                       part.size() * row_bytes(size_.width, channels_), copies_),
        "copying rows to the device"));
    FOVEA_TRY(mark_copied(window));
    FOVEA_TRY(to_status(wait_in_stream(stream, window.copied), "converting rows"));
    FOVEA_TRY(
        to_status(launch_load_rows(conversion(window, map, part), stream), "converting rows"));
    FOVEA_TRY(mark_converted(window, stream));
  }
  return {};
}

Status RowStaging::store(RowRange rows, const RowSink& sink, const DeviceMap& map, Stream stream) {
  for (RowRange part{rows.begin, 0}; part.begin < rows.end; part.begin = part.end) {
    part = window_of({part.begin, rows.end});
    // Its copy has been waited for: the host was given its rows before the other window's.
    Window& window = windows_[next_];
    FOVEA_TRY(
        to_status(launch_store_rows(conversion(window, map, part), stream), "converting rows"));
    FOVEA_TRY(mark_converted(window, stream));
    FOVEA_TRY(to_status(wait_in_stream(copies_, window.converted), "copying rows"));
    const int64_t first = slot_floats(part.begin);
    FOVEA_TRY(to_status(
        copy_to_host(window.host.data<float>() + first, window.device.data<float>() + first,
                     part.size() * row_bytes(size_.width, channels_), copies_),
        "copying rows from the device"));
    FOVEA_TRY(mark_copied(window));
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
  FOVEA_TRY(wait_for_copy(window));
  const RowRange rows = pending_;
  pending_ = {};
  return sink(rows, view(window));
}

}  // namespace fovea::cuda
