// Feature maps: views that see a whole map or a ring of its rows, and the owning Tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <vector>

namespace fovea {

/// Rows begin, begin+1, ..., end-1 of a map.
struct RowRange {
  int64_t begin = 0;
  int64_t end = 0;

  int64_t size() const { return end - begin; }
  bool empty() const { return end <= begin; }
  bool operator==(const RowRange&) const = default;
};

/// Height and width of a map or a picture, in pixels.
struct Size {
  int64_t height = 0;
  int64_t width = 0;

  int64_t area() const { return height * width; }
  bool operator==(const Size&) const = default;
};

/// A view of an f32 feature map of shape (H, W, C), channels fastest.
///
/// Row y lies in slot y % ring_rows. For a whole map ring_rows == height; in a sweep a map is a
/// ring that holds only the last ring_rows rows, and kernels need not know the difference as long
/// as they ask row() for each row. A slice of a map's channels is a view with the same strides.
template <class T>
struct BasicTensorView {
  T* data = nullptr;   // slot 0, (ring_rows, W, C)
  int64_t height = 0;  // of the whole map
  int64_t width = 0;
  int64_t channels = 0;
  int64_t pixel_stride = 0;  // floats from (y, x) to (y, x + 1); >= channels
  int64_t row_stride = 0;    // floats from one slot to the next; >= width * pixel_stride
  int64_t ring_rows = 1;

  /// The first float of row y: pixels (W, C).
  T* row(int64_t y) const { return data + (y % ring_rows) * row_stride; }
  T* at(int64_t y, int64_t x) const { return row(y) + x * pixel_stride; }

  Size size() const { return {height, width}; }

  /// Channels [first, first + count) of the same map.
  BasicTensorView channel_slice(int64_t first, int64_t count) const {
    BasicTensorView slice = *this;
    slice.data += first;
    slice.channels = count;
    return slice;
  }

  operator BasicTensorView<const T>() const requires(!std::is_const_v<T>) {
    return {data, height, width, channels, pixel_stride, row_stride, ring_rows};
  }
};

using TensorView = BasicTensorView<float>;
using ConstTensorView = BasicTensorView<const float>;

/// Allocates on cache-line boundaries, so that a row of vectors never straddles more lines than it
/// must.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) {}

  T* allocate(size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), kAlignment));
  }
  void deallocate(T* pointer, size_t) { ::operator delete(pointer, kAlignment); }
  template <class U>
  bool operator==(const AlignedAllocator<U>&) const {
    return true;
  }
};

using AlignedFloats = std::vector<float, AlignedAllocator<float>>;

/// An owned, dense (H, W, C) f32 map, zero at birth.
class Tensor {
 public:
  Tensor() = default;
  Tensor(Size size, int64_t channels)
      : size_(size), channels_(channels), data_(static_cast<size_t>(size.area() * channels)) {}

  Size size() const { return size_; }
  int64_t channels() const { return channels_; }
  AlignedFloats& values() { return data_; }
  const AlignedFloats& values() const { return data_; }

  TensorView view() { return make_view(data_.data()); }
  ConstTensorView view() const { return make_view(data_.data()); }

 private:
  template <class T>
  BasicTensorView<T> make_view(T* data) const {
    return {data,
            size_.height,
            size_.width,
            channels_,
            channels_,
            size_.width * channels_,
            size_.height > 0 ? size_.height : 1};
  }

  Size size_;
  int64_t channels_ = 0;
  AlignedFloats data_;
};

}  // namespace fovea
