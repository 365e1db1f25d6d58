#include "kernels/cuda/row_staging.h"

#include <algorithm>

namespace fovea::cuda {

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

int64_t RowStaging::host_bytes(int64_t width, int64_t channels) const {
  return 2 * std::max(window_bytes_, width * channels * byte_count(SampleType::kF32));
}

Status RowStaging::prepare(Size size, int64_t channels, SampleType type, float factor) {
  size_ = size;
  channels_ = channels;
  type_ = type;
  factor_ = factor;
  row_bytes_ = size.width * channels * byte_count(type);
  window_rows_ = std::clamp<int64_t>(window_bytes_ / row_bytes_, 1, size.height);
  const int64_t bytes = window_rows_ * row_bytes_;
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
  return {window.host.data<float>(), size_.height, size_.width, channels_, channels_,
          size_.width * channels_,   window_rows_};
}

ConvertArgs RowStaging::conversion(const Window& window, const DeviceMap& map,
                                   RowRange rows) const {
  return {
      {window.device.data(), type_, channels_, channels_, size_.width * channels_, window_rows_},
      map,
      nullptr,
      rows.begin,
      rows.end,
      factor_};
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
    if (type_ == SampleType::kF32) {
      FOVEA_TRY(source.values(part, view(window)));
    } else {
      source.samples(part, samples(window));
    }
    if (window.was_converted)
      FOVEA_TRY(to_status(wait_in_stream(copies_, window.converted), "copying rows"));
    const int64_t first = slot_bytes(part.begin);
    FOVEA_TRY(to_status(
        copy_to_device(window.device.data<uint8_t>() + first, window.host.data<uint8_t>() + first,
                       part.size() * row_bytes_, copies_),
        "copying rows to the device"));
    FOVEA_TRY(mark_copied(window));
    FOVEA_TRY(to_status(wait_in_stream(stream, window.copied), "converting rows"));
    FOVEA_TRY(
        to_status(launch_load_rows(conversion(window, map, part), stream), "converting rows"));
    FOVEA_TRY(mark_converted(window, stream));
  }
  return {};
}

Status RowStaging::store(RowRange rows, const RowSink& sink, const DeviceMap& map,
                         uint32_t* not_finite, Stream stream) {
  for (RowRange part{rows.begin, 0}; part.begin < rows.end; part.begin = part.end) {
    part = window_of({part.begin, rows.end});
    // Its copy has been waited for: the host was given its rows before the other window's.
    Window& window = windows_[next_];
    ConvertArgs args = conversion(window, map, part);
    args.not_finite = not_finite;
    FOVEA_TRY(to_status(launch_store_rows(args, stream), "converting rows"));
    FOVEA_TRY(mark_converted(window, stream));
    FOVEA_TRY(to_status(wait_in_stream(copies_, window.converted), "copying rows"));
    const int64_t first = slot_bytes(part.begin);
    FOVEA_TRY(to_status(
        copy_to_host(window.host.data<uint8_t>() + first, window.device.data<uint8_t>() + first,
                     part.size() * row_bytes_, copies_),
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
  if (type_ == SampleType::kF32) return sink.values(rows, view(window));
  sink.samples(rows, samples(window));
  return {};
}

}  // namespace fovea::cuda
