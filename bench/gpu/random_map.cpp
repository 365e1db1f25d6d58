#include "bench/gpu/random_map.h"

#include <algorithm>
#include <random>

#include "kernels/cuda/rounding16.h"

namespace fovea::cuda {
namespace {

// Of no simple ratio to any map's size, and a multiple of a pixel.
constexpr int64_t kBlockValues = kPlaneChannels * 131071;
constexpr uint16_t kPoison = 0xffff;  // NaN in both types
constexpr int64_t kGuardValues = 2048;

float in_unit(std::mt19937& generator) {
  return static_cast<float>(generator() >> 8) * 0x1p-23f - 1.0f;
}

DeviceMap whole_map(ElementType type, int64_t height, int64_t width, int64_t channels,
                    int64_t row_stride) {
  DeviceMap map;
  map.type = type;
  map.height = map.ring_rows = height;
  map.width = width;
  map.channels = channels;
  map.row_stride = row_stride;
  map.plane_stride = height * row_stride;
  return map;
}

}  // namespace

std::vector<float> random_values(ElementType type, int64_t count, float size, uint32_t seed) {
  std::mt19937 generator(seed);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values)
    value = from_16_bits(type, round_to_16_bits(type, size * in_unit(generator)));
  return values;
}

RandomMap::RandomMap(ElementType type, int64_t height, int64_t width, int64_t channels,
                     int64_t row_stride, uint32_t seed)
    : map_(whole_map(type, height, width, channels, row_stride)) {
  const int64_t values = map_.plane_stride * map_.planes() * kPlaneChannels;
  std::mt19937 generator(seed);
  block_.resize(static_cast<size_t>(std::min(kBlockValues, values)));
  for (uint16_t& bits : block_) bits = round_to_16_bits(type, in_unit(generator));
}

uint16_t RandomMap::bits_at(int64_t plane, int64_t pixel, int64_t channel) const {
  if (pixel % map_.row_stride >= map_.width) return kPoison;
  if (plane * kPlaneChannels + channel >= map_.channels) return 0;
  const int64_t index = (plane * map_.plane_stride + pixel) * kPlaneChannels + channel;
  return block_[static_cast<size_t>(index % static_cast<int64_t>(block_.size()))];
}

CudaError RandomMap::upload() {
  const int64_t values = map_.plane_stride * map_.planes() * kPlaneChannels;
  if (CudaError error = memory_.reserve(values * 2)) return error;
  map_.data = memory_.data();
  const auto block = static_cast<int64_t>(block_.size());
  const bool plain = map_.row_stride == map_.width && map_.channels % kPlaneChannels == 0;
  std::vector<uint16_t> made;
  for (int64_t begin = 0; begin < values; begin += block) {
    const int64_t count = std::min(block, values - begin);
    const uint16_t* source = block_.data();
    if (!plain) {
      made.resize(static_cast<size_t>(count));
      for (int64_t i = 0; i < count; i++) {
        const int64_t pixel = (begin + i) / kPlaneChannels;
        made[static_cast<size_t>(i)] =
            bits_at(pixel / map_.plane_stride, pixel % map_.plane_stride, i % kPlaneChannels);
      }
      source = made.data();
    }
    if (CudaError error =
            copy_to_device(memory_.data<uint16_t>() + begin, source, count * 2, nullptr))
      return error;
    if (CudaError error = synchronize(nullptr)) return error;
  }
  return 0;
}

double RandomMap::at(int64_t row, int64_t column, int64_t channel) const {
  if (row < 0 || row >= map_.height || column < 0 || column >= map_.width) return 0.0;
  return from_16_bits(map_.type, bits_at(channel / kPlaneChannels, row * map_.row_stride + column,
                                         channel % kPlaneChannels));
}

PoisonedMap::PoisonedMap(ElementType type, int64_t height, int64_t width, int64_t channels,
                         int64_t row_stride)
    : map_(whole_map(type, height, width, channels, row_stride)) {}

int64_t PoisonedMap::value_count() const {
  return map_.plane_stride * map_.planes() * kPlaneChannels + 2 * kGuardValues;
}

CudaError PoisonedMap::allocate() {
  if (CudaError error = memory_.reserve(value_count() * 2)) return error;
  map_.data = memory_.data<uint16_t>() + kGuardValues;
  return 0;
}

CudaError PoisonedMap::poison(Stream stream) {
  return fill_bytes(memory_.data(), 0xff, value_count() * 2, stream);
}

CudaError PoisonedMap::download(std::vector<uint16_t>& values, Stream stream) const {
  values.resize(static_cast<size_t>(value_count()));
  return memory_.download(values, stream);
}

int64_t PoisonedMap::place(int64_t plane, int64_t row, int64_t column) const {
  const int64_t pixel = plane * map_.plane_stride + row * map_.row_stride + column;
  return kGuardValues + pixel * kPlaneChannels;
}

bool PoisonedMap::guards_intact(const std::vector<uint16_t>& values) const {
  const auto poisoned = [](uint16_t value) { return value == kPoison; };
  if (!std::all_of(values.begin(), values.begin() + kGuardValues, poisoned) ||
      !std::all_of(values.end() - kGuardValues, values.end(), poisoned))
    return false;
  for (int64_t plane = 0; plane < map_.planes(); plane++) {
    for (int64_t row = 0; row < map_.height; row++) {
      const auto begin = values.begin() + place(plane, row, map_.width);
      const int64_t gap = (map_.row_stride - map_.width) * kPlaneChannels;
      if (!std::all_of(begin, begin + gap, poisoned)) return false;
    }
  }
  return true;
}

}  // namespace fovea::cuda
