// Feature maps of random values in device memory, whose values the host can name.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/gpu/device_memory.h"
#include "kernels/cuda/device_map.h"

namespace fovea::cuda {

/// A map of random values in [-1, 1): one block of them over and over, so that gigabytes are made
/// in no time. Channels that fill up the last plane are zero, pixels between rows NaN.
class RandomMap {
 public:
  RandomMap(ElementType type, int64_t height, int64_t width, int64_t channels, int64_t row_stride,
            uint32_t seed);

  CudaError upload();
  const DeviceMap& map() const { return map_; }
  /// The value, as it was rounded to the map's type; zero outside of the map.
  double at(int64_t row, int64_t column, int64_t channel) const;

 private:
  uint16_t bits_at(int64_t plane, int64_t pixel, int64_t channel) const;

  DeviceMap map_;
  DeviceMemory memory_;
  std::vector<uint16_t> block_;
};

/// A map that a kernel writes, between guard bytes, full of NaN.
class PoisonedMap {
 public:
  PoisonedMap(ElementType type, int64_t height, int64_t width, int64_t channels,
              int64_t row_stride);

  CudaError allocate();
  CudaError poison(Stream stream);
  const DeviceMap& map() const { return map_; }

  /// What lies in device memory, as 16-bit values with the guards around them.
  CudaError download(std::vector<uint16_t>& values, Stream stream) const;
  /// Place in those values of channel 0 of a pixel.
  int64_t place(int64_t plane, int64_t row, int64_t column) const;
  /// Whether nothing but pixels of the map was written.
  bool guards_intact(const std::vector<uint16_t>& values) const;

 private:
  int64_t value_count() const;

  DeviceMap map_;
  DeviceMemory memory_;
};

/// Values in [-1, 1) times `size`, rounded to `type`.
std::vector<float> random_values(ElementType type, int64_t count, float size, uint32_t seed);

}  // namespace fovea::cuda
