// Device maps in memory that tests can look at: poisoned, guarded, with strides wider than a map
// needs.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "engine/tensor.h"
#include "kernels/cuda/device_map.h"

namespace fovea::test {

/// What remains of `value` in a map of `type`.
float rounded_to(cuda::ElementType type, float value);
Tensor rounded_to(cuda::ElementType type, const Tensor& map);

/// Half the distance of neighbouring values of `type` at 1: the largest relative error of one
/// rounding.
double rounding_unit(cuda::ElementType type);
/// The largest error of one rounding of `value`, in the normal range or below it.
double rounding_error(cuda::ElementType type, double value);

const char* type_name(cuda::ElementType type);

/// A map of which all bytes are 0xff at first, guards and gaps between rows and planes too: NaN in
/// every type.
class MapBuffer {
 public:
  /// A ring of `ring_rows` rows; 0: the whole map.
  MapBuffer(cuda::ElementType type, Size size, int64_t channels, int64_t ring_rows = 0);

  MapBuffer(MapBuffer&&) = default;  // map() points into it: moved, not copied

  const cuda::DeviceMap& map() const { return map_; }

  /// Rows `rows` of `values`, rounded, and `padding` in the channels that fill up the last plane:
  /// zero by the contract of maps, something else to show that a kernel does not look.
  void write(const Tensor& values, RowRange rows, float padding = 0.0f);
  void write(const Tensor& values) { write(values, {0, map_.height}); }

  float value(int64_t y, int64_t x, int64_t c) const;
  /// Rows `rows`; the others are zero.
  Tensor read(RowRange rows) const;
  Tensor read() const { return read({0, map_.height}); }

  /// The channels that fill up the last plane are zero in rows `rows`, and nothing but these rows'
  /// pixels has been touched.
  ::testing::AssertionResult is_written_only_in(RowRange rows) const;

 private:
  size_t offset(int64_t y, int64_t x, int64_t c) const;  // of an element, in bytes_
  uint32_t bits(size_t at) const;

  struct Deallocate {
    void operator()(uint8_t* memory) const;
  };

  // Of the emulated device, so that the emulation knows what kernels wrote.
  std::unique_ptr<uint8_t, Deallocate> bytes_;
  size_t size_ = 0;
  size_t start_ = 0;  // of plane 0, slot 0
  cuda::DeviceMap map_;
};

}  // namespace fovea::test
