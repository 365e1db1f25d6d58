// Feature maps in device memory. Host and device code share this header.
//
// Layout "C8-planar": [plane][row][column][8 channels], plane p holding channels 8p ... 8p + 7. A
// pixel of a plane is 16 bytes of f16, so that a shift by a column is a shift of a matrix operand's
// start address by 16 bytes, eight pixels are one core matrix of wgmma (128 contiguous bytes), an
// accumulator fragment is stored as it lies in registers, and a row of a plane is one contiguous
// run for the bulk copy engine. A slice of channels (a dense block's growing buffer) is a run of
// planes. Derivation: README.md.
#pragma once

#include <cstdint>

// Host and device code call these functions.
#ifdef __CUDACC__
#define FOVEA_CONSTEXPR __host__ __device__ constexpr
#else
#define FOVEA_CONSTEXPR constexpr
#endif

namespace fovea::cuda {

inline constexpr int64_t kPlaneChannels = 8;

enum class ElementType : int32_t { kF16, kBf16, kF32 };

FOVEA_CONSTEXPR int64_t element_bytes(ElementType type) {
  return type == ElementType::kF32 ? 4 : 2;
}

FOVEA_CONSTEXPR int64_t planes_of(int64_t channels) {
  return (channels + kPlaneChannels - 1) / kPlaneChannels;
}

/// A view of a map (height, width, channels) in device memory. Row y lies in slot y % ring_rows of
/// each plane. The channels that fill up the last plane are zero: whoever writes a map writes them
/// too, and weights for them are zero.
struct DeviceMap {
  void* data = nullptr;  // plane 0, slot 0; aligned to 128 bytes
  ElementType type = ElementType::kF16;
  int64_t height = 0;  // of the whole map
  int64_t width = 0;
  int64_t channels = 0;
  int64_t row_stride = 0;    // pixels from one slot to the next; >= width
  int64_t plane_stride = 0;  // pixels from one plane to the next; >= ring_rows * row_stride, and a
                             // multiple of row_stride where the bulk copy engine reads the map
  int64_t ring_rows = 1;     // height when the map is whole

  FOVEA_CONSTEXPR int64_t planes() const { return planes_of(channels); }
  FOVEA_CONSTEXPR int64_t pixel_bytes() const { return kPlaneChannels * element_bytes(type); }

  /// Channels [first, first + count), first a multiple of kPlaneChannels.
  FOVEA_CONSTEXPR DeviceMap slice(int64_t first, int64_t count) const {
    DeviceMap map = *this;
    map.data = static_cast<char*>(data) + first / kPlaneChannels * plane_stride * pixel_bytes();
    map.channels = count;
    return map;
  }
};

}  // namespace fovea::cuda
