#include "kernels/cuda/resize_taps_table.h"

#include <algorithm>
#include <cstring>

#include "engine/resize_taps.h"

namespace fovea::cuda {
namespace {

template <class Value>
void append(std::vector<uint8_t>& bytes, const std::vector<Value>& values) {
  const size_t at = bytes.size();
  bytes.resize(at + values.size() * sizeof(Value));
  std::memcpy(bytes.data() + at, values.data(), values.size() * sizeof(Value));
}

}  // namespace

ResizeTapsTable::ResizeTapsTable(const Resize& resize, int64_t in_length, int64_t out_length)
    : out_length_(out_length), copies_(resize.filter == ResizeFilter::kNearest) {
  const ResizeTaps taps(resize, in_length, out_length);
  std::vector<int32_t> first;
  std::vector<int32_t> count;
  for (int64_t o = 0; o < out_length; ++o) {
    first.push_back(static_cast<int32_t>(taps.first(o)));
    count.push_back(static_cast<int32_t>(taps.last(o) - taps.first(o) + 1));
    most_ = std::max<int64_t>(most_, count.back());
  }
  std::vector<float> weights(static_cast<size_t>(out_length * most_));
  std::vector<double> exact;
  for (int64_t o = 0; o < out_length; ++o) {
    taps.weights(o, exact);
    std::transform(exact.begin(), exact.end(), weights.begin() + o * most_,
                   [](double weight) { return static_cast<float>(weight); });
  }
  append(bytes_, first);
  append(bytes_, count);
  append(bytes_, weights);
}

AxisTaps ResizeTapsTable::at(const void* device) const {
  const auto* const table = static_cast<const int32_t*>(device);
  return {table, table + out_length_, reinterpret_cast<const float*>(table + 2 * out_length_),
          most_, copies_};
}

}  // namespace fovea::cuda
